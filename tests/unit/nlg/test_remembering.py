"""What was read is found again, the latest first, and never more of it than there is room for."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from nlg.data.batches import pad
from nlg.interfaces import State
from nlg.models.gpt import Gpt, GptConfig
from nlg.models.seq2seq import Seq2Seq, Seq2SeqConfig
from nlg.reading import PIECE, Reading
from nlg.remembering import Memory, taken
from nlg.tokenizer import PAD
from tests.unit.nlg.conftest import SMALL

contexts = st.lists(st.integers(9, 12), min_size=1, max_size=6)


def state(size: int = 25) -> State:
    return {"memory": torch.zeros(1, size)}


def gpt() -> Gpt:
    torch.manual_seed(2)
    return Gpt(GptConfig(vocab_size=60, width=16, heads=2, inner=24, layers=2, positions=600)).eval()


def read(reading: Reading, tokens: list[int]) -> State:
    context = reading.ask(tokens)
    for _ in range(20):
        if not context.done:
            reading.advance()
    assert context.state is not None
    return context.state


@given(st.lists(contexts, max_size=12), contexts)
def test_the_longest_beginning_that_was_kept_is_found(kept: list[list[int]], asked: list[int]) -> None:
    memory = Memory(prefixes=True)
    for context in kept:
        memory.keep(context, state())
    known = [len(context) for context in kept if asked[: len(context)] == context]
    assert memory.find(asked)[0] == max(known, default=0)


@given(st.lists(contexts, max_size=12), contexts)
def test_without_beginnings_only_the_very_same_is_found(kept: list[list[int]], asked: list[int]) -> None:
    memory = Memory(prefixes=False)
    for context in kept:
        memory.keep(context, state())
    assert memory.find(asked)[0] == (len(asked) if asked in kept else 0)


def test_what_was_not_used_for_longest_goes_first() -> None:
    memory = Memory(prefixes=False, size=3 * taken(state()))
    for token in (1, 2, 3):
        memory.keep([token], state())
    memory.find([1])
    memory.keep([4], state())
    assert [memory.find([token])[0] for token in (1, 2, 3, 4)] == [1, 0, 1, 1]
    assert memory.used == 3 * taken(state())


def test_what_is_larger_than_all_room_is_not_kept() -> None:
    memory = Memory(prefixes=True, size=10)
    memory.keep([1], state())
    assert (memory.find([1])[0], memory.used) == (0, 0)


@torch.inference_mode()
def test_a_next_turn_costs_only_what_is_new_where_a_model_reads_from_left_to_right() -> None:
    model, memory = gpt(), Memory(prefixes=True)
    reading = Reading(model, memory)
    before, after = list(range(9, 49)), list(range(9, 59))
    read(reading, before)
    assert reading.ask(after).read == len(before)
    found, fresh = read(reading, after), model.start(*pad([after], PAD))
    torch.testing.assert_close(found["text.1"], fresh["text.1"], atol=1e-5, rtol=1e-4)
    assert int(found["length"]) == len(after)


@torch.inference_mode()
def test_a_long_context_is_read_in_pieces_and_short_ones_do_not_wait_for_its_end() -> None:
    reading = Reading(gpt(), Memory(prefixes=True))
    long, short = reading.ask([9] * (2 * PIECE + 5)), reading.ask([10, 11])
    reading.advance()
    assert (long.read, long.done) == (PIECE, False)
    for _ in range(2):
        reading.advance()
    assert long.done
    reading.advance()
    assert short.done


@torch.inference_mode()
def test_a_context_that_cannot_be_read_leaves_the_others_alone() -> None:
    reading = Reading(gpt(), Memory(prefixes=True))
    bad, good = reading.ask([99, 9]), reading.ask([9, 10])
    reading.advance()
    assert isinstance(bad.error, IndexError)
    assert good.done
    assert not len(reading)


@torch.inference_mode()
def test_a_model_that_reads_both_ways_finds_the_same_question_again() -> None:
    torch.manual_seed(1)
    memory = Memory(prefixes=False)
    reading = Reading(Seq2Seq(Seq2SeqConfig(vocab_size=60, **SMALL)).eval(), memory)  # type: ignore[arg-type]
    first = read(reading, [9, 10, 11])
    assert read(reading, [9, 10, 11]) is first
    assert reading.ask([9, 10, 11, 12]).read == 0
    assert (memory.asked, memory.found) == (10, 3)
