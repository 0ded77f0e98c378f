from __future__ import annotations

import pytest

from bot.delivery import GIVE_UP_AFTER, Unconfirmed, judge, pause
from bot.errors import Locked, NotSent, Refused, Unsure
from bot.messages import Address, Part, State
from bot.store.outbox import Intent


def intent(attempts: int = 1, age: float = 0.0) -> Intent:
    return Intent(1, 2, Part(Address("telegram", "1", "2"), "hi", "key"), attempts, age)


def test_a_wait_asked_for_by_the_platform_is_kept_exactly() -> None:
    verdict = judge(NotSent("429", after=7), intent(), Unconfirmed.RESEND)
    assert (verdict.state, verdict.after, verdict.ends) == ("ready", 7, None)


def test_a_refusal_ends_at_once() -> None:
    assert judge(Refused("blocked"), intent(), Unconfirmed.RESEND).ends is State.UNDELIVERABLE


def test_refused_credentials_wait_without_end() -> None:
    verdict = judge(Locked("401"), intent(attempts=99, age=GIVE_UP_AFTER * 10), Unconfirmed.RESEND)
    assert (verdict.state, verdict.after, verdict.ends) == ("ready", 60.0, None)


def test_an_answer_that_could_not_be_sent_for_half_an_hour_is_given_up() -> None:
    assert judge(NotSent("down"), intent(age=GIVE_UP_AFTER + 1), Unconfirmed.RESEND).ends is State.UNDELIVERABLE


def test_an_unconfirmed_part_is_sent_again_a_few_times_and_then_called_unsure() -> None:
    assert judge(Unsure("reset"), intent(attempts=1), Unconfirmed.RESEND).state == "unsure"
    last = judge(Unsure("reset"), intent(attempts=3), Unconfirmed.RESEND)
    assert (last.state, last.ends) == ("held", State.ANSWERED_UNSURE)


def test_with_hold_an_unconfirmed_part_is_never_sent_again() -> None:
    verdict = judge(Unsure("reset"), intent(), Unconfirmed.HOLD)
    assert (verdict.state, verdict.ends) == ("held", State.ANSWERED_UNSURE)


@pytest.mark.parametrize("attempts", range(1, 20))
def test_pauses_grow_and_stay_under_a_minute(attempts: int) -> None:
    assert 0 < pause(attempts) <= min(60.0, 2.0 ** (attempts - 1))
