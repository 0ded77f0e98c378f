"""Who may come in: roles, invitations, sessions."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import select, text

from bot.staff import Role
from bot.store.staff.users import Users
from bot.store.tables.staff import AuditRow
from tests.rig.admin import ORIGIN, PASSWORD, Office, Visitor

LINK = re.compile(r'value="http://palaver\.test/admin(/invitation/[\w-]+)"')
NEW = "seven geese in a row at dusk"


async def audited(office: Office, action: str) -> list[tuple[str, str, dict[str, object]]]:
    rows = select(AuditRow.user_name, AuditRow.subject, AuditRow.detail).where(AuditRow.action == action)
    async with office.database.read() as connection:
        return [(row.user_name, row.subject, json.loads(row.detail)) for row in await connection.execute(rows)]


async def invited(admin: Visitor, role: str = "reviewer") -> str:
    await admin.get("/people")
    found = LINK.search((await admin.post("/people/invite", role=role, note="for Tom")).text)
    assert found
    return found[1]


async def test_an_admin_changes_a_role_and_it_counts_at_once(office: Office) -> None:
    viewer = office.users[Role.VIEWER]
    async with office.visitor(Role.ADMIN) as admin, office.visitor(Role.VIEWER) as other:
        assert (await other.get("/audit")).status_code == 403
        await admin.get("/people")
        assert (await admin.post(f"/people/{viewer}/role", role="admin")).status_code == 303
        assert "viewer is now: Admin." in (await admin.get("/people")).text
        assert "viewer is now: Admin." not in (await admin.get("/people")).text
        assert (await other.get("/audit")).status_code == 200
    assert await audited(office, "user.role_changed") == [("admin", f"user {viewer}", {"role": "admin"})]


@pytest.mark.parametrize("change", ["role", "disable"])
async def test_the_last_admin_stays(office: Office, change: str) -> None:
    admin = office.users[Role.ADMIN]
    async with office.visitor(Role.ADMIN) as visitor:
        await visitor.get("/people")
        answer = await visitor.post(f"/people/{admin}/{change}", role="viewer")
        assert answer.status_code == 409
        assert "At least one admin" in answer.text
        assert (await visitor.get("/people")).status_code == 200


async def test_an_invitation_lets_one_person_in_once(office: Office) -> None:
    async with office.visitor(Role.ADMIN) as admin, office.visitor() as tom, office.visitor() as other:
        link = await invited(admin)
        assert "Reviewer" in (await tom.get(link)).text
        await other.get(link)
        assert (await tom.post(link, name="Tom", password=NEW)).status_code == 303
        assert "Tom" in (await tom.get("/account")).text
        assert (await other.post(link, name="Eve", password=NEW)).status_code == 404
        assert (await other.get(link)).status_code == 404
    users = {user.name: user.role for user in await Users(office.database).every()}
    assert users["Tom"] is Role.REVIEWER
    assert "Eve" not in users
    assert [subject for _, subject, _ in await audited(office, "user.joined")] == ["user 4"]


async def test_the_link_is_shown_once_and_stored_nowhere(office: Office) -> None:
    async with office.visitor(Role.ADMIN) as admin:
        token = (await invited(admin)).rpartition("/")[2]
        page = (await admin.get("/people")).text
        assert "for Tom" in page
        assert token not in page
        async with office.database.read() as connection:
            rows = await connection.execute(text("SELECT * FROM admin_invitations"))
            assert token not in str([tuple(row) for row in rows])


@pytest.mark.parametrize("how", ["withdrawn", "expired"])
async def test_an_invitation_may_be_over(office: Office, how: str) -> None:
    async with office.visitor(Role.ADMIN) as admin, office.visitor() as tom:
        link = await invited(admin)
        await tom.get(link)
        if how == "withdrawn":
            assert (await admin.post("/people/invitations/1/withdraw")).status_code == 303
            assert (await admin.post("/people/invitations/1/withdraw")).status_code == 404
        else:
            async with office.database.begin() as connection:
                await connection.execute(text("UPDATE admin_invitations SET expires_at = expires_at - 8 * 86400"))
        assert (await tom.post(link, name="Tom", password=NEW)).status_code == 404


@pytest.mark.parametrize(
    ("name", "password", "why"),
    [
        ("Tom", "short", "15 characters"),
        ("Tom", "passwordpassword", "too easy"),
        ("Tom", "x" * 300, "256"),
        ("Tom Tom Tom Tom", "tom tom tom tom", "too easy"),
        ("", NEW, "1 to 64"),
        ("a\u202eb", NEW, "1 to 64"),
        ("ＡＤＭＩＮ", NEW, "of this name already"),
        ("Admin", NEW, "of this name already"),
    ],
)
async def test_a_bad_name_or_password_is_explained_and_the_invitation_stays(
    office: Office, name: str, password: str, why: str
) -> None:
    async with office.visitor(Role.ADMIN) as admin, office.visitor() as tom:
        link = await invited(admin)
        await tom.get(link)
        answer = await tom.post(link, name=name, password=password)
        assert answer.status_code == 400
        assert why in answer.text
        assert (await tom.post(link, name="Tom", password=NEW)).status_code == 303


async def test_an_admin_ends_a_session_of_another(office: Office) -> None:
    async with office.visitor(Role.VIEWER) as viewer, office.visitor(Role.ADMIN) as admin:
        await admin.get("/people")
        assert (await admin.post("/people/sessions/1/end")).status_code == 303
        assert (await admin.post("/people/sessions/1/end")).status_code == 404
        assert (await viewer.get("/account")).status_code == 303


@pytest.mark.parametrize(
    "path", ["/people/99/role", "/people/99/disable", "/people/99/enable", "/people/sessions/9/end"]
)
async def test_somebody_who_is_not_there_is_404(office: Office, path: str) -> None:
    async with office.visitor(Role.ADMIN) as admin:
        await admin.get("/people")
        assert (await admin.post(path, role="viewer")).status_code == 404


@pytest.mark.parametrize("role", ["", "owner", "ADMIN"])
async def test_a_role_that_there_is_not_is_400(office: Office, role: str) -> None:
    async with office.visitor(Role.ADMIN) as admin:
        await admin.get("/people")
        assert (await admin.post(f"/people/{office.users[Role.VIEWER]}/role", role=role)).status_code == 400


async def test_the_owner_may_say_where_invitations_lead(office: Office) -> None:
    object.__setattr__(office.desk, "settings", office.desk.settings.model_copy(update={"url": "https://bot.example/"}))
    async with office.visitor(Role.ADMIN) as admin:
        await admin.get("/people")
        assert (
            'value="https://bot.example/admin/invitation/' in (await admin.post("/people/invite", role="viewer")).text
        )


async def test_users_choose_language_and_zone(office: Office) -> None:
    async with office.visitor(Role.VIEWER) as viewer:
        assert (await viewer.post("/account/reading", language="zh", zone="Asia/Shanghai")).status_code == 303
        page = (await viewer.get("/account")).text
        assert "我的账号" in page
        assert 'data-zone="Asia/Shanghai"' in page
        for bad in ({"language": "xx"}, {"zone": "<b>"}, {"zone": "x" * 65}):
            assert (await viewer.post("/account/reading", **bad)).status_code == 400


async def test_a_password_is_changed_only_with_the_old_one(office: Office) -> None:
    async with office.visitor(Role.VIEWER) as viewer:
        answer = await viewer.post("/account/password", old="wrong", new=NEW)
        assert answer.status_code == 400
        assert "This is not your current password." in answer.text
        assert (await viewer.post("/account/password", old=PASSWORD, new="short")).status_code == 400
        assert (await viewer.post("/account/password", old=PASSWORD, new=NEW)).status_code == 303
    async with office.visitor() as viewer:
        assert (await viewer.sign_in("viewer")).status_code == 401
        assert (await viewer.sign_in("viewer", NEW)).status_code == 303


async def test_scripts_get_errors_as_data(office: Office) -> None:
    async with office.visitor() as visitor:
        headers = {"Accept": "application/json", "Origin": ORIGIN}
        answer = await visitor.http.get("/admin/account", headers=headers)
        assert answer.status_code == 401
        assert answer.json() == {
            "error": "error.signed_out",
            "message": "You are not signed in any more. Sign in, then try again.",
        }
