"""Guessing passwords: it gets slower and slower for who guesses, and the owner still gets in."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select, text

from bot.admin.entrance import network
from bot.staff import Role
from bot.store.staff.attempts import FREE, LONGEST, delay
from bot.store.tables.staff import AuditRow, SessionRow
from tests.rig.admin import PASSWORD, Office

ELSEWHERE = "198.51.100.66"


async def test_a_thousand_wrong_passwords_neither_get_in_nor_keep_the_owner_out(office: Office) -> None:
    async with office.visitor() as owner, office.visitor(client=ELSEWHERE) as guesser:
        await owner.sign_in("admin")
        await owner.post("/logout")
        await guesser.get("/login")
        guesses = [await guesser.post("/login", name="admin", password=f"guess {n}") for n in range(1000)]
        statuses = [answer.status_code for answer in guesses]
        assert set(statuses) == {401, 429}
        assert statuses.count(401) <= FREE + 5
        assert (await guesser.post("/login", name="admin", password=PASSWORD)).status_code == 429
        assert (await owner.sign_in("admin")).status_code == 303
    async with office.database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(SessionRow))).scalar_one() == 1


async def test_behind_one_proxy_the_owner_still_gets_in_with_the_browser_they_use(office: Office) -> None:
    async with office.visitor() as owner, office.visitor() as guesser:
        await owner.sign_in("admin")
        await owner.post("/logout")
        await guesser.get("/login")
        for n in range(FREE + 3):
            await guesser.post("/login", name="admin", password=f"guess {n}")
        assert (await guesser.post("/login", name="admin", password=PASSWORD)).status_code == 429
        assert (await owner.sign_in("admin")).status_code == 303


async def test_guesses_at_the_same_moment_count_each(office: Office) -> None:
    async with office.visitor(client=ELSEWHERE) as guesser:
        await guesser.get("/login")
        guesses = [guesser.post("/login", name="admin", password=f"guess {n}") for n in range(30)]
        statuses = [answer.status_code for answer in await asyncio.gather(*guesses)]
    assert 0 < statuses.count(401) <= FREE + 2
    assert statuses.count(401) + statuses.count(429) == 30


async def test_the_page_says_when_to_try_again_and_then_the_right_password_enters(office: Office) -> None:
    async with office.visitor(client=ELSEWHERE) as visitor:
        await visitor.get("/login")
        for _ in range(FREE + 1):
            answer = await visitor.post("/login", name="admin", password="wrong")
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "1"
        assert "Try again in a second." in answer.text
        async with office.database.begin() as connection:
            await connection.execute(text("UPDATE admin_attempts SET closed_until = closed_until - 5"))
        assert (await visitor.sign_in("admin")).status_code == 303
        async with office.database.read() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM admin_attempts"))).scalar_one() == 0


async def test_wrong_passwords_are_in_the_audit_log_but_not_those_that_nobody_looked_at(office: Office) -> None:
    async with office.visitor(client=ELSEWHERE) as visitor:
        await visitor.get("/login")
        for _ in range(FREE + 20):
            await visitor.post("/login", name="admin", password="wrong")
    refused = select(func.count()).select_from(AuditRow).where(AuditRow.action == "session.refused")
    async with office.database.read() as connection:
        assert FREE <= (await connection.execute(refused)).scalar_one() <= FREE + 3


async def test_a_name_that_nobody_has_takes_as_much_work(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    passwords = office.desk.passwords
    verify = passwords._verify
    monkeypatch.setattr(passwords, "_verify", lambda given, hashed: asked.append(hashed) or verify(given, hashed))
    async with office.visitor(client=ELSEWHERE) as visitor:
        await visitor.get("/login")
        for name in ("admin", "nobody"):
            await visitor.post("/login", name=name, password="wrong")
    assert len(asked) == 2
    assert {hashed.split("$")[3] for hashed in asked} == {"m=8,t=1,p=1"}


def test_the_wait_doubles_up_to_a_quarter_of_an_hour() -> None:
    assert [delay(n) for n in range(FREE - 1, FREE + 4)] == [0.0, 1.0, 2.0, 4.0, 8.0]
    assert delay(100_000) == LONGEST == 900.0


@pytest.mark.parametrize(
    ("client", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
        ("a proxy", "a proxy"),
    ],
)
def test_one_line_of_addresses_is_one_client(client: str, counted: str) -> None:
    assert network(client) == counted


async def test_a_new_password_makes_other_browsers_strangers(office: Office) -> None:
    async with office.visitor(Role.ADMIN) as here, office.visitor(Role.ADMIN) as there:
        answer = await here.post("/account/password", old=PASSWORD, new="nine blue kites over the bay")
        assert answer.status_code == 303
        assert (await there.get("/account")).headers["location"].startswith("/admin/login")
        assert (await here.get("/account")).status_code == 200
