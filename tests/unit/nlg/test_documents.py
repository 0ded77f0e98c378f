from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nlg import plugins
from nlg.checkpoint import Checkpoint
from nlg.contract import Decoding
from nlg.documents.checking import appears
from nlg.documents.document import By, Document
from nlg.documents.template import Field, Part, Template
from nlg.documents.writing import TRIES, Writer
from nlg.interfaces import State
from nlg.tokenizer import EOS, ReplyTokenizer

FIELDS = {
    "customer": Field("name", "who it is to"),
    "days": Field("number", "days since it was sent"),
    "mood": Field("text", "how they feel", "calm"),
}
GIVEN = {"customer": "Ana", "days": "6", "mood": "calm"}


class Reciter(nn.Module):
    """Says one of several texts, whatever it is asked; which one, the chance of its first token decides."""

    def __init__(self, texts: list[list[int]], size: int) -> None:
        super().__init__()
        self.texts, self.size = texts, size

    def start(self, contexts: Tensor, lengths: Tensor) -> State:
        return {"at": torch.zeros(len(contexts), 1, dtype=torch.long), "which": torch.zeros(len(contexts), 1).long()}

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        odds = torch.full((len(tokens), self.size), -99.0)
        which = state["which"].clone()
        for row, (token, at) in enumerate(zip(tokens.tolist(), state["at"].squeeze(1).tolist(), strict=True)):
            if at == 0:
                for number, text in enumerate(self.texts):
                    odds[row, text[0]] = 1.0 - 0.1 * number
                continue
            if at == 1:
                which[row] = next(number for number, text in enumerate(self.texts) if text[0] == token)
            odds[row, self.texts[int(which[row])][at]] = 9.0
        return odds, {"at": state["at"] + 1, "which": which}

    def select(self, state: State, rows: Tensor) -> State:
        return {name: tensor[rows] for name, tensor in state.items()}


@pytest.fixture
def saying(tokenizer: ReplyTokenizer) -> Callable[..., Checkpoint]:
    """A checkpoint that says the first text by itself, and the others by chance."""

    def make(*texts: str) -> Checkpoint:
        model = Reciter([[*tokenizer.encode(text), EOS] for text in texts], tokenizer.size)
        return Checkpoint("reciter", "none", model, tokenizer, 64, version="0")

    return make


def template(*parts: Part, language: str = "en") -> Template:
    return Template(language, FIELDS, parts)


ASKING = Part(ask="It was sent {days} days ago. What now?", instead="After {days} days we ask the carrier.")


def written(checkpoint: Checkpoint, part: Part = ASKING, **more: Any) -> Any:
    return Writer(checkpoint, **more).write(template(part), GIVEN).paragraphs[0]


def test_fixed_sentences_are_filled_in(saying: Callable[..., Checkpoint]) -> None:
    parts = (Part(text="Dear {customer},"), Part(text="\nit was {days} days.\n"))
    made = Writer(saying("x")).write(template(*parts), GIVEN)
    assert made.text == "Dear Ana,\n\nit was 6 days.\n"
    assert list(made.notes()) == []


def test_what_a_model_writes_stands_if_the_given_number_is_in_it(saying: Callable[..., Checkpoint]) -> None:
    paragraph = written(saying("We look into the 6 days."), tries=1)
    assert (paragraph.text, paragraph.by, paragraph.refused) == ("We look into the 6 days.", By.MODEL, ())
    assert paragraph.asked == "It was sent 6 days ago. What now?"


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("We look into it.", "'6' (days) is not in it"),
        ("We look into the 16 days.", "'6' (days) is not in it"),
        ("It was 6 days, and takes 3 more.", "nobody gave it the number 3"),
        ("After 6 days see {{website}}.", "it speaks of {{website}}, for which there is no field"),
        (" ", "it is empty"),
    ],
)
def test_else_the_template_speaks_and_says_why(saying: Callable[..., Checkpoint], said: str, wrong: str) -> None:
    paragraph = written(saying(said), tries=1)
    assert (paragraph.text, paragraph.by) == ("After 6 days we ask the carrier.", By.INSTEAD)
    assert paragraph.refused == (wrong,)


def test_a_text_that_was_cut_off_is_no_good(saying: Callable[..., Checkpoint]) -> None:
    short = replace(saying("6 days it was, and then"), decoding=Decoding(max_tokens=3))
    assert written(short, tries=1).refused == ("it has no end",)


def test_of_several_good_texts_the_likeliest_is_taken(saying: Callable[..., Checkpoint]) -> None:
    paragraph = written(saying("a 6.", "b 6.", "c 6."), tries=32)  # as long as each other, and ever less likely
    assert (paragraph.text, paragraph.refused) == ("a 6.", ())


def test_if_the_likeliest_text_is_no_good_another_is_taken(saying: Callable[..., Checkpoint]) -> None:
    made = saying("Nothing to say.", "6 days are long.")
    paragraph = written(made, tries=32)
    assert paragraph.text == "6 days are long."
    assert set(paragraph.refused) == {"'6' (days) is not in it"}
    assert paragraph == written(made, tries=32)
    assert written(made, tries=1).by is By.INSTEAD


def test_a_placeholder_is_read_by_the_model_and_filled_in_afterwards(saying: Callable[..., Checkpoint]) -> None:
    fields = {"return_days": Field("number")}
    part = Part(ask="Can I return it within {{return_days}} days?", instead="Yes.")
    made = saying("Yes, within {{return_days}} days.")
    paragraph = Writer(made).write(Template("en", fields, (part,)), {"return_days": "30"}).paragraphs[0]
    assert paragraph.asked == "Can I return it within {{return_days}} days?"
    assert (paragraph.text, paragraph.by) == ("Yes, within 30 days.", By.MODEL)


def test_an_optional_field_may_be_left_out(saying: Callable[..., Checkpoint]) -> None:
    assert written(saying("We look."), replace(ASKING, optional=["days"])).by is By.MODEL


def test_plain_text_need_not_be_repeated(saying: Callable[..., Checkpoint]) -> None:
    assert written(saying("We look."), Part(ask="They are {mood}.", instead="Sorry.")).by is By.MODEL


def test_a_question_longer_than_the_model_reads_is_not_asked_in_part(saying: Callable[..., Checkpoint]) -> None:
    paragraph = written(replace(saying("6"), context=8))
    assert paragraph.by is By.INSTEAD
    assert "longer than the 8 tokens" in paragraph.refused[0]


def test_a_question_that_just_fits_is_asked(saying: Callable[..., Checkpoint]) -> None:
    made = saying("6 days.")
    room = len(made.tokenizer.encode("It was sent 6 days ago. What now?")) + 2  # who speaks, and the language
    assert written(replace(made, context=room)).by is By.MODEL
    assert written(replace(made, context=room - 1)).by is By.INSTEAD


def test_notes_say_whose_words_stand_there(saying: Callable[..., Checkpoint]) -> None:
    parts = (Part(text="Dear {customer},"), ASKING, Part(ask="They are {mood}.", instead="Sorry."))
    made = Writer(saying("We look.")).write(template(*parts), GIVEN)
    assert list(made.notes()) == [
        "Paragraph 2 is the template's own. What the model wrote was refused: '6' (days) is not in it.",
        "reciter@0 wrote 1 of the 2 paragraphs asked for. Read them before you send it.",
    ]


@pytest.mark.parametrize("name", plugins.families())
def test_any_family_can_write_and_what_was_given_is_always_in_it(name: str, tokenizer: ReplyTokenizer) -> None:
    if name == "pretrained":
        pytest.importorskip("transformers", reason="pip install 'palaver[hub]'")
    torch.manual_seed(2)
    family = plugins.family(name)
    sizes = {**family.variants[-1], **({"positions": 64} if "positions" in family.variants[-1] else {})}
    model = family.build(family.config(vocab_size=tokenizer.size, **sizes)).eval()
    made = Checkpoint(name, name, model, tokenizer, 20, Decoding(max_tokens=8), version="0")
    paragraph = written(made, replace(ASKING, ask="{days} days?"))
    assert appears("6", paragraph.text)
    assert len(paragraph.refused) in (range(TRIES) if paragraph.by is By.MODEL else [TRIES])


def test_a_document_knows_its_words() -> None:
    assert json.loads(Document("m@1", ()).to_json()) == {
        "schema": "palaver.document/1", "model": "m@1", "paragraphs": [], "text": "\n",
    }  # fmt: skip
