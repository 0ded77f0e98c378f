"""The judge of the fault trials: it must find what went wrong, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.history import History, Kept, Seen, Sent
from tests.faults.judge import judge
from tests.faults.traffic import Saying

STUB = "m0 m1 m0 m1"


def history(
    seen: list[Seen] | None = None, kept: list[Kept] | None = None, sent: list[Sent] | None = None, pending: int = 0
) -> History:
    """Two messages in one chat, both answered, except for what is given."""
    return History(
        (Saying(0.0, 7, "m0"), Saying(1.0, 7, "m1")),
        pending,
        tuple([saw("m0", 1), saw("m1", 2)] if seen is None else seen),
        tuple([keep("m0", 10), keep("m1", 11, at=101.0)] if kept is None else kept),
        tuple([part("m0", 10, 1), part("m1", 11, 2)] if sent is None else sent),
    )


def saw(text: str, number: int, at: float | None = None) -> Seen:
    return Seen("7", str(number), text, 100.5 + number if at is None else at)


def keep(name: str, reply: int, at: float = 100.0, **changed: Any) -> Kept:
    values: dict[str, Any] = {"state": "answered", "responder": "generative"} | changed
    return Kept(name, "7", values["state"], values["responder"], at, reply)


def part(text: str, reply: int, number: int | str = "", flagged: bool = False) -> Sent:
    return Sent(reply, "7", text, str(number), flagged)


def test_a_good_history_has_no_findings() -> None:
    found = judge(history())
    assert (found.written, found.by_model, found.waits) == (2, 2, (1.5, 1.5))
    assert found.lost + found.duplicates + found.unflagged + found.disorder + found.open + found.twice_stored == ()


def test_an_answer_that_nobody_saw_is_lost() -> None:
    assert judge(history(seen=[saw("m1", 2)])).lost == ("m0",)


def test_a_message_that_never_became_a_row_is_lost() -> None:
    assert judge(history(kept=[keep("m1", 11)])).lost == ("m0",)


def test_a_message_whose_answer_was_seen_in_another_chat_only_is_lost() -> None:
    assert judge(history(seen=[Seen("8", "1", "m0", 101.0), saw("m1", 2)])).lost == ("m0",)


def test_an_answer_seen_twice_is_a_duplicate_that_must_be_flagged() -> None:
    seen = [saw("m0", 1), saw("m0", 2), saw("m1", 3)]
    found = judge(history(seen=seen))
    assert len(found.duplicates) == len(found.unflagged) == 1
    found = judge(history(seen=seen, sent=[part("m0", 10, 2, flagged=True), part("m1", 11, 3)]))
    assert (len(found.duplicates), found.unflagged) == (1, ())


def test_a_message_answered_by_two_different_answers_is_a_duplicate() -> None:
    found = judge(history(seen=[saw("m0", 1), saw("m0 m1", 2)], sent=[part("m0", 10, 1), part("m0 m1", 11, 2)]))
    assert found.duplicates == found.unflagged == ("m0",)


def test_two_fixed_sentences_are_no_duplicate_and_are_found_by_their_receipts() -> None:
    kept = [keep("m0", 10, responder="fallback"), keep("m1", 11, responder="fallback")]
    sent = [part("sorry", 10, 1), part("sorry", 11, 2)]
    found = judge(history([saw("sorry", 1), saw("sorry", 2)], kept, sent))
    assert (found.lost, found.duplicates, found.by_model) == ((), (), 0)


def test_an_answer_that_names_a_question_answered_by_a_fixed_sentence_is_no_duplicate() -> None:
    kept = [keep("m0", 10, responder="fallback"), keep("m1", 11)]
    found = judge(history([saw("sorry", 1), saw("m0 m1", 2)], kept, [part("sorry", 10, 1), part("m0 m1", 11, 2)]))
    assert (found.lost, found.duplicates, found.disorder) == ((), (), ())


def test_answers_in_the_wrong_order_are_found() -> None:
    assert judge(history(seen=[saw("m1", 1), saw("m0", 2)])).disorder == ("m1 before m0",)


def test_the_order_within_one_answer_counts() -> None:
    kept, sent = [keep("m0", 10), keep("m1", 10)], [part(STUB, 10, 1)]
    assert judge(history([saw(STUB, 1)], kept, sent)).disorder == ()
    assert judge(history([saw("m1 m0 m1", 1)], kept, [part("m1 m0 m1", 10, 1)])).disorder == ("m1 before m0",)


def test_what_is_open_or_stored_twice_is_named() -> None:
    found = judge(history(kept=[keep("m0", 10), keep("m0", 10), keep("m1", 11, state="replying")]))
    assert (found.open, found.twice_stored) == (("m1",), ("m0",))


@pytest.mark.parametrize(("faults", "recoveries"), [([], ()), ([99.0], ()), ([100.5], (1.0,)), ([100.5, 101.4], None)])
def test_recovery_is_counted_from_the_last_fault_while_something_was_open(
    faults: list[float], recoveries: tuple[float, ...] | None
) -> None:
    found = judge(history(), faults)
    assert found.recoveries == (pytest.approx((0.1,)) if recoveries is None else recoveries)


def test_a_name_that_begins_another_is_not_taken_for_it() -> None:
    seen = [saw("m10", 1), saw("m1", 2)]
    assert judge(history(seen=seen)).lost == ("m0",)


def test_a_beginning_whose_writer_died_is_a_duplicate_that_must_be_flagged() -> None:
    seen = [saw("m0", 1), saw("m1 m1", 2), saw("m1 m1 m1", 3)]
    for flagged in (True, False):
        found = judge(history(seen=seen, sent=[part("m0", 10, 1), part("m1 m1 m1", 11, 3, flagged)]))
        assert found.duplicates == ("7: m1 m1",)
        assert bool(found.unflagged) is not flagged
