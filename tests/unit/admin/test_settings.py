"""How long things are kept is shown, asked about where something would go, and stored."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bot.admin.settings import AdminSettings
from bot.operations.tidying import Tidier
from bot.staff import Role
from bot.store.retention import Retention
from tests.rig.admin import Office, Visitor
from tests.rig.admin_seeds import sow_all

AS_IT_IS = {"audit": "", "conversations": "", "deliveries": "90", "rejects": "30"}


async def days(office: Office) -> dict[str, int | None]:
    return {period.kind: period.days for period in await Retention(office.database).periods()}


async def save(admin: Visitor, **changed: str) -> tuple[int, str]:
    await admin.get("/settings")
    answer = await admin.post("/settings", **{**AS_IT_IS, **changed})
    return answer.status_code, answer.text


async def test_longer_periods_are_saved_at_once(office: Office) -> None:
    async with office.visitor(Role.ADMIN) as admin:
        assert (await save(admin, rejects="60", deliveries=""))[0] == 303
        assert "Saved." in (await admin.get("/settings")).text
    assert await days(office) == {"audit": None, "conversations": None, "deliveries": None, "rejects": 60}


async def test_before_anything_goes_the_owner_reads_how_much_and_agrees(office: Office) -> None:
    await sow_all(office.database, "words of a person")
    async with office.visitor(Role.ADMIN) as admin:
        status, page = await save(admin, conversations="90")
        assert status == 200
        assert "2 are older than 90 days" in page
        assert (await days(office))["conversations"] is None
        answer = await admin.post("/settings", **{**AS_IT_IS, "conversations": "90", "agreed": "conversations"})
        assert answer.status_code == 303
        assert "removed within the hour" in (await admin.get("/settings")).text
    await Tidier(office.database, AdminSettings()).look()
    async with office.database.read() as connection:
        assert set((await connection.execute(text("SELECT text FROM turns"))).scalars()) == {""}
        noted = await connection.execute(text("SELECT detail FROM audit WHERE action = 'retention.applied'"))
        assert '"conversations": 2' in noted.scalar_one()


async def test_agreeing_to_one_thing_is_not_agreeing_to_another(office: Office) -> None:
    await sow_all(office.database, "words of a person")
    async with office.visitor(Role.ADMIN) as admin:
        assert (await save(admin, conversations="90", rejects="1", agreed="rejects"))[0] == 200
    assert await days(office) == {"audit": None, "conversations": None, "deliveries": 90, "rejects": 30}


@pytest.mark.parametrize("wrong", ["-1", "0", "6", "1.5", "x", "１２", "36501", "9" * 30, "1e3"])
async def test_what_is_no_period_is_explained(office: Office, wrong: str) -> None:
    async with office.visitor(Role.ADMIN) as admin:
        status, page = await save(admin, deliveries=wrong)
    assert status == 400
    assert "Give a whole number from 7 to 36500" in page


async def test_sessions_invitations_and_attempts_that_are_over_are_removed(office: Office) -> None:
    await sow_all(office.database, "x")
    async with office.visitor(Role.ADMIN) as admin, office.visitor() as other:
        await other.sign_in("admin", "wrong")
        async with office.database.begin() as connection:
            await connection.execute(text("UPDATE admin_sessions SET began_at = began_at - 90000 WHERE user_id <> 3"))
            await connection.execute(text("UPDATE admin_invitations SET expires_at = 0"))
            await connection.execute(text("UPDATE admin_attempts SET at = 0"))
            await connection.execute(text("UPDATE admin_devices SET at = 0"))
        await Tidier(office.database, AdminSettings()).look()
        assert (await admin.get("/account")).status_code == 200
    async with office.database.read() as connection:
        for table, left in (
            ("admin_sessions", 1),
            ("admin_invitations", 0),
            ("admin_attempts", 0),
            ("admin_devices", 0),
        ):
            assert (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == left
