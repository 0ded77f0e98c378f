"""The way in and out."""

from __future__ import annotations

import pytest

from bot.errors import StoreDown
from bot.staff import Role
from bot.store.database import Database
from tests.rig.admin import Office, open_office


async def test_a_user_signs_in_and_out(office: Office) -> None:
    async with office.visitor() as visitor:
        answer = await visitor.sign_in("admin")
        assert (answer.status_code, answer.headers["location"]) == (303, "/admin/account")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert (await visitor.get("/")).status_code == 303
        kept = dict(visitor.http.cookies)
        assert (await visitor.post("/logout")).headers["location"] == "/admin/login"
        visitor.http.cookies.update(kept)
        assert (await visitor.get("/")).headers["location"].startswith("/admin/login")


@pytest.mark.parametrize(("name", "password"), [("admin", "wrong"), ("nobody", "wrong"), ("admin", "")])
async def test_a_wrong_name_and_a_wrong_password_sound_the_same(office: Office, name: str, password: str) -> None:
    async with office.visitor() as visitor:
        answer = await visitor.sign_in(name, password)
        assert answer.status_code == 401
        assert "The name or the password is wrong." in answer.text


async def test_who_is_not_signed_in_is_sent_to_the_login_and_back(office: Office) -> None:
    async with office.visitor() as visitor:
        answer = await visitor.get("/account", tab="2")
        assert answer.headers["location"] == "/admin/login?next=/account%3Ftab%3D2"


@pytest.mark.parametrize(
    "path", ["//evil.test", "https://evil.test", "/\\evil.test", "/a\\b", "javascript:1", "/\t/evil"]
)
async def test_nobody_is_sent_elsewhere_after_signing_in(office: Office, path: str) -> None:
    async with office.visitor() as visitor:
        await visitor.get("/login")
        answer = await visitor.post("/login", name="admin", password="the heron waits by the weir", next=path)
        assert answer.headers["location"] == "/admin/"


async def test_where_there_is_no_user_the_page_says_how_to_make_one(database: Database) -> None:
    office = await open_office(database)
    async with database.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM admin_users")
    async with office.visitor() as visitor:
        assert "palaver admin create" in (await visitor.get("/login")).text


async def test_over_https_the_cookie_is_bound_to_this_host(office: Office) -> None:
    async with office.visitor() as visitor:
        visitor.http.base_url = "https://palaver.test"
        visitor.http.headers["Origin"] = "https://palaver.test"
        answer = await visitor.sign_in("admin")
        assert answer.headers["set-cookie"].startswith("__Host-palaver-admin=")
        assert "Secure" in answer.headers["set-cookie"]
        assert answer.headers["strict-transport-security"]


async def test_a_fault_of_ours_is_a_page_that_says_nothing_of_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    async with office.visitor(Role.VIEWER) as visitor:
        visitor.http._transport.raise_app_exceptions = False
        monkeypatch.setattr("bot.store.staff.sessions.Sessions.of", broken)
        answer = await visitor.get("/account")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "secret" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_while_the_database_is_away_the_page_says_so(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise StoreDown("gone")

    async with office.visitor(Role.VIEWER) as visitor:
        monkeypatch.setattr("bot.store.staff.sessions.Sessions.find", away)
        answer = await visitor.get("/account")
    assert answer.status_code == 503
    assert "The database cannot be used just now." in answer.text
