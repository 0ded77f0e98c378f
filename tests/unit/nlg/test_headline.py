"""Journeys that were never made: systems say what a test wants them to have said."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlg.errors import TrainingError
from nlg.evaluation import asking
from nlg.evaluation.comparing import paired
from nlg.evaluation.metric import Answer
from nlg.evaluation.progress import silent
from nlg.evaluation.scoring import all_metrics
from nlg.headline import found as finding
from nlg.headline import report
from nlg.headline.figures import Counts, System
from nlg.headline.found import Found
from nlg.headline.jobs import Jobs
from nlg.headline.plots import spread
from nlg.headline.preset import Preset
from nlg.headline.resampling import Drawn, Resampled
from nlg.headline.stages import Journey
from nlg.headline.targets import Target, targets

EXAMPLES = 24
WORDS = ["please", "look", "page", "your", "parcel", "there", "tell", "what", "says", "about", "today", "tomorrow"]
SIZES = {"lstm": 4_000_000, "gpt": 6_000_000, "fused": 10_000_000, "mini": 400_000}
TASK = {
    "recipe": {},
    "teachers": {"lstm": {}, "gpt": {}},
    "students": {"mini": {}},
    "fused": ["lstm", "gpt"],
    "phases": [],
    "measured": ["shop"],
    "seeds": [1, 2],
}
SPEED = {"student": 9.0, "student_int8": 5.0, "largest_teacher": 50.0, "fused_greedy": 90.0, "fused_beam_4": 99.0}
Say = Callable[[str, int], str]
T = TypeVar("T")


def copies(reply: str, _: int) -> str:
    return reply


def nonsense(_: str, __: int) -> str:
    return "zum zum zum"


def half(reply: str, at: int) -> str:
    return reply if at % 2 else nonsense(reply, at)


@dataclass
class Tale:
    """What a made-up journey is to have come to: who says what, and how surprised they are in nats a token."""

    folder: Path
    data: Path
    says: Mapping[str, Say] = field(default_factory=dict)
    dev_says: Mapping[str, Say] = field(default_factory=dict)
    nats: Mapping[str, float] = field(default_factory=dict)
    speed: Mapping[str, float] = field(default_factory=lambda: SPEED)
    task: Mapping[str, object] = field(default_factory=lambda: TASK)

    @property
    def plan(self) -> Preset:
        return Preset(tasks={"chat": self.task})

    @property
    def journey(self) -> Journey:
        return Journey(self.folder / "chat", self.plan.task("chat"), self.data, "", Jobs(self.folder / "l", 1, silent))

    def happen(self) -> Tale:
        """Write all files that such a journey leaves."""
        journey = self.journey
        for name in journey.task.teachers:
            _json(journey.folder / "teachers" / name / "done.json", {})
        _json(journey.folder / "fused" / "done.json", {"note": "Mixed (arithmetic) by the weights lstm 0.4, gpt 0.6."})
        for student in journey.task.students:
            for way in ("distilled", "alone"):
                for seed in journey.task.seeds:
                    folder = journey.folder / journey.student(student, way, seed)
                    _json(folder / "done.json", {})
                    _json(folder / "curve.json", [{"epoch": at, "dev": 2 / at + seed / 9} for at in (1, 2, 3)])
        for split in ("dev", "test"):
            asked = asking.load(self.data, journey.task.measured, split, journey.task.limit)
            for name, *_ in journey.systems():
                self._system(name, split, [one.replies[0] for one in asked.examples]).save(journey.figures(name, split))
        _json(journey.folder / "speed.json", self.speed)
        return self

    def found(self) -> Found:
        (found,) = finding.read(self.folder, self.plan, self.data)
        return found

    def targets(self) -> dict[str, Target]:
        return {one.name.removeprefix("chat "): one for one in targets(self.found())}

    def write(self) -> str:
        return report.write(self.folder, self.plan, self.data, self.folder / "reports")

    def _system(self, name: str, split: str, real: Sequence[str]) -> System:
        says = {**self.says, **(self.dev_says if split == "dev" else {})}
        say = _of(says, name, half)
        nats = _of(self.nats, name, 2.0)
        tokens = [len(reply.split()) + at % 3 for at, reply in enumerate(real)]
        rows = [(nats * many, many, len(reply)) for many, reply in zip(tokens, real, strict=True)]
        return System(name, SIZES[name.partition(".")[0]], [say(reply, at) for at, reply in enumerate(real)], rows)


def _of(told: Mapping[str, T], name: str, otherwise: T) -> T:
    """What is told of a system, or of what its name begins with: the longest that is told."""
    known = [one for one in told if name == one or name.startswith(f"{one}.")]
    return told[max(known, key=len)] if known else otherwise


def _json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def _lines(path: Path, rows: Sequence[object]) -> None:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dev and test of a source `shop` with replies of eight words by chance, and of `told` with acts."""
    folder, chance = tmp_path_factory.mktemp("shop"), random.Random(1)
    for split in ("dev", "test"):
        rows = [(f"question {at} of {split}", " ".join(chance.sample(WORDS, 8))) for at in range(EXAMPLES)]
        _lines(folder / f"shop.{split}.jsonl", [_dialogue(*row) for row in rows])
        acts = [_acts(at, split) for at in range(EXAMPLES)]
        _lines(folder / f"told.{split}.jsonl", acts)
    return folder


def _dialogue(question: str, answer: str) -> dict[str, object]:
    turns = [{"role": "user", "text": question}, {"role": "assistant", "text": answer}]
    return {"id": question, "lang": "en", "domain": "", "turns": turns}


def _acts(at: int, split: str) -> dict[str, object]:
    city = f"{split}ville"
    acts = [{"act": "CONFIRM", "slot": "city", "values": [city]}, {"act": f"ASK{at}", "slot": "day", "values": []}]
    return {"acts": acts, "target": f"Number {at} goes to {city} on which day, please?", "lang": "en", "id": f"{at}"}


@pytest.fixture
def tale(tmp_path: Path, shop: Path) -> Tale:
    """A journey in which all systems say half of their replies as people did."""
    return Tale(tmp_path, shop)


def test_a_fused_model_that_says_what_people_said_is_better_than_a_teacher_that_talks_nonsense(tale: Tale) -> None:
    found = replace(tale, says={"fused": copies, "lstm": nonsense, "gpt": nonsense}).happen().targets()
    one = found["A: fused against its best teacher, BLEU"]
    assert one.value == pytest.approx(100, abs=0.1)
    assert one.p == pytest.approx(2 / 1001)
    assert one.met


def test_a_difference_of_nothing_is_not_met_and_not_certain(tale: Tale) -> None:
    one = tale.happen().targets()["A: fused against its best teacher, BLEU"]
    assert (one.value, one.low, one.high, one.p, one.met) == (0, 0, 0, 1, False)


def test_more_than_the_target_is_not_enough_where_it_may_be_luck(tale: Tale) -> None:
    def once(reply: str, at: int) -> str:
        return reply if at % 2 or at == 4 else "zum zum zum"

    one = replace(tale, says={"fused": once}).happen().targets()["A: fused against its best teacher, BLEU"]
    assert one.value > one.target
    assert one.p is not None
    assert one.p > 0.05
    assert not one.met


@pytest.mark.parametrize(("nats", "less", "met"), [(1.8, 18.1, True), (1.97, 2.96, False), (2.1, -10.5, False)])
def test_perplexity_is_compared_with_that_of_the_least_surprised_teacher(
    tale: Tale, nats: float, less: float, met: bool
) -> None:
    found = replace(tale, nats={"fused": nats, "lstm": 2.0, "gpt": 3.0}).happen().targets()
    one = found["A: fused against its best teacher, % less perplexity"]
    assert one.value == pytest.approx(less, abs=0.1)
    assert (one.other, one.met) == ("lstm", met)


def test_the_best_teacher_is_chosen_on_dev_and_compared_on_test(tale: Tale) -> None:
    says = {"lstm": nonsense, "gpt": copies, "fused": copies, "mini": copies}
    found = replace(tale, says=says, dev_says={"lstm": copies, "gpt": nonsense}).happen().targets()
    assert found["A: fused against its best teacher, BLEU"].other == "lstm.beam"
    assert found["B: student against the best teacher, ROUGE-L"].other == "lstm"
    assert found["B: student against the best teacher, BLEU"].value == pytest.approx(100, abs=0.1)


def test_a_student_that_is_as_good_as_its_teachers_reaches_what_it_should(tale: Tale) -> None:
    found = replace(tale, says={"mini.alone": nonsense}).happen().targets()
    for figure in ("BLEU", "ROUGE-L"):
        one = found[f"B: student against the best teacher, {figure}"]
        assert (one.value, one.met) == (0, True)
    assert found["B: student to fused with beams, % of BLEU"].value == pytest.approx(100)
    assert found["B: student to fused with beams, % of BLEU"].met
    assert found["C: student against itself undistilled, BLEU"].value > 1.5
    assert found["C: student against itself undistilled, BLEU"].met


def test_a_student_that_learnt_nothing_reaches_nothing(tale: Tale) -> None:
    found = replace(tale, says={"mini": nonsense, "fused": copies}).happen().targets()
    assert not any(one.met for name, one in found.items() if name.startswith(("B", "C")))
    assert found["B: student to fused with beams, % of BLEU"].value == pytest.approx(0, abs=1)
    assert found["C: student against itself undistilled, BLEU"].value == 0


def test_a_student_is_the_mean_of_its_seeds_on_each_draw(tale: Tale) -> None:
    found = replace(tale, says={"mini.distilled.1": copies, "mini.distilled.2": nonsense}).happen().found()
    drawn = Resampled(found.test, times=50)
    seeds = found.seeds("mini", "distilled")
    one, two, both = (drawn.figure("bleu", *names) for names in (seeds[:1], seeds[1:], seeds))
    assert both.value == pytest.approx((one.value + two.value) / 2)
    assert both.drawn == pytest.approx((one.drawn + two.drawn) / 2)


def test_size_and_time_are_ratios_without_an_interval(tale: Tale) -> None:
    found = tale.happen().targets()
    told = {name: (one.value, one.low, one.high, one.p, one.met) for name, one in found.items() if name[0] in "DE"}
    assert told == {
        "D: fused to student, times the parameters": (25, None, None, None, True),
        "E: largest teacher to int8 student, times as slow": (10, None, None, None, True),
        "E: fused with beams to int8 student, times as slow": (99 / 5, None, None, None, False),
    }


def test_slot_errors_are_told_only_where_acts_say_what_is_wanted(tale: Tale) -> None:
    def forgetful(reply: str, at: int) -> str:
        return reply if at % 12 else "zum"

    assert not [name for name in tale.happen().targets() if name.startswith("F")]
    acts = replace(tale, folder=tale.folder / "acts", task={**TASK, "measured": ["told"]})
    says = {"mini": copies, "mini.distilled.1": forgetful, "mini.covered": forgetful}
    found = replace(acts, says=says).happen().targets()
    student, covered = found["F: student, % of slots wrong"], found["F: student with coverage, % of slots wrong"]
    assert student.value == pytest.approx(100 / 12 / 2)
    assert covered.value == pytest.approx(100 / 12)
    assert (student.met, covered.met) == (True, False)


def test_values_lie_in_their_intervals(tale: Tale) -> None:
    found = replace(tale, says={"fused": copies, "gpt": nonsense}, nats={"fused": 1.5}).happen().targets()
    told = [one for one in found.values() if one.low is not None and one.high is not None]
    assert len(told) == 6
    assert all(one.low <= one.value <= one.high for one in told if one.low is not None and one.high is not None)


def test_draws_are_those_of_the_evaluation(tale: Tale) -> None:
    """The same seed gives the same interval and p as comparing replies one metric at a time."""
    journey = replace(tale, says={"fused": copies}).happen()
    asked = asking.load(journey.data, ["shop"], "test")
    said = {
        name: [Answer(say(one.replies[0], at), one.replies) for at, one in enumerate(asked.examples)]
        for name, say in (("this", copies), ("other", half))
    }
    (real,) = paired(all_metrics()["bleu"], ("", "all"), said["this"], said["other"], seed=0, times=1000)
    one = journey.targets()["A: fused against its best teacher, BLEU"]
    told = real.difference
    assert (one.value, one.low, one.high) == pytest.approx((told.value, told.low, told.high))
    assert one.p == real.p


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=40))
def test_p_is_the_same_from_both_sides(values: list[float]) -> None:
    one, other = Drawn(0.0, np.array(values)), Drawn(0.0, -np.array(values))
    assert one.p == other.p
    assert 2 / (len(values) + 1) <= one.p <= 1 or one.p == 1


@pytest.mark.parametrize(
    ("file", "stage"),
    [
        ("teachers/gpt/done.json", "teach"),
        ("fused/done.json", "fuse"),
        ("students/mini.alone.2/done.json", "distil"),
        ("figures/fused.mbr.test.json", "measure"),
        ("speed.json", "race"),
    ],
)
def test_a_stage_that_is_not_done_is_named(tale: Tale, file: str, stage: str) -> None:
    (tale.happen().folder / "chat" / file).unlink()
    with pytest.raises(TrainingError, match=f"`{stage}` is not done.*{file}.*--task chat --stage {stage}"):
        tale.write()
    assert not (tale.folder / "reports").exists()


def test_replies_to_other_examples_are_refused(tale: Tale) -> None:
    tale.happen()
    with pytest.raises(TrainingError, match=r"24 examples.* has 5 now\. Remove the folder `figures`"):
        replace(tale, task={**TASK, "limit": 5}).write()


def test_several_processes_count_the_same(tale: Tale) -> None:
    tale.happen()
    (one,), (two,) = (finding.read(tale.folder, Preset(tasks=tale.plan.tasks, jobs=jobs), tale.data) for jobs in (1, 2))
    assert [system.figures for system in one.test.values()] == [system.figures for system in two.test.values()]


def test_programs_get_rows_and_all_figures(tale: Tale) -> None:
    tale.happen().write()
    told = json.loads((tale.folder / "reports" / "headline.json").read_text(encoding="utf-8"))
    assert all(list(row) == ["name", "target", "value", "low", "high", "met"] for row in told["rows"])
    assert [row["name"].split(":")[0] for row in told["rows"]] == [f"chat {letter}" for letter in "AABBBCDEE"]
    systems = {name for name, *_ in tale.journey.systems()}
    assert {split: set(known) for split, known in told["tasks"]["chat"].items()} == {"dev": systems, "test": systems}
    fused = told["tasks"]["chat"]["test"]["fused"]
    assert fused["parameters"] == SIZES["fused"]
    real = asking.load(tale.data, ["shop"], "test")
    counts = Counts.of(System.load(tale.journey.figures("fused", "test")), real)
    assert {name: fused[name] for name in counts.figures()} == counts.figures()


def test_people_get_tables_with_all_systems_and_the_weights(tale: Tale) -> None:
    told = tale.happen().write()
    assert told.count("\n") == 2 + 9
    page = (tale.folder / "reports" / "headline.md").read_text(encoding="utf-8")
    assert "by the weights lstm 0.4, gpt 0.6" in page
    for name, *_ in tale.journey.systems():
        assert page.count(f"\n| {name} | ") == 2
    assert page.count("| mini.distilled, mean of 2 |") == 2
    tables = [part.splitlines() for part in page.split("\n\n") if part.startswith("|")]
    assert all(len({line.count("|") for line in table}) == 1 for table in tables)
    assert all(f"](headline-chat-{what}.png)" in page for what in ("size", "targets", "curves"))


def test_pictures_are_as_wide_as_a_telephone(tale: Tale) -> None:
    tale.happen().write()
    pictures = sorted((tale.folder / "reports").glob("*.png"))
    assert [path.stem for path in pictures] == [f"headline-chat-{what}" for what in ("curves", "size", "targets")]
    for data in (path.read_bytes() for path in pictures):
        width, height = (int.from_bytes(data[at : at + 4]) for at in (16, 20))
        assert data.startswith(b"\x89PNG\r\n")
        assert 400 <= width <= 700
        assert 300 <= height <= 1200
        assert len(data) > 5000


def test_a_folder_that_cannot_be_made_is_told(tale: Tale) -> None:
    tale.happen()
    (tale.folder / "reports").write_text("in the way")
    with pytest.raises(TrainingError, match="--reports"):
        tale.write()


def test_models_that_are_only_compared_get_a_table_and_no_targets(tale: Tale) -> None:
    compared = replace(tale, task={**TASK, "students": {}, "fused": []})
    journey = compared.journey
    for name in ("lstm", "gpt"):
        _json(journey.folder / "teachers" / name / "done.json", {})
        for split in ("dev", "test"):
            asked = asking.load(tale.data, ["shop"], split, journey.task.limit)
            told = compared._system(name, split, [one.replies[0] for one in asked.examples])
            told.save(journey.figures(name, split))
    assert compared.write() == f"The tables are in {tale.folder / 'reports' / 'headline.md'}."
    page = (tale.folder / "reports" / "headline.md").read_text(encoding="utf-8")
    assert page.count("\n| lstm | ") == page.count("\n| gpt | ") == 2
    assert [path.stem for path in (tale.folder / "reports").glob("*.png")] == ["headline-chat-size"]
    assert json.loads((tale.folder / "reports" / "headline.json").read_text())["rows"] == []


@given(st.lists(st.floats(-50, 50), max_size=12), st.floats(0.1, 5))
def test_labels_are_moved_apart_and_keep_their_order_and_middle(places: list[float], gap: float) -> None:
    moved = spread(places, gap)
    ordered = sorted(range(len(places)), key=lambda at: places[at])
    assert all(moved[two] - moved[one] >= gap - 1e-9 for one, two in pairwise(ordered))
    assert sum(moved) == pytest.approx(sum(places), abs=1e-6)


def test_labels_that_are_far_apart_stay() -> None:
    assert spread([3.0, 1.0, 7.0], 2.0) == [3.0, 1.0, 7.0]
