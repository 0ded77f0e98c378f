"""How long a session lasts, and what of it is stored."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bot.admin.cookies import SESSION
from bot.staff import Role
from tests.rig.admin import Office


@pytest.mark.parametrize(
    ("column", "seconds", "lasts"),
    [("seen_at", 1740, True), ("seen_at", 1860, False), ("began_at", 42_900, True), ("began_at", 43_500, False)],
)
async def test_a_session_ends_when_it_was_not_used_and_at_the_latest_after_half_a_day(
    office: Office, column: str, seconds: float, lasts: bool
) -> None:
    async with office.visitor(Role.VIEWER) as visitor:
        async with office.database.begin() as connection:
            await connection.execute(text(f"UPDATE admin_sessions SET {column} = {column} - {seconds}"))
        assert ((await visitor.get("/account")).status_code == 200) == lasts


async def test_using_a_session_keeps_it(office: Office) -> None:
    async with office.visitor(Role.VIEWER) as visitor:
        for _ in range(3):
            async with office.database.begin() as connection:
                await connection.execute(text("UPDATE admin_sessions SET seen_at = seen_at - 1200"))
            assert (await visitor.get("/account")).status_code == 200


async def test_the_database_holds_nothing_that_signs_in(office: Office) -> None:
    async with office.visitor(Role.ADMIN) as visitor:
        token, form = visitor.http.cookies[SESSION], visitor.token
        async with office.database.read() as connection:
            stored = [
                str(tuple(row))
                for table in ("admin_sessions", "admin_devices", "admin_users", "audit")
                for row in await connection.execute(text(f"SELECT * FROM {table}"))
            ]
    assert stored
    assert not [row for row in stored if token in row or form in row or "heron" in row]


async def test_a_new_login_gives_a_new_session_and_ends_the_old_one(office: Office) -> None:
    async with office.visitor(Role.ADMIN) as visitor:
        old = visitor.http.cookies[SESSION]
        await visitor.post("/login", name="viewer", password="the heron waits by the weir")
        assert visitor.http.cookies[SESSION] != old
        visitor.http.cookies.set(SESSION, old, domain="palaver.test")
        assert (await visitor.get("/account")).status_code == 303


@pytest.mark.parametrize("cookie", ["", "x", "a" * 43, "." * 43, "a" * 5000, "'; DROP TABLE admin_sessions; --"])
async def test_a_cookie_that_is_not_ours_is_nobody(office: Office, cookie: str) -> None:
    async with office.visitor() as visitor:
        visitor.http.headers["Cookie"] = f"{SESSION}={cookie}"
        assert (await visitor.get("/account")).status_code == 303


async def test_a_disabled_user_is_out_at_once(office: Office) -> None:
    async with office.visitor(Role.ADMIN) as admin, office.visitor(Role.VIEWER) as viewer:
        await admin.get("/people")
        await admin.post(f"/people/{office.users[Role.VIEWER]}/disable")
        assert (await viewer.get("/account")).status_code == 303
        assert (await viewer.sign_in("viewer")).status_code == 401
        await admin.post(f"/people/{office.users[Role.VIEWER]}/enable")
        assert (await viewer.sign_in("viewer")).status_code == 303
