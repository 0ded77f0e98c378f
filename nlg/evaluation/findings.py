"""All that one call of `palaver evaluate` finds out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from nlg.checkpoint import Checkpoint
from nlg.evaluation import rules, samples
from nlg.evaluation.asking import Asked
from nlg.evaluation.comparing import Comparison, compare
from nlg.evaluation.measuring import Measured, measure
from nlg.evaluation.progress import Begin, silent
from nlg.evaluation.report import Report, dumped
from nlg.evaluation.samples import Sample
from nlg.evaluation.writing import Searching


@dataclass(frozen=True, slots=True)
class Findings:
    """One model measured, or two side by side; `models` has the one in question first. `seed` is that of all draws."""

    models: Sequence[Measured]
    comparison: Sequence[Comparison]
    samples: Sequence[Sample]
    seed: int

    @property
    def reports(self) -> list[Report]:
        return [model.report for model in self.models]

    def to_json(self) -> str:
        """The report of the model in question, with that of the other, the comparison and the samples in it."""
        first, *others = (asdict(report) for report in self.reports)
        against = others[0] if others else None
        compared = [asdict(one) for one in self.comparison]
        shown = [asdict(one) for one in self.samples]
        return dumped({**first, "seed": self.seed, "against": against, "comparison": compared, "samples": shown})


def find(
    checkpoints: Sequence[Checkpoint],
    asked: Asked,
    seed: int = 0,
    begin: Begin = silent,
    wanted: Searching | None = None,
    rule: str = "",
) -> Findings:
    """Measure one model, or two and compare them; raise `DataError` or `CheckpointError` when that cannot be done.

    Replies are searched as `wanted`, or else chosen token by token. A `rule` is the baseline of that name, and stands
    beside one model.
    """
    models = [measure(checkpoint, asked, begin, wanted) for checkpoint in checkpoints]
    models += [rules.measure(rule, asked, begin)] if rule else []
    comparison = compare(models[0], models[1], seed, begin) if len(models) > 1 else []
    return Findings(models, comparison, samples.draw(asked, models, samples.NUMBER, seed), seed)
