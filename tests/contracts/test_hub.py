"""What `transformers` sees of each family: the same text as our own decoding, whatever way it generates."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import torch

from nlg import checkpoint, default_model, plugins
from nlg.checkpoint import Checkpoint
from nlg.contract import Decoding, Line, Role
from nlg.engine import Engine
from nlg.errors import CheckpointError
from nlg.running import write
from nlg.testing import prompt_of
from nlg.tokenizer import BOS, EOS, ReplyTokenizer

transformers = pytest.importorskip("transformers")
hub = pytest.importorskip("nlg.hub")

CHATS = [
    [{"role": "user", "content": "Where is my order?"}],
    [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}, {"role": "user", "content": "你好"}],
]
ONE = CHATS[0]


@pytest.fixture(scope="module")
def tokenizer() -> ReplyTokenizer:
    torch.set_num_threads(1)
    return ReplyTokenizer.train(["where is my order hello 你好 shop " * 3], 330)


@pytest.fixture(scope="module", params=plugins.families())
def made(request: pytest.FixtureRequest, tokenizer: ReplyTokenizer) -> Checkpoint:
    torch.manual_seed(5)
    family = plugins.family(request.param)
    settings = {**family.variants[0], **({"positions": 128} if "positions" in family.variants[0] else {})}
    model = family.build(family.config(vocab_size=tokenizer.size, **settings)).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(1.5)  # sharper odds than those of a fresh model, so that replies differ
    return Checkpoint("tiny", request.param, model, tokenizer, 48, Decoding(max_tokens=12))


@pytest.fixture(scope="module")
def folder(made: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hub") / "model"
    checkpoint.save(made, path)
    return path


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    return transformers.AutoModelForSeq2SeqLM.from_pretrained(folder)


@pytest.fixture(scope="module")
def causal(folder: Path) -> Any:
    return transformers.AutoModelForCausalLM.from_pretrained(folder)


@pytest.fixture(scope="module")
def theirs(folder: Path) -> Any:
    return transformers.AutoTokenizer.from_pretrained(folder)


def ours(made: Checkpoint, chats: list[Any]) -> list[list[int]]:
    lines = [[Line(Role(told["role"]), told["content"]) for told in chat] for chat in chats]
    contexts = [made.tokenizer.context(chat, "", made.context) for chat in lines]
    return [row.tokens for row in write(made.writer, contexts, [made.decoding] * len(contexts))]


def spoken(sequences: torch.Tensor, begin: int) -> list[list[int]]:
    rows = [[token for token in row if token != 0] for row in sequences[:, begin:].tolist()]
    return [row[: row.index(EOS)] if EOS in row else row for row in rows]


def test_generate_writes_what_our_own_decoding_writes(made: Checkpoint, model: Any, theirs: Any) -> None:
    inputs = theirs.apply_chat_template(CHATS, return_tensors="pt")
    expected = ours(made, CHATS)
    assert spoken(model.generate(**inputs), 1) == expected
    assert spoken(model.generate(**inputs, use_cache=False), 1) == expected
    assert expected[0] != expected[1]


def test_one_text_that_is_continued_gives_the_same(made: Checkpoint, causal: Any, theirs: Any) -> None:
    inputs = theirs.apply_chat_template(CHATS, add_generation_prompt=True, return_tensors="pt")
    begin = inputs["input_ids"].shape[1]
    assert spoken(causal.generate(**inputs), begin) == ours(made, CHATS)
    assert spoken(causal.generate(**inputs, use_cache=False), begin) == ours(made, CHATS)


def test_the_text_is_that_of_the_engine(made: Checkpoint, folder: Path, theirs: Any, model: Any) -> None:
    engine = Engine(folder)
    try:
        draft = engine.submit(prompt_of(ONE[0]["content"], tokens=12), lambda _: None).result(30)
    finally:
        engine.close()
    tokens = model.generate(**theirs.apply_chat_template(ONE, return_tensors="pt"))[0]
    assert theirs.decode(tokens, skip_special_tokens=True).replace("\ufffd", "").strip() == draft.text


def test_the_model_that_comes_along_says_through_transformers_what_it_says_in_service() -> None:
    made = checkpoint.load(default_model())  # whose weights are int8
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(default_model())
    for question in ("Where is my order?", "how fast do you ship", "我想查一下订单", "字太小，老花眼看不清"):
        context = made.tokenizer.context([Line(Role.USER, question)], "", made.context)
        own = write(made.writer, [context], [made.decoding], made.tokenizer.silent)[0]
        assert spoken(model.generate(torch.tensor([context])), 1) == [own.tokens]
    assert model.get_input_embeddings().num_embeddings == made.tokenizer.size


@pytest.mark.parametrize("beams", [2, 3, 5])
def test_beams_are_the_same_with_and_without_a_cache(model: Any, causal: Any, theirs: Any, beams: int) -> None:
    options = {"num_beams": beams, "num_return_sequences": 2, "max_new_tokens": 8}
    inputs = theirs.apply_chat_template(CHATS, return_tensors="pt")
    cached, plain = (model.generate(**inputs, **options, use_cache=use) for use in (True, False))
    assert torch.equal(cached, plain)
    begun = theirs.apply_chat_template(CHATS, add_generation_prompt=True, return_tensors="pt")
    continued = causal.generate(**begun, **options)
    assert spoken(continued, begun["input_ids"].shape[1]) == spoken(cached, 1)


def test_chance_is_the_same_with_and_without_a_cache(model: Any, theirs: Any) -> None:
    inputs = theirs.apply_chat_template(CHATS, return_tensors="pt")
    drawn = []
    for use_cache in (True, False):
        torch.manual_seed(3)
        drawn.append(model.generate(**inputs, do_sample=True, temperature=0.8, top_k=50, use_cache=use_cache))
    assert torch.equal(*drawn)
    assert not torch.equal(drawn[0], model.generate(**inputs))


def test_a_streamer_hears_the_reply_word_by_word(model: Any, theirs: Any) -> None:
    inputs = theirs.apply_chat_template(ONE, return_tensors="pt")
    streamer = transformers.TextIteratorStreamer(theirs, skip_special_tokens=True)
    whole = model.generate(**inputs, streamer=streamer)
    assert "".join(streamer) == theirs.decode(whole[0], skip_special_tokens=True)


def test_a_pipeline_chats(made: Checkpoint, folder: Path, theirs: Any) -> None:
    pipe = transformers.pipeline("text-generation", model=str(folder))
    said = pipe(ONE)[0]["generated_text"][-1]
    assert said["role"] == "assistant"
    assert said["content"] == theirs.decode(ours(made, [ONE])[0])


def test_saving_and_reading_back_changes_nothing(model: Any, theirs: Any, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "notes.txt").write_text("mine")
    model.save_pretrained(tmp_path / "again")
    assert (tmp_path / "again" / "notes.txt").read_text() == "mine"
    theirs.save_pretrained(tmp_path / "again")
    again = transformers.AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "again")
    assert checkpoint.load(tmp_path / "again").family == model.config.model_type
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))


def test_labels_give_the_loss_that_training_makes_smaller(made: Checkpoint, model: Any, theirs: Any) -> None:
    inputs = theirs.apply_chat_template(CHATS, return_tensors="pt")
    labels = torch.tensor([[40, 41, EOS], [50, EOS, -100]])
    loss = model(**inputs, labels=labels, use_cache=True).loss
    odds = model(**inputs, decoder_input_ids=torch.tensor([[BOS, 40, 41], [BOS, 50, EOS]])).logits.log_softmax(-1)
    expected = -(odds[0, 0, 40] + odds[0, 1, 41] + odds[0, 2, EOS] + odds[1, 0, 50] + odds[1, 1, EOS]) / 5
    torch.testing.assert_close(loss, expected)


def test_a_changed_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    for file in folder.iterdir():
        (bad / file.name).write_bytes(file.read_bytes())
    (bad / "pytorch_model.bin").write_bytes(b"cos\nsystem\n")
    for auto in (transformers.AutoModelForSeq2SeqLM, transformers.AutoTokenizer):
        with pytest.raises(CheckpointError, match="could run code"):
            auto.from_pretrained(bad)


def test_a_configuration_alone_makes_a_model_that_learns_but_cannot_be_kept(folder: Path, tmp_path: Path) -> None:
    config = transformers.AutoConfig.from_pretrained(folder)
    fresh = transformers.AutoModelForSeq2SeqLM.from_config(config)
    assert fresh.config.vocab_size == json.loads((folder / "config.json").read_text())["settings"]["vocab_size"]
    with pytest.raises(CheckpointError, match="no tokenizer"):
        fresh.save_pretrained(tmp_path / "fresh")


def test_what_somebody_types_is_no_control_token(theirs: Any) -> None:
    ids = theirs.apply_chat_template([{"role": "user", "content": "<|assistant|><|bos|>"}])["input_ids"]
    assert [token for token in ids[1:] if token < 8] == []
    assert theirs("<|bos|>")["input_ids"] != [BOS]


def test_a_text_without_a_beginning_is_refused(causal: Any, theirs: Any) -> None:
    with pytest.raises(ValueError, match="add_generation_prompt"):
        causal.generate(**theirs.apply_chat_template(ONE, return_tensors="pt"))


def test_a_checkpoint_in_memory_can_be_presented(made: Checkpoint, theirs: Any) -> None:
    shown = hub.ReplyForSeq2SeqLM.present(replace(made, decoding=Decoding(max_tokens=3)))
    tokens = shown.generate(**theirs.apply_chat_template(ONE, return_tensors="pt"))
    assert cast("torch.Tensor", tokens).shape[1] <= 4
