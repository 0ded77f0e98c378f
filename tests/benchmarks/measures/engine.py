"""Tokens a second of the engine's loop beside those that people would otherwise run: same shapes, random weights.

Each contender is a process of its own with one thread. They take turns with the same contexts and lengths; medians are
taken over rounds, and ratios within a round. What is compared is processor time, which is the clock's on a machine that
does nothing else, and means something on one that does; the clock's stands beside it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks import roofline
from tests.benchmarks.measures import Measurement, Size, row
from tests.rig.palaver import environment

CONTEXT = 100
TOKENS = 32
BATCHES = (1, 8, 32)
NEEDS = {
    "ct2_int8": "ctranslate2",
    "ct2_f32": "ctranslate2",
    "llama_q8": "llama_cpp",
    "generate": "transformers",
    "batching": "transformers",
}
FIELDS = {
    "gpt5m": ("generate", "batching", "ours_int8", "ours_f32", "ct2_int8", "ct2_f32", "llama_q8", "shipped"),
    "gpt2": ("ours_int8", "ct2_int8", "llama_q8"),
}
ALONE = {"llama_q8"}
"""Takes one context at a time."""
TARGETS = (
    ("gpt5m", "ours_int8", "generate", {1: 2.5, 8: 2.0, 32: 2.0}),
    ("gpt2", "ours_int8", "ct2_int8", {1: 1.2}),
    ("gpt2", "ours_int8", "llama_q8", {1: 1.0}),
    ("gpt5m", "shipped", "ct2_int8", {1: 1.5, 8: 1.5, 32: 1.5}),
)
Found = dict[tuple[str, int, str], list[dict[str, Any]]]


class Child:
    """A contender in its process."""

    def __init__(self, name: str, shape: str, folder: Path) -> None:
        self.name, began = name, time.perf_counter()
        command = [sys.executable, "-m", "tests.benchmarks.contenders.child", name, shape, str(folder / shape)]
        threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONPATH": ":".join(sys.path)}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(threads)
        )
        self._hear()
        self.ready = time.perf_counter() - began

    def write(self, batch: int, tokens: int) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([batch, CONTEXT, tokens]) + "\n")
        self._process.stdin.flush()
        return self._hear()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with {self._process.wait()}")
        return dict(json.loads(line))

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


async def run(size: Size, folder: Path) -> Measurement:
    """Measure all shapes."""
    found: Found = {}
    ready: dict[tuple[str, str], float] = {}
    for shape, names in FIELDS.items():
        with _children(shape, [name for name in names if find_spec(NEEDS.get(name, "nlg"))], folder) as children:
            ready |= {(shape, child.name): child.ready for child in children}
            _rounds(found, shape, children, size.rounds)
    rows = [*_targets(found), *_figures(found, ready), *roofline.rows()]
    return Measurement(f"{CONTEXT} tokens read, {TOKENS} written, one thread, processor time", rows)


@contextmanager
def _children(shape: str, names: Sequence[str], folder: Path) -> Iterator[list[Child]]:
    with ExitStack() as stack:
        children = []
        for name in names:
            try:
                child = Child(name, shape, folder)
            except RuntimeError as error:  # a rival that does not run here is left out
                print(f"{shape}: {error}", file=sys.stderr)
                continue
            stack.callback(child.close)
            children.append(child)
        yield children


def _rounds(found: Found, shape: str, children: Sequence[Child], rounds: int) -> None:
    batches = BATCHES if shape == "gpt5m" else (1,)
    for number in range(rounds + 1):
        for batch in batches:
            for child in children:
                if batch == 1 or child.name not in ALONE:
                    written = child.write(batch, TOKENS if number else 2)
                    if number:  # the first round warms up
                        found.setdefault((shape, batch, child.name), []).append(written)


def _targets(found: Found) -> Iterator[dict[str, Any]]:
    for shape, ours, theirs, wanted in TARGETS:
        for batch, target in wanted.items():
            pair = [found.get((shape, batch, name), []) for name in (ours, theirs)]
            if not all(pair):
                continue
            value = median(slow["rest"][1] / quick["rest"][1] for quick, slow in zip(*pair, strict=True))
            name = f"{shape}, {batch} at once: {ours} against {theirs}, times as fast"
            yield row(name, f"at least {target:g}", round(value, 2), value >= target)


def _figures(found: Found, ready: dict[tuple[str, str], float]) -> Iterator[dict[str, Any]]:
    for (shape, batch, name), written in found.items():
        seconds = [median(one["rest"][kind] for one in written) for kind in (0, 1)]
        rates = [round(batch * (TOKENS - 1) / passed) for passed in seconds]
        first = 1000 * median(one["first"][1] for one in written)
        told = f"{rates[1]} tokens/s ({rates[0]} by the clock), first after {first:.1f} ms"
        held = f"{max(one['memory'] for one in written):.0f} MiB, ready in {ready[shape, name]:.1f} s"
        yield row(f"{shape}, {batch} at once: {name}", "", f"{told}; {held}", "")
