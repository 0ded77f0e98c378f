"""Writes the model card: what the model learnt from, how it measures, what it says unpicked, and what it cannot do."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from nlg import checkpoint, evaluate, manifest
from nlg.checkpoint import Checkpoint
from nlg.contract import Role
from nlg.data import corpus
from nlg.data.examples import Example
from nlg.evaluate import Report
from nlg.training import recipe
from nlg.training.recipe import Recipe
from nlg.training.run import PICTURE, RECIPE

CARD, FIGURES = "README.md", "evaluation.json"
SAMPLES = 20
SEED = 20
_SPEAKERS = {Role.USER: "Customer", Role.ASSISTANT: "Assistant"}


def write(folder: Path, data: Path, split: str = "dev") -> Report:
    """Measure the checkpoint in `folder` on a split of the data in its recipe, and put card and figures into it.

    The version changes with the card. Raises `CheckpointError`, `RecipeError` or `DataError`.
    """
    made = checkpoint.load(folder)
    told = recipe.load(folder / RECIPE)
    asked, known = (corpus.load(data, told.text.sources, name) for name in (split, "train"))
    report = evaluate.evaluate(made, asked, known, ", ".join(f"{source}.{split}" for source in told.text.sources))
    files, _ = manifest.read(folder)
    card = render(made, told, report, asked)
    checkpoint.write(folder, {**files, CARD: card.encode(), FIGURES: report.to_json().encode()})
    return report


def render(made: Checkpoint, told: Recipe, report: Report, asked: Sequence[Example]) -> str:
    """The card as Markdown, with a front matter that model hubs read."""
    languages = sorted({example.language for example in asked})
    parts = [
        _front(told, languages),
        f"# {made.name}\n\nA {report.parameters / 1e6:.1f} M parameter `{made.family}` model that writes replies in "
        f"dialogues ({', '.join(languages)}), with {made.tokenizer.size} tokens and {made.context} tokens of context.",
        f"## Data\n\n{told.about.data or 'Not said.'}",
        f"## Licence\n\nOf data and weights: {told.about.licence or 'not said'}.",
        f"## Figures\n\nOn `{report.data}`, replies chosen greedily. {_HOW}\n\n{report.to_markdown()}",
        f"## Training\n\nThe recipe is in `{RECIPE}`.\n\n![loss and accuracy]({PICTURE})",
        "## What it cannot do\n\n" + "\n".join(f"- {limit}" for limit in told.about.cannot or ["Not said."]),
        f"## Samples\n\nDrawn by chance from `{report.data}` (seed {SEED}), none left out. Greedy.",
        *(_samples(made, asked, language) for language in languages),
    ]
    return "\n\n".join(parts) + "\n"


_HOW = (
    "*First* turns open a dialogue, *later* ones answer in the middle of one. Perplexity and accuracy are of the "
    "replies of people. *On topic* is the share of replies whose nearest known reply was given to the same topic. "
    "BLEU and chrF compare with one reply of many good ones, so they are low by nature; signatures are in "
    f"`{FIGURES}`."
)


def _front(told: Recipe, languages: Sequence[str]) -> str:
    lines = [f"license: {told.about.licence.lower()}"] if told.about.licence else []
    lines += ["language:", *(f"- {language}" for language in languages), "pipeline_tag: text-generation"]
    return "\n".join(["---", *lines, "---"])


def _samples(made: Checkpoint, asked: Sequence[Example], language: str) -> str:
    own = [example for example in asked if example.language == language]
    drawn = random.Random(SEED).sample(own, min(SAMPLES, len(own)))
    shown = [_sample(example, said) for example, said in zip(drawn, evaluate.answers(made, drawn), strict=True)]
    return f"### {language}\n\n" + "\n\n".join(f"{at}. {text}" for at, text in enumerate(shown, start=1))


def _sample(example: Example, said: str) -> str:
    before = [f"{_SPEAKERS[line.role]}: {_plain(line.text)}" for line in example.lines]
    return "  \n   ".join([*before, f"**Model: {_plain(said)}**"])


def _plain(text: str) -> str:
    """Text that Markdown leaves alone, on one line."""
    text = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in r"\`*_[]<>#|" else sign for sign in text)
