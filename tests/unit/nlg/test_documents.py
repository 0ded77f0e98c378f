from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from typer.testing import CliRunner

from nlg import checkpoint, plugins
from nlg.checkpoint import Checkpoint
from nlg.cli import register
from nlg.contract import Decoding
from nlg.documents.checking import appears, numbers, trouble
from nlg.documents.document import By, Document
from nlg.documents.filling import fill, fill_later, values
from nlg.documents.template import Field, Part, Template, load
from nlg.documents.writing import TRIES, Writer
from nlg.errors import RecipeError
from nlg.interfaces import State
from nlg.tokenizer import EOS, ReplyTokenizer

EXAMPLES = Path(__file__).parents[3] / "docs" / "templates"
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


# --- checks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text", "found"),
    [
        ("6", "It took 6 days.", True),
        ("6", "It took 6.", True),
        ("6", "共6天", True),
        ("6", "It took 16 days.", False),
        ("6", "It took 6.5 days.", False),
        ("6", "on 5/6", False),
        ("6", "v6", False),
        ("Ana", "Dear Ana, hello", True),
        ("Ana", "Banana Anatol", False),
        ("Ana", "Anaïs", False),
        ("林安娜", "尊敬的林安娜女士", True),
        ("Ana Lin", "Ana  Lin", False),
        ("12.50 EUR", "It is 12.50 EUR.", True),
        ("(x)*", "a (x)* b", True),
        ("A-4711", "order A-4711", True),
        ("A-4711", "order AA-4711", False),
        ("A-4711", "order A-47112", False),
    ],
)
def test_a_value_is_found_as_a_whole_and_sign_by_sign(value: str, text: str, found: bool) -> None:
    assert appears(value, text) is found


PLAIN = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=8)


@settings(deadline=None)
@given(PLAIN.map(str.strip).filter(bool), PLAIN, PLAIN)
def test_a_value_between_blanks_is_always_found(value: str, before: str, after: str) -> None:
    assert appears(value, f"{before} {value} {after}")


@settings(deadline=None)
@given(st.integers(0, 9999), st.integers(0, 9999))
def test_a_number_is_found_in_another_only_if_they_are_the_same(value: int, other: int) -> None:
    assert appears(str(value), f"about {other} days") is (value == other)
    wrong = trouble(f"about {other} days", {"days": str(value)}, [], f"{value}?")
    assert bool(wrong) is (value != other)


def test_numbers_are_read_whole() -> None:
    assert numbers("12.50 on 3/4, 10:30, 1,000; a1 ３天.") == ["12.50", "3/4", "10:30", "1,000", "1", "３"]


# --- filling --------------------------------------------------------------------------------------------------------


def test_what_a_value_holds_is_never_read_as_a_place() -> None:
    assert fill("{a} {b} {{b}}", {"a": "{b}", "b": "1"}) == "{b} 1 {{b}}"
    assert fill_later("{{a}} {{c}}", {"a": "{{b}}", "b": "1"}) == "{{b}} {{c}}"


def test_defaults_hold_where_nothing_is_given() -> None:
    assert values(FIELDS, {"customer": " Ana ", "days": 6}) == GIVEN


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, r"customer \(who it is to\), days \(days since it was sent\)"),
        ({**GIVEN, "customer": " "}, r"not given are: customer"),
        ({**GIVEN, "size": "1"}, "there is no field 'size'"),
        ({**GIVEN, "days": "some"}, "is a number, and 'some' has no digit"),
        ({**GIVEN, "days": True}, "should be a text or a number"),
        ({**GIVEN, "mood": ["a"]}, "should be a text or a number"),
        ({**GIVEN, "mood": "a\x1b[2J"}, "holds a control sign"),
    ],
)
def test_values_that_do_not_fit_are_refused(told: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        values(FIELDS, told)


# --- templates ------------------------------------------------------------------------------------------------------


def parts(*lines: str) -> str:
    return "[fields.a]\n[fields.b]\nkind = 'number'\n[[parts]]\n" + "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("= nothing", "cannot be read as TOML"),
        ("[fields.a]\n", "at least one"),
        ("parts = 1", "at least one"),
        ("parts = ['a']", "'a' should be a table"),
        ("fields = {a = 1}\n[[parts]]\ntext = 'a'", "1 should be a table"),
        ("size = 1\n[[parts]]\ntext = 'a'", "unknown setting 'size'"),
        ("[fields.A1]\n[[parts]]\ntext = 'a'", "'A1' is no name"),
        ("[fields.a]\nkind = 'date'\n[[parts]]\ntext = 'a'", "'date' is none of name, number, text"),
        (parts("text = 'Dear {who}'"), r"part 1 names {who}, and there is no \[fields.who\]"),
        (parts("text = '{{a}}'"), "only an ask may. Write {a}"),
        (parts("ask = 'x'", "instead = '{{a}}'"), "only an ask may"),
        (parts("text = 'x'", "ask = 'y'", "instead = 'z'"), "either a text or an ask"),
        (parts(""), "either a text or an ask"),
        (parts("ask = 'x'"), "needs an instead"),
        (parts("text = 'x'", "instead = 'y'"), "needs an instead"),
        (parts("ask = 'x'", "instead = 'y'", "optional = ['b']"), "calls 'b' optional"),
        (parts("told = 'x'"), "parts.1: unknown setting 'told'"),
        (parts("text = 3"), "parts.1.text: 3 should be of type str"),
    ],
)
def test_a_template_that_makes_no_sense_is_refused_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "letter.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=said):
        load(path)


def test_a_template_may_be_json(tmp_path: Path) -> None:
    path = tmp_path / "letter.json"
    path.write_text(json.dumps({"fields": {"days": {"kind": "number"}}, "parts": [{"text": "{days}"}]}))
    assert load(path) == Template("", {"days": Field("number")}, (Part(text="{days}"),))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"none\.toml cannot be read"):
        load(tmp_path / "none.toml")


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def run(tiny: Checkpoint, tmp_path: Path) -> Callable[..., Any]:
    checkpoint.save(tiny, tmp_path / "model")
    app = typer.Typer()
    register(app)
    model = ["--model", str(tmp_path / "model")]
    return lambda *told: CliRunner().invoke(app, ["document", *map(str, told), *model])


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.iterdir()))
def test_the_examples_can_be_written(run: Callable[..., Any], tmp_path: Path, name: str) -> None:
    given = ["--set", "customer=Ana Lin", "--set", "order=A-4711", "--set", "days=6"]
    done = run(EXAMPLES / name, *given)
    assert done.exit_code == 0, done.output
    assert "Ana Lin" in done.stdout
    assert done.stdout.count("\n\n") == len(load(EXAMPLES / name).parts) - 1
    assert "tiny@" in done.stderr


def test_values_come_from_a_file_and_from_the_line_which_wins(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "ana.json").write_text('{"customer": "Ana", "order": 7, "days": 6}')
    out = tmp_path / "letter.json"
    more = ["--set", "days=8", "--out", out, "--json", "--tries", 2]
    done = run(EXAMPLES / "late-parcel.toml", "--fields", tmp_path / "ana.json", *more)
    assert (done.exit_code, done.stdout) == (0, "")
    told = json.loads(out.read_text("utf-8"))
    assert told["schema"] == "palaver.document/1"
    assert told["paragraphs"][1]["text"] == "you wrote to us about your order 7, which was sent 8 days ago."
    assert max(len(paragraph["refused"]) for paragraph in told["paragraphs"]) <= 2


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--set", "customer"], "should be NAME=VALUE"),
        (["--set", "customer=Ana"], "not given are: order"),
        (["--set", "customer=A", "--set", "order=1", "--set", "days=1", "--out", "/"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_one_line(run: Callable[..., Any], more: list[str], said: str) -> None:
    done = run(EXAMPLES / "late-parcel.toml", *more)
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert said in done.stderr


def test_help_shows_examples(run: Callable[..., Any]) -> None:
    assert "palaver document docs/templates/late-parcel.toml" in " ".join(run("--help").stdout.split())


def test_a_document_knows_its_words() -> None:
    assert json.loads(Document("m@1", ()).to_json()) == {
        "schema": "palaver.document/1", "model": "m@1", "paragraphs": [], "text": "\n",
    }  # fmt: skip
