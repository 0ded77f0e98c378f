"""The Models page: an admin moves versions, others only look; what is refused changes nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.staff import Role
from bot.store.rollout.versions import Change, Stages, Versions
from bot.store.tables.staff import AuditRow
from bot.versions import Stage, Version
from tests.rig.admin import Office

GROUP = {"language": "en", "turns": "first", "examples": 1009, "perplexity_token": 2.19, "token_accuracy": 0.873}


@pytest.fixture
async def shop(office: Office) -> Office:
    """Two versions: one in production with measured figures, and a candidate."""
    figures = {"data": "shop.dev", "parameters": 5_400_000, "examples": 1009, "groups": [GROUP], "speed": {}}
    known = Version("one", checkpoint="service@abc", figures=figures)
    await Versions(office.database).register([known, Version("two", queue="two")])
    return office


async def stages(office: Office) -> dict[str, tuple[Stage, float]]:
    return {version.name: (version.stage, version.share) for version in await Versions(office.database).all()}


async def test_an_admin_tries_promotes_and_takes_back(shop):
    async with shop.visitor(Role.ADMIN) as visitor:
        await visitor.get("/models")
        await visitor.post("/models/two/stage", stage="canary", share="5", note="a try")
        assert (await stages(shop))["two"] == (Stage.CANARY, 0.05)
        page = await visitor.get("/models")
        assert "two is now: canary." in page.text
        assert "a try" in page.text
        await visitor.post("/models/two/stage", stage="production")
        assert await stages(shop) == {"one": (Stage.RETIRED, 0), "two": (Stage.PRODUCTION, 0)}
        await visitor.get("/models")
        await visitor.post("/models/two/back")
    assert await stages(shop) == {"one": (Stage.PRODUCTION, 0), "two": (Stage.CANDIDATE, 0)}
    async with shop.database.read() as connection:
        actions = list(await connection.scalars(select(AuditRow.action).where(AuditRow.subject == "version two")))
    assert actions == ["model.staged", "model.staged", "model.rolled_back"]
    assert (await Stages(shop.database).history(1))[0].change.by == "admin"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/models/two/stage", {"stage": "canary", "share": "0"}),
        ("/models/two/stage", {"stage": "canary", "share": "many"}),
        ("/models/two/stage", {"stage": "canary", "share": "100"}),
        ("/models/two/stage", {"stage": "canary", "share": "nan"}),
        ("/models/one/stage", {"stage": "retired"}),
        ("/models/one/back", {}),
        ("/models/three/stage", {"stage": "shadow"}),
    ],
)
async def test_what_cannot_be_is_refused_in_words_and_changes_nothing(shop, path, fields):
    before = await stages(shop)
    async with shop.visitor(Role.ADMIN) as visitor:
        await visitor.get("/models")
        assert (await visitor.post(path, **fields)).status_code == 303
        assert "Nothing was changed." in (await visitor.get("/models")).text
    assert await stages(shop) == before


async def test_a_stage_that_there_is_not_is_refused(shop):
    async with shop.visitor(Role.ADMIN) as visitor:
        await visitor.get("/models")
        assert (await visitor.post("/models/two/stage", stage="king")).status_code == 400


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER])
async def test_others_see_the_figures_and_no_controls(shop, role):
    async with shop.visitor(role) as visitor:
        page = (await visitor.get("/models")).text
        assert "service@abc" in page
        assert "2.19" in page
        assert "/models/two/stage" not in page
        assert (await visitor.post("/models/two/stage", stage="production")).status_code == 403
    assert (await stages(shop))["two"] == (Stage.CANDIDATE, 0)


async def test_why_a_canary_was_taken_back_by_itself_is_said_in_the_readers_language(shop):
    detail = {"measure": "fallback", "evidence": 1234.5, "canary": 9, "production": 4}
    await Stages(shop.database).move("two", Stage.SHADOW, 0, Change("automatic", detail=detail))
    async with shop.visitor(Role.VIEWER) as visitor:
        assert "fallback: in 9 conversations with the canary" in (await visitor.get("/models")).text
        visitor.http.headers["Accept-Language"] = "zh-CN"
        assert "备用回复：首次出现于灰度版本的 9 个会话" in (await visitor.get("/models")).text
