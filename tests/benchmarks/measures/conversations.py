"""The shipped model in the engine, as people meet it: alone, many at once, and arriving by chance.

People's questions of both languages, with histories of up to five lines. They arrive by chance (Poisson), more and more
a second; the knee is where most replies come for what people wait, which is where arrivals divided by the mean wait are
most (the power of Kleinrock 1979). Draws `build/reports/conversations.png`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from itertools import count as numbers
from itertools import cycle, islice
from pathlib import Path
from statistics import fmean, median, quantiles
from typing import Any

import torch

from nlg import checkpoint, default_model
from nlg.contract import Decoding, Draft, Line, Prompt, Role
from nlg.engine import Engine
from nlg.interfaces import Continuing
from nlg.models.gpt import Gpt, GptConfig
from nlg.reading import Reading
from nlg.remembering import Memory
from tests.acceptance.questions import CHINESE, ENGLISH
from tests.benchmarks.measures import Measurement, Size, row, under
from tests.benchmarks.report import REPORTS

AT_ONCE = (1, 2, 4, 8, 16, 32)
LOADS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
BELOW = 0.7
HISTORIES = (50, 100, 200, 400)
NEW_TOKENS = 20
LONG = 80
TOKENS = 20
SECONDS = 120.0
PATIENCE = 3.0
"""So many times the wait of somebody alone."""


async def run(size: Size, folder: Path) -> Measurement:
    """Measure alone, at once, by chance, and against the length of histories."""
    count = max(40, size.webhooks // 10)
    engine = Engine(checkpoint.load(default_model()), slots=64)
    try:
        _replies(engine, 8, 4)
        worked = time.process_time()
        alone = _replies(engine, count // 2, 1)[1]
        each = 1000 * (time.process_time() - worked) / len(alone)
        first = _first(engine, count // 4)
        rates = {many: _replies(engine, max(count, 2 * many), many)[0] for many in AT_ONCE}
        loads = {load: _by_chance(engine, load * rates[32], count) for load in LOADS}
        knee = max(loads, key=lambda load: load / fmean(loads[load]))
        below = _by_chance(engine, BELOW * knee * rates[32], 2 * count)
    finally:
        engine.close()
    slow = _one_at_a_time(min(24, count))
    _draw(alone, rates, loads, knee)
    chance = [*_chance(loads), _at_knee(knee, rates[32], below, alone)]
    rows = [*_alone(alone, each, first), *_together(rates, slow), *chance, *_histories(size.rounds)]
    return Measurement("The shipped model in the engine, one thread", rows)


FRESH = numbers()
"""Nobody asks what was asked before: what the engine remembers of contexts would make it look quicker than it is."""


def _prompts(count: int, histories: Sequence[int] = (0, 0, 2, 4)) -> Iterator[Prompt]:
    seed = next(FRESH)
    chance, words = random.Random(seed), cycle([*ENGLISH, *CHINESE])
    for at, text in enumerate(islice(words, count)):
        before = chance.choices([*ENGLISH, *CHINESE], k=chance.choice(histories))
        roles = cycle([Role.USER, Role.ASSISTANT])
        lines = (*(Line(next(roles), line) for line in before), Line(Role.USER, f"{text} {chance.randrange(10**6)}"))
        yield Prompt(str(at), lines, SECONDS, decoding=Decoding(max_tokens=TOKENS))


def _replies(engine: Engine, count: int, at_once: int) -> tuple[float, list[Draft]]:
    """Replies a second, and the drafts, with so many always at work."""
    left, drafts, open_ones = _prompts(count), [], list[Future[Draft]]()
    began = time.perf_counter()
    for prompt in left:
        if len(open_ones) == at_once:
            drafts.append(open_ones.pop(0).result(SECONDS))
        open_ones.append(engine.submit(prompt, lambda _: None))
    drafts += [future.result(SECONDS) for future in open_ones]
    return count / (time.perf_counter() - began), drafts


def _first(engine: Engine, count: int) -> tuple[float, float]:
    """Median milliseconds to the first token after about 100 tokens of context: by the clock, and processor time."""
    asked = [replace(one, decoding=Decoding(max_tokens=1)) for one in _prompts(count, histories=[24])]
    made = engine.checkpoint
    if min(len(made.tokenizer.context(one.lines, "", made.context)) for one in asked) < LONG:
        raise AssertionError("the contexts are too short for what is to be measured")
    worked = time.process_time()
    firsts = [engine.submit(one, lambda _: None).result(SECONDS).timing.first for one in asked]
    return median(firsts), 1000 * (time.process_time() - worked) / count


def _by_chance(engine: Engine, rate: float, count: int) -> list[float]:
    """Milliseconds that people wait who arrive at so many a second on average, each at a moment of chance."""
    chance, futures, at = random.Random(2), list[Future[Draft]](), time.perf_counter()
    for prompt in _prompts(count):
        at += chance.expovariate(rate)
        time.sleep(max(0.0, at - time.perf_counter()))
        futures.append(engine.submit(prompt, lambda _: None))
    return sorted(future.result(SECONDS).timing.total for future in futures)


def _one_at_a_time(count: int) -> float:
    """Replies a second of the same model by `generate()` of transformers, one after another; 0 without it."""
    try:
        from nlg.hub.models import ReplyForSeq2SeqLM  # noqa: PLC0415 - an extra
    except ImportError:
        return 0.0
    made = checkpoint.load(default_model())
    model = ReplyForSeq2SeqLM.present(made)
    contexts = [made.tokenizer.context(prompt.lines, "", made.context) for prompt in _prompts(count)]
    began = time.perf_counter()
    for context in contexts:
        model.generate(torch.tensor([context]), max_new_tokens=TOKENS)  # type: ignore[no-untyped-call]
    return count / (time.perf_counter() - began)


def _alone(alone: Sequence[Draft], each: float, first: tuple[float, float]) -> Iterator[dict[str, Any]]:
    yield under("alone: a reply of at most 20 tokens, p95, ms", 60, _p95([draft.timing.total for draft in alone]))
    yield row("alone: such a reply, mean processor time, ms", "", round(each, 1), "")
    yield under("alone: first token after about 100 tokens of context, median, ms", 15, first[0])
    yield row("alone: such a first token, mean processor time, ms", "", round(first[1], 1), "")


def _together(rates: dict[int, float], slow: float) -> Iterator[dict[str, Any]]:
    for many, rate in rates.items():
        yield row(f"{many} at once: replies/s", "", round(rate, 1), "")
    if slow:
        times = rates[32] / slow
        yield row("32 at once against one at a time by generate()", "at least 10", round(times, 1), times >= 10)


def _chance(loads: dict[float, list[float]]) -> Iterator[dict[str, Any]]:
    for load, waits in loads.items():
        told = f"p50 {median(waits):.0f}, p95 {_p95(waits):.0f}"
        yield row(f"arrivals by chance at {load:.0%} of what 32 at once reach, ms", "", told, "")


def _at_knee(knee: float, most: float, waits: Sequence[float], alone: Sequence[Draft]) -> dict[str, Any]:
    """How long people wait a little below the knee, against somebody who is alone."""
    times = _p95(waits) / median(draft.timing.total for draft in alone)
    name = f"arrivals by chance at {BELOW:.0%} of the knee ({knee * most:.0f} a second): p95, times the wait alone"
    return row(name, f"at most {PATIENCE:g}", round(times, 2), times <= PATIENCE)


def _histories(rounds: int) -> Iterator[dict[str, Any]]:
    """What a next turn of 20 tokens costs a GPT (4 layers, width 256) with what it read before, and without."""
    torch.manual_seed(1)
    model = Gpt(GptConfig(vocab_size=8192, positions=512)).eval()
    for length in HISTORIES:
        known, fresh = [], []
        for at in range(rounds):
            chance = random.Random(at)
            history = [chance.randrange(300, 8000) for _ in range(length)]
            told = [chance.randrange(300, 8000) for _ in range(NEW_TOKENS)]
            memory = Memory(prefixes=isinstance(model, Continuing))
            fresh.append(_read(model, Memory(prefixes=True), [*history, *told]))
            _read(model, memory, history)
            known.append(_read(model, memory, [*history, *told]))
        told_ms = f"{1000 * median(known):.1f} (without memory {1000 * median(fresh):.1f})"
        yield row(f"GPT, {NEW_TOKENS} new tokens after {length}: processor ms to read", "", told_ms, "")


@torch.inference_mode()
def _read(model: Gpt, memory: Memory, tokens: list[int]) -> float:
    reading, began = Reading(model, memory), time.process_time()
    context = reading.ask(tokens)
    while not context.done:
        reading.advance()
    return time.process_time() - began


def _p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[18]


def _draw(alone: Sequence[Draft], rates: dict[int, float], loads: dict[float, list[float]], knee: float) -> None:
    import matplotlib.pyplot as plt  # noqa: PLC0415 - takes a second

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    left.plot(list(rates), list(rates.values()), marker="o")
    left.set(xlabel="conversations at once", ylabel="replies/s", ylim=(0, None))
    shares = [100 * load for load in loads]
    for name, value in (("p50", median), ("p95", _p95)):
        right.plot(shares, [value(waits) for waits in loads.values()], marker="o", label=name)
    usual = median(draft.timing.total for draft in alone)
    right.axvline(100 * knee, linestyle="--", label="the knee")
    right.axhline(PATIENCE * usual, linestyle=":", label=f"{PATIENCE:g} times alone")
    right.set(xlabel="load, % of what 32 at once reach", ylabel="ms from message to reply", yscale="log")
    right.legend()
    REPORTS.mkdir(parents=True, exist_ok=True)
    figure.savefig(REPORTS / "conversations.png", dpi=120)
    plt.close(figure)
