"""What `palaver doctor --fix` sets right."""

from __future__ import annotations

from typing import Any

import pytest

from bot.findings import Level
from bot.operations.mending import mend_all
from connectors.telegram import mend
from connectors.telegram.standin import StandIn
from connectors.telegram.updates import ASKED_FOR

HOOK = {
    "PALAVER_TELEGRAM_WEBHOOK_URL": "https://bot.example.org/telegram/webhook",
    "PALAVER_TELEGRAM_WEBHOOK_SECRET": "s" * 40,
}


@pytest.fixture
def given(telegram: StandIn, monkeypatch: pytest.MonkeyPatch) -> Any:
    def give(**more: str) -> None:
        for name, value in (telegram.environment | more).items():
            monkeypatch.setenv(name, value)

    return give


async def test_without_telegram_nothing_is_mended() -> None:
    assert await mend() == []


async def test_a_webhook_that_is_missing_is_set_with_exactly_our_updates(telegram: StandIn, given: Any) -> None:
    given(**HOOK)
    [finding] = await mend()
    assert finding.level is Level.OK
    params = telegram.called("setWebhook")[0].params
    assert params.structure("allowed_updates") == list(ASKED_FOR)
    assert params.text("secret_token") == "s" * 40
    assert await mend() == []


async def test_who_polls_has_a_stray_webhook_taken_away_and_nothing_dropped(
    telegram: StandIn, given: Any, make: Any
) -> None:
    given()
    await make()._client.bot.set_webhook("https://elsewhere.example.org")
    await telegram.say("Hi")
    assert [finding.level for finding in await mend_all()] == [Level.OK]
    assert not telegram.by_webhook
    assert telegram.waiting == 1


async def test_a_refused_token_is_told(telegram: StandIn, given: Any) -> None:
    given()
    telegram.revoked = True
    [finding] = await mend()
    assert (finding.level, "refused" in finding.text) == (Level.FAIL, True)
