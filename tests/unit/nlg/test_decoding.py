from __future__ import annotations

import math
from collections import Counter

import pytest
import torch

from nlg.contract import Decoding, Finish
from nlg.decoding import Row, choose
from nlg.tokenizer import ASSISTANT, BOS, CONTROLS, EOS, MASK, PAD, USER

FIRST = len(CONTROLS)


def odds(**likely: float) -> torch.Tensor:
    """Log-odds (1, V) of tokens `t0`, `t1`, ... after the controls, or of a control by its number as `c2`."""
    row = torch.full((1, FIRST + 6), -20.0)
    for name, value in likely.items():
        row[0, int(name[1:]) + (FIRST if name[0] == "t" else 0)] = value
    return row


def drawn(logits: torch.Tensor, decoding: Decoding, times: int = 400) -> Counter[int]:
    rows = [Row.begin(Decoding(**{**_plain(decoding), "seed": seed})) for seed in range(times)]
    return Counter(token - FIRST for token in choose(logits.expand(times, -1), rows))


def _plain(decoding: Decoding) -> dict[str, float]:
    return {name: getattr(decoding, name) for name in Decoding.__slots__}


def test_greedy_takes_the_likeliest() -> None:
    row = Row.begin(Decoding())
    assert choose(odds(t1=1.0, t2=2.0, t3=0.0), [row]) == [FIRST + 2]
    assert row.tokens == [FIRST + 2]


@pytest.mark.parametrize("control", [PAD, BOS, MASK, USER, ASSISTANT, FIRST - 1])
def test_control_tokens_are_never_said(control: int) -> None:
    assert choose(odds(t1=1.0, **{f"c{control}": 9.0}), [Row.begin(Decoding())]) == [FIRST + 1]


def test_a_reply_is_never_empty() -> None:
    row = Row.begin(Decoding())
    assert choose(odds(t1=1.0, **{f"c{EOS}": 9.0}), [row]) == [FIRST + 1]
    assert choose(odds(t1=1.0, **{f"c{EOS}": 9.0}), [row]) == [EOS]
    assert row.finish is Finish.END
    assert row.tokens == [FIRST + 1]


def test_a_reply_is_not_empty_either_when_it_opens_with_a_topic() -> None:
    row = Row.begin(Decoding(), silent=FIRST + 2)
    logits = odds(t1=2.0, t4=1.0, **{f"c{EOS}": 1.5})
    assert [choose(logits, [row])[0] for _ in range(3)] == [FIRST + 1, FIRST + 4, EOS]
    assert row.tokens == [FIRST + 1, FIRST + 4]


def test_a_reply_ends_at_the_most_tokens_allowed() -> None:
    row = Row.begin(Decoding(max_tokens=2))
    choose(odds(t1=1.0), [row])
    assert row.finish is None
    choose(odds(t1=1.0), [row])
    assert row.finish is Finish.LENGTH


def test_the_score_is_what_the_model_thought_whatever_was_asked_for() -> None:
    logits = odds(t1=1.0, t2=2.0)
    row = Row.begin(Decoding(temperature=5.0, top_k=1))
    (token,) = choose(logits, [row])
    assert row.score == pytest.approx(float(logits.log_softmax(-1)[0, token]))


def test_chance_follows_the_odds() -> None:
    seen = drawn(odds(t1=math.log(3.0), t2=0.0), Decoding(temperature=1.0))
    assert set(seen) == {1, 2}
    assert seen[1] / 400 == pytest.approx(0.75, abs=0.08)


def test_a_low_temperature_is_surer() -> None:
    hot, cold = (drawn(odds(t1=1.0, t2=0.0), Decoding(temperature=heat))[1] for heat in (2.0, 0.3))
    assert hot < cold


def test_top_k_keeps_the_likeliest() -> None:
    assert set(drawn(odds(t1=1.0, t2=0.9, t3=0.8), Decoding(temperature=1.0, top_k=2))) == {1, 2}


def test_top_p_keeps_the_fewest_that_reach_it() -> None:
    logits = odds(t1=math.log(0.5), t2=math.log(0.3), t3=math.log(0.2))
    assert set(drawn(logits, Decoding(temperature=1.0, top_p=0.6))) == {1, 2}
    assert set(drawn(logits, Decoding(temperature=1.0, top_p=0.4))) == {1}


def test_a_penalty_makes_a_word_less_likely_the_second_time() -> None:
    row = Row.begin(Decoding(repetition_penalty=3.0))
    logits = odds(t1=2.0, t2=1.0)
    assert choose(logits, [row]) == [FIRST + 1]
    assert choose(logits, [row]) == [FIRST + 2]


def test_the_same_seed_draws_the_same_and_another_differs() -> None:
    logits = odds(t0=0.1, t1=0.0, t2=0.0, t3=0.0, t4=0.0)
    texts = []
    for seed in (7, 7, 8):
        row = Row.begin(Decoding(temperature=1.0, seed=seed))
        for _ in range(12):
            choose(logits, [row])
        texts.append(row.tokens)
    assert texts[0] == texts[1] != texts[2]


def test_numbers_that_ran_away_lose_their_own_row_only() -> None:
    logits = torch.cat([odds(t1=1.0), torch.full_like(odds(), math.nan)])
    sound, lost = Row.begin(Decoding()), Row.begin(Decoding())
    choose(logits, [sound, lost])
    assert (sound.lost, lost.lost) == (False, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_tokens": 0},
        {"temperature": -1.0},
        {"temperature": math.nan},
        {"top_p": 0.0},
        {"top_p": 1.5},
        {"top_k": -1},
        {"repetition_penalty": 0.0},
        {"repetition_penalty": math.inf},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Row.begin(Decoding(**wrong))  # type: ignore[arg-type]
