from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.significance import PairedTest

from nlg.evaluation.comparing import Comparison, draws, paired
from nlg.evaluation.metric import Answer
from nlg.evaluation.sacre import streams
from nlg.evaluation.scoring import all_metrics

KIND = ("en", "first")
REFERENCES = [f"parcel {number} is on its way to you now" for number in range(12)]
GOOD = [f"parcel {number} is on its way to us" for number in range(12)]
WORSE = [f"the {number} is on its way" if number % 3 else "no idea" for number in range(12)]


def answers(replies: list[str]) -> list[Answer]:
    return [Answer(reply, (real,)) for reply, real in zip(replies, REFERENCES, strict=True)]


def compared(metric: str, this: list[str], other: list[str], seed: int = 1, times: int = 200) -> Comparison:
    (found,) = paired(all_metrics()[metric], KIND, answers(this), answers(other), seed, times)
    return found


def test_each_draw_has_as_many_examples_as_there_are() -> None:
    drawn = list(draws(7, 50, 3))
    assert len(drawn) == 50
    assert all(often.sum() == 7 and often.min() >= 0 for often in drawn)
    assert len({tuple(often) for often in drawn}) > 40
    assert np.mean(drawn) == 1


def test_the_same_seed_draws_the_same() -> None:
    assert [list(often) for often in draws(5, 9, 4)] == [list(often) for often in draws(5, 9, 4)]
    assert [list(often) for often in draws(5, 9, 4)] != [list(often) for often in draws(5, 9, 5)]


@pytest.mark.parametrize("metric", ["bleu", "chrf", "rouge", "overlap"])
def test_a_model_does_not_differ_from_itself(metric: str) -> None:
    found = compared(metric, GOOD, GOOD)
    assert (found.difference.value, found.difference.low, found.difference.high, found.p) == (0, 0, 0, 1)
    assert not found.certain


@pytest.mark.parametrize("metric", ["bleu", "chrf", "rouge", "overlap"])
def test_a_model_that_is_better_on_each_draw_is_surely_better(metric: str) -> None:
    found = compared(metric, GOOD, WORSE)
    assert found.p == pytest.approx(2 / 201)
    assert found.certain
    assert found.difference.low > 0
    assert found.this.low <= found.this.value <= found.this.high
    assert found.difference.value == pytest.approx(found.this.value - found.other.value)


@pytest.mark.parametrize("metric", ["bleu", "chrf", "rouge", "overlap"])
def test_the_other_way_round_only_the_sign_changes(metric: str) -> None:
    one, two = compared(metric, GOOD, WORSE), compared(metric, WORSE, GOOD)
    assert two.difference.value == pytest.approx(-one.difference.value)
    assert (two.difference.low, two.difference.high) == pytest.approx((-one.difference.high, -one.difference.low))
    assert (two.p, two.this, two.other) == (one.p, one.other, one.this)


def test_where_nearly_all_is_alike_one_better_reply_proves_nothing() -> None:
    found = compared("overlap", [REFERENCES[0], *WORSE[1:]], WORSE)
    assert found.difference.value > 0
    assert found.difference.low == 0
    # The reply is in about a third of the draws not drawn, so often there is no difference.
    assert found.p == pytest.approx(2 * (11 / 12) ** 12, abs=0.15)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.booleans(), min_size=2, max_size=8), st.integers(0, 99))
def test_the_share_of_draws_by_hand(right: list[bool], seed: int) -> None:
    """F1 is 100 or 0 here, so the mean of a draw is the share of right replies in it."""
    said = [Answer("yes" if one else "no", ("yes",)) for one in right]
    none = [Answer("no", ("yes",)) for _ in right]
    (found,) = paired(all_metrics()["overlap"], KIND, said, none, seed, 50)
    shares = sorted(float(100 * often @ np.array(right)) / len(right) for often in draws(len(right), 50, seed))
    assert found.this.value == pytest.approx(100 * sum(right) / len(right))
    assert (found.difference.low, found.difference.high) == pytest.approx(tuple(np.quantile(shares, [0.025, 0.975])))
    assert found.p == pytest.approx(min(1, 2 * (sum(share <= 0 for share in shares) + 1) / 51))


@pytest.mark.parametrize(("name", "library"), [("bleu", BLEU(lowercase=True)), ("chrf", CHRF())])
def test_a_draw_scores_as_the_library_scores_its_texts(name: str, library: BLEU | CHRF) -> None:
    metric, said = all_metrics()[name], answers(WORSE)
    rows = np.array(metric.count(said, "en").rows)
    for often in draws(len(said), 5, 2):
        texts = [answer for answer, times in zip(said, often, strict=True) for _ in range(int(times))]
        whole = library.corpus_score([answer.reply for answer in texts], streams(texts)).score
        assert metric.values((often @ rows).tolist())[0] == pytest.approx(whole)


def test_intervals_are_those_of_sacrebleu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SACREBLEU_SEED", "7")
    named = [("good", GOOD), ("worse", WORSE)]
    _, told = PairedTest(named, {"BLEU": BLEU(lowercase=True)}, [REFERENCES], test_type="bs", n_samples=500)()
    found = compared("bleu", GOOD, WORSE, seed=7, times=500)
    for one, theirs in zip((found.this, found.other), told["BLEU"], strict=True):
        assert one.value == pytest.approx(theirs.score)
        assert (one.high - one.low) / 2 == pytest.approx(theirs.ci, rel=0.05)
