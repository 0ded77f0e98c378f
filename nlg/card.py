"""Writes the model card: what the model learnt from, how it measures, what it says unpicked, and what it cannot do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from nlg import checkpoint, grading, manifest
from nlg.checkpoint import Checkpoint
from nlg.evaluation import asking, samples
from nlg.evaluation.asking import Asked
from nlg.evaluation.measuring import Measured, measure
from nlg.evaluation.page import markdown, sentences
from nlg.evaluation.progress import Begin, silent
from nlg.evaluation.report import Report
from nlg.evaluation.samples import Sample
from nlg.grading import Graded
from nlg.training import recipe
from nlg.training.recipe import Recipe
from nlg.training.run import PICTURE, RECIPE

CARD, FIGURES = "README.md", "evaluation.json"
SAMPLES = 50
"""In each language."""
SEED = 20


def write(
    folder: Path,
    data: Path,
    split: str = "dev",
    begin: Begin = silent,
    more: Mapping[str, bytes] = MappingProxyType({}),
) -> Report:
    """Measure the checkpoint in `folder` on a split of the data in its recipe, and put card and figures into it.

    Replies that a person graded (the file of `nlg.grading`, in the folder or in `more`) are told too. The version
    changes with the card. Raises `CheckpointError`, `RecipeError` or `DataError`.
    """
    made = checkpoint.load(folder)
    told = recipe.load(folder / RECIPE)
    asked = asking.load(data, told.text.sources, split)
    measured = measure(made, asked, begin)
    files = {**manifest.read(folder)[0], **more}
    card = render(made, told, asked, measured, grading.read(files.get(grading.FILE, b"")))
    checkpoint.write(folder, {**files, CARD: card.encode(), FIGURES: measured.report.to_json().encode()})
    return measured.report


def render(made: Checkpoint, told: Recipe, asked: Asked, measured: Measured, graded: Sequence[Graded] = ()) -> str:
    """The card as Markdown, with a front matter that model hubs read."""
    report = measured.report
    languages = sorted({asking.language(example) for example in asked.examples})
    drawn = samples.draw(asked, [measured], SAMPLES * len(languages), SEED)
    parts = [
        _front(told, languages),
        f"# {made.name}\n\nA {report.parameters / 1e6:.1f} M parameter `{made.family}` model that writes replies in "
        f"dialogues ({', '.join(languages)}), with {made.tokenizer.size} tokens and {made.context} tokens of context.",
        f"## Data\n\n{told.about.data or 'Not said.'}",
        f"## Licence\n\nOf data and weights: {told.about.licence or 'not said'}.",
        f"## Figures\n\n{sentences.asked(report)} {_HOW}\n\n{markdown.summary(report)}",
        f"## Training\n\nThe recipe is in `{RECIPE}`.\n\n![loss and accuracy]({PICTURE})",
        "## What it cannot do\n\n" + "\n".join(f"- {limit}" for limit in told.about.cannot or ["Not said."]),
        *(grading.section(graded) if graded else ()),
        f"## Samples\n\nDrawn by chance from `{report.data}` (seed {SEED}), none left out. Replies are "
        f"{sentences.chosen(report.decoding)}.",
        *_samples(drawn),
    ]
    return "\n\n".join(parts) + "\n"


_HOW = (
    f"{sentences.TURNS} Perplexity and accuracy are of the replies of people. *On topic* is the share of replies whose "
    "nearest known reply was given to the same topic. BLEU, chrF, ROUGE and word F1 compare with the replies that "
    f"people gave, few of many good ones, so they are low by nature. {sentences.WORDS} Signatures are in `{FIGURES}`."
)


def _front(told: Recipe, languages: Sequence[str]) -> str:
    lines = [f"license: {told.about.licence.lower()}"] if told.about.licence else []
    lines += ["language:", *(f"- {language}" for language in languages), "pipeline_tag: text-generation"]
    return "\n".join(["---", *lines, "---"])


def _samples(drawn: Sequence[Sample]) -> Iterator[str]:
    for language in sorted({sample.language for sample in drawn}):
        own = [markdown.sample(one, ["Model"], references=False) for one in drawn if one.language == language]
        yield f"### {language}\n\n" + "\n\n".join(f"{at}. {text}" for at, text in enumerate(own, start=1))
