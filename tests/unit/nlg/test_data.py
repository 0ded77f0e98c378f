from __future__ import annotations

import json
import lzma
import random
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nlg.contract import Line, Role
from nlg.data import batches, corpus, reading
from nlg.data.dialogues import Dialogue
from nlg.data.digressing import Digressing
from nlg.data.examples import Example, examples, questions
from nlg.data.splitting import Splitting
from nlg.errors import DataError
from nlg.interfaces import IGNORED
from nlg.tokenizer import ASSISTANT, BOS, EOS, PAD, ReplyTokenizer

SPLIT = ReplyTokenizer.train(["where is my parcel", "包裹在哪里"] * 3, 400, topics=["a/b"])
GOOD = {"id": "1", "lang": "en", "domain": "a/b", "turns": [{"role": "user", "text": "hi"}]}


def write(path: Path, *lines: object) -> Path:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    path.write_bytes(lzma.compress(text.encode()) if path.suffix == ".xz" else text.encode())
    return path


def said(*texts: str) -> tuple[Line, ...]:
    return tuple(Line((Role.USER, Role.ASSISTANT)[at % 2], text) for at, text in enumerate(texts))


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.xz"])
def test_dialogues_are_read_packed_or_not(tmp_path: Path, name: str) -> None:
    found = list(reading.read(write(tmp_path / name, GOOD, "", GOOD)))
    assert found == [Dialogue("1", "en", "a/b", said("hi"))] * 2


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "Expecting"),
        ("[]", "list indices|not a JSON object"),
        ('"text"', "string indices|not a JSON object"),
        ({"id": "2"}, "no 'turns'"),
        ({"turns": [{"role": "user", "text": "x"}]}, "no 'id'"),
        ({**GOOD, "turns": []}, "without turns"),
        ({**GOOD, "turns": [{"role": "bot", "text": "x"}]}, "'bot' is not a valid Role"),
        ({**GOOD, "turns": [{"role": "user"}]}, "no 'text'"),
        ({**GOOD, "turns": [{"role": "user", "text": 3}]}, "int, not a string"),
        ({**GOOD, "turns": ["x"]}, "."),
        ({**GOOD, "turns": 7}, "."),
    ],
)
def test_a_wrong_line_is_named_with_its_file(tmp_path: Path, line: object, reason: str) -> None:
    path = write(tmp_path / "bad.jsonl", GOOD, GOOD, line)
    with pytest.raises(DataError, match=rf"bad\.jsonl, line 3: .*({reason})"):
        list(reading.read(path))


def test_a_file_that_was_cut_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "cut.jsonl.xz", *[GOOD] * 500)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"cut\.jsonl\.xz.* Copy the file again"):
        list(reading.read(path))


def test_bytes_that_are_no_text_say_where(tmp_path: Path) -> None:
    (tmp_path / "bytes.jsonl").write_bytes(json.dumps(GOOD).encode() + b"\n\xff\xfe\n")
    with pytest.raises(DataError, match=r"bytes\.jsonl, line"):
        list(reading.read(tmp_path / "bytes.jsonl"))


def test_a_missing_source_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"shop\.dev\.jsonl nor shop\.dev\.jsonl\.xz.*--data"):
        corpus.load(tmp_path, ["shop"], "dev")


def test_every_turn_of_the_assistant_is_an_example() -> None:
    found = examples([Dialogue("1", "en", "d", said("a", "b", "c", "d", "e"))])
    assert [(example.lines, example.replies) for example in found] == [
        (said("a"), ("b",)),
        (said("a", "b", "c"), ("d",)),
    ]


def test_an_opening_of_the_assistant_has_nothing_to_answer() -> None:
    opening = Dialogue("1", "en", "d", (Line(Role.ASSISTANT, "Hello!"), Line(Role.USER, "hi")))
    assert examples([opening]) == []


def test_replies_to_the_same_context_are_one_example_without_repeats() -> None:
    told = [Dialogue("1", "en", "d", said("a", reply)) for reply in ("x", "y", "x")]
    (example,) = examples([*told, Dialogue("2", "zh", "d", said("b", "x"))])[:1]
    assert example.replies == ("x", "y")


def test_the_same_words_in_another_language_stay_apart() -> None:
    found = examples([Dialogue("1", "en", "d", said("ok", "Fine.")), Dialogue("2", "zh", "d", said("ok", "好的。"))])
    assert [example.language for example in found] == ["en", "zh"]


@pytest.fixture
def encoded(tokenizer: ReplyTokenizer) -> list[batches.Encoded]:
    told = [Dialogue(str(at), "en", "d", said("WHERE " * (1 + at % 5), reply)) for at in range(30) for reply in "xyz"]
    return batches.encode(examples(told), tokenizer, 32)


def test_an_epoch_is_the_same_for_the_same_seed_and_number(encoded: list[batches.Encoded]) -> None:
    first, again, other = (batches.epoch(encoded, 2, 1, number) for number in (0, 0, 1))
    assert all(torch.equal(a.contexts, b.contexts) for a, b in zip(first, again, strict=True))
    assert any(a.inputs.tolist() != b.inputs.tolist() for a, b in zip(first, other, strict=True))


def test_replies_take_turns_from_epoch_to_epoch(encoded: list[batches.Encoded]) -> None:
    (example,) = encoded[:1]
    heard = {tuple(batches.epoch([example], 1, 1, number)[0].inputs[0].tolist()[1:]) for number in range(3)}
    assert heard == {tuple(reply) for reply in example.replies}


def test_a_context_is_read_with_and_without_its_language_and_in_small_letters(encoded: list[batches.Encoded]) -> None:
    assert len(encoded[0].contexts) == 4


def test_batches_are_padded_and_shifted_by_one() -> None:
    batch = batches.collate([([5, 6], [20, 21, EOS]), ([5], [30, EOS])])
    assert batch.contexts.tolist() == [[5, 6], [5, PAD]]
    assert batch.lengths.tolist() == [2, 1]
    assert batch.inputs.tolist() == [[BOS, 20, 21], [BOS, 30, PAD]]
    assert batch.targets.tolist() == [[20, 21, EOS], [30, EOS, IGNORED]]


def test_a_reply_opens_with_its_topic_where_the_tokenizer_knows_it() -> None:
    told = ReplyTokenizer.train(["hello"], 320, topics=["a/b"])
    one, other = examples(
        [Dialogue("1", "en", "a/b", said("q", "hello")), Dialogue("2", "en", "x", said("r", "hello"))]
    )
    (known,), (unknown,) = (batches.encode([e], told, 16)[0].replies for e in (one, other))
    assert known == [*told.topic("a/b"), *unknown]


def test_a_question_without_a_reply_teaches_its_topic(tokenizer: ReplyTokenizer) -> None:
    told = ReplyTokenizer.train(["hello"], 320, topics=["a/b"])
    asked = questions([Dialogue("1", "en", "a/b", said("where is it")), Dialogue("2", "en", "a/b", said("q", "hello"))])
    (batch,) = batches.epoch(batches.encode(asked, told, 16), 4, 1, 0)
    assert (batch.inputs.tolist(), batch.targets.tolist()) == ([[BOS]], [told.topic("a/b")])


def test_a_question_whose_topic_no_token_stands_for_is_left_out(tokenizer: ReplyTokenizer) -> None:
    assert batches.encode(questions([Dialogue("1", "en", "a/b", said("where is it"))]), tokenizer, 16) == []


def test_a_reply_that_fits_many_questions_is_read_only_so_often() -> None:
    told = ReplyTokenizer.train(["hello"], 320, topics=["a/b"])
    many = [Dialogue(str(at), "en", "a/b", said(f"q{at}", "hello")) for at in range(400)]
    rare = Dialogue("r", "en", "a/b", said("r", "good bye"))
    encoded = batches.sparing(batches.encode(examples([*many, rare]), told, 16), 40)
    written = [row for batch in batches.epoch(encoded, 8, 1, 0) for row in batch.targets.tolist()]
    whole = [row for row in written if row[1:] and row[1] != IGNORED]
    assert len(written) == 401
    assert 20 < len(whole) < 60
    assert encoded[-1].worded == 1.0


words = st.lists(st.sampled_from(["where", "is", "my", "parcel", "包裹", "在哪里"]), min_size=1, max_size=9).map(
    " ".join
)


@given(text=words, share=st.floats(0, 1), seed=st.integers(0, 99))
def test_split_tokens_say_the_same(text: str, share: float, seed: int) -> None:
    split = Splitting(SPLIT.parts(), share, 500)(tokens := SPLIT.encode(text), random.Random(seed))
    assert SPLIT.decode(split) == text
    assert len(split) >= len(tokens)


def test_splitting_everything_leaves_bytes() -> None:
    tokens = SPLIT.encode("where 在哪里")
    assert len(Splitting(SPLIT.parts(), 1.0, 500)(tokens, random.Random(0))) == len("where 在哪里".encode())


def test_a_context_that_would_grow_too_long_stays_whole() -> None:
    tokens = SPLIT.encode("where is my parcel")
    assert Splitting(SPLIT.parts(), 1.0, len(tokens))(tokens, random.Random(0)) == tokens


def test_control_tokens_are_never_split() -> None:
    controls = list(range(SPLIT.silent))
    assert Splitting(SPLIT.parts(), 1.0, 999)(controls, random.Random(0)) == controls


def test_a_corpus_that_ships_with_the_package_is_found_behind_the_owners(tmp_path: Path) -> None:
    shipped = corpus.questions(tmp_path, ["palaver_lines"], "train")
    write(tmp_path / "palaver_lines.train.jsonl", {**GOOD, "domain": "a", "turns": [{"role": "user", "text": "hi"}]})
    own = corpus.questions(tmp_path, ["palaver_lines"], "train")
    assert len(shipped) > 10_000 > len(own) == 1


def test_measuring_sees_every_reply_once(encoded: list[batches.Encoded]) -> None:
    rows = sum(len(batch.contexts) for batch in batches.plain(encoded, 4))
    assert rows == sum(len(example.replies) for example in encoded)


def test_a_digression_stands_before_the_context_and_leaves_its_mark_first(tokenizer: ReplyTokenizer) -> None:
    lines = (Line(Role.USER, "where is my parcel"),)
    told = batches.encode([Example(lines, "en", "a", ("look",))], tokenizer, 64)
    reread = Digressing(told, 1.0, 64)
    plain = tokenizer.context((Line(Role.USER, "can i send it back"),), "", 64)
    marked = tokenizer.context((Line(Role.USER, "可以退货吗"),), "zh", 64)
    before = [*tokenizer.context(lines, "", 64), ASSISTANT, *tokenizer.encode("look")]
    assert reread(plain, random.Random(1)) == [*before, *plain]
    assert reread(marked, random.Random(1)) == [marked[0], *before, *marked[1:]]


@given(share=st.floats(0, 1), limit=st.integers(1, 40), seed=st.integers(0, 99))
def test_a_digression_never_makes_a_context_too_long(
    share: float, limit: int, seed: int, tokenizer: ReplyTokenizer
) -> None:
    lines = (Line(Role.USER, "where is my parcel"),)
    told = batches.encode([Example(lines, "en", "a", ("look",))], tokenizer, 64)
    context = tokenizer.context(lines, "en", limit)
    found = Digressing(told, share, limit)(context, random.Random(seed))
    assert found == context or (len(found) <= limit and found[-len(context) + 1 :] == context[1:])
