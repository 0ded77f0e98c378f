"""How long a reply takes on one thread of a CPU: the student, the largest teacher and the fused model in turns.

They take turns example by example, as the machine may be slower at one time than at another; medians are told.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

from nlg import int8
from nlg.beam import Beams
from nlg.checkpoint import Checkpoint
from nlg.data.examples import Example
from nlg.evaluation.writing import Searching, answers

EXAMPLES = 24


@dataclass(frozen=True, slots=True)
class Runners:
    """Who takes part: a student, the largest of its teachers, and the model that they were fused into."""

    student: Checkpoint
    teacher: Checkpoint
    fused: Checkpoint


def race(runners: Runners, asked: Sequence[Example], beams: int) -> dict[str, float]:
    """Median milliseconds of a reply, batch 1: by the student as it is and in int8, and by the two others."""
    small = int8.quantised(runners.student)
    wanted = Searching(Beams(beams, runners.fused.decoding.max_tokens))
    systems: Mapping[str, Callable[[Sequence[Example]], list[str]]] = {
        "student": lambda one: answers(runners.student, one),
        "student_int8": lambda one: answers(small, one),
        "largest_teacher": lambda one: answers(runners.teacher, one),
        "fused_greedy": lambda one: answers(runners.fused, one),
        f"fused_beam_{beams}": lambda one: answers(runners.fused, one, wanted=wanted),
    }
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _medians(systems, asked)
    finally:
        torch.set_num_threads(threads)


def _medians(
    systems: Mapping[str, Callable[[Sequence[Example]], list[str]]], asked: Sequence[Example]
) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in systems}
    for example in [asked[0], *asked]:
        for name, answer in systems.items():
            began = time.perf_counter()
            answer([example])
            times[name].append(1000 * (time.perf_counter() - began))
    return {name: statistics.median(taken[1:]) for name, taken in times.items()}
