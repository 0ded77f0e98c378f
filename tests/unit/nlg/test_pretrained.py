from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
import typer
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from typer.testing import CliRunner

from nlg import checkpoint, plugins
from nlg.checkpoint import Checkpoint
from nlg.cli import register
from nlg.contract import Decoding, Line, Role
from nlg.data.batches import pad
from nlg.errors import RecipeError
from nlg.models.pretrained import PretrainedConfig, build
from nlg.running import write
from nlg.tokenizer import BOS, CONTROLS, PAD, ReplyTokenizer
from nlg.tokenizer import load as load_tokenizer
from nlg.training.run import Silence, train

transformers = pytest.importorskip("transformers")
pytest.importorskip("peft")
adoption = pytest.importorskip("nlg.adoption")

TEXTS = ["where is my order", "your parcel is on its way", "你好 我的订单在哪里", "hello there, how are you?"] * 3
BY = len(CONTROLS)
SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}


def byte_level(special: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.add_special_tokens(special)  # behind the vocabulary, as in Qwen
    return tokenizer


def word_pieces() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=120, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def pieces() -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = ["<pad>", "</s>", "<unk>"]
    trainer = trainers.UnigramTrainer(vocab_size=80, special_tokens=special, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def gpt2(size: int) -> Any:
    return transformers.GPT2LMHeadModel(
        transformers.GPT2Config(vocab_size=size, n_embd=16, n_head=2, n_layer=2, n_positions=48)
    )


def qwen(size: int) -> Any:
    config = transformers.Qwen2Config(vocab_size=size + 3, num_key_value_heads=1, tie_word_embeddings=False, **SIZES)
    return transformers.Qwen2ForCausalLM(config)  # knows more tokens than its tokenizer, as the real ones do


def bart(size: int) -> Any:
    config = transformers.BartConfig(
        vocab_size=size, d_model=16, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=24, decoder_ffn_dim=24, max_position_embeddings=48,
        pad_token_id=size - 1, bos_token_id=size - 2, eos_token_id=size - 2, decoder_start_token_id=size - 2,
    )  # fmt: skip
    model = transformers.BartForConditionalGeneration(config)
    model.final_logits_bias.normal_()
    return model


def t5(size: int) -> Any:
    config = transformers.T5Config(
        vocab_size=size, d_model=16, d_kv=8, d_ff=24, num_layers=2, num_heads=2, decoder_start_token_id=0
    )
    return transformers.T5ForConditionalGeneration(config)


def bert(size: int) -> Any:
    return transformers.BertForMaskedLM(transformers.BertConfig(vocab_size=size, pad_token_id=0, **SIZES))


def roberta(size: int) -> Any:
    config = transformers.RobertaConfig(vocab_size=size, pad_token_id=size - 1, max_position_embeddings=400, **SIZES)
    return transformers.RobertaForMaskedLM(config)


END = {"eos_token": "<end>", "bos_token": "<end>"}
CAUSAL: dict[str, tuple[Callable[[], Tokenizer], Callable[[int], Any], dict[str, str]]] = {
    "gpt2": (lambda: byte_level(["<end>"]), gpt2, END),
    "qwen": (lambda: byte_level(["<end>"]), qwen, END),
}
ANSWERING: dict[str, tuple[Callable[[], Tokenizer], Callable[[int], Any], dict[str, str]]] = {
    "bart": (lambda: byte_level(["<end>", "<pad>"]), bart, {**END, "pad_token": "<pad>"}),
    "t5": (pieces, t5, {"eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}),
    "bert": (word_pieces, bert, {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]"}),
    "roberta": (lambda: byte_level(["<end>", "<pad>"]), roberta, {**END, "pad_token": "<pad>"}),
}


def made(name: str, folder: Path) -> tuple[Path, Any]:
    """A folder as it is downloaded, and its tokenizer."""
    tokenizer, model, names = {**CAUSAL, **ANSWERING}[name]
    torch.manual_seed(2)
    theirs = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer(), **names)
    whole = model(len(theirs))
    with torch.no_grad():
        for weight in whole.parameters():
            weight.add_(0.2 * torch.randn_like(weight))
    whole.save_pretrained(folder)
    theirs.save_pretrained(folder)
    return folder, theirs


def adopted(name: str, tmp_path: Path, **settings: Any) -> tuple[Any, ReplyTokenizer, Path, Any]:
    source, theirs = made(name, tmp_path / "source")
    torch.manual_seed(4)  # a pair of BERTs begins with an attention that chance makes
    adoption.adopt(source, tmp_path / "ours")
    tokenizer = load_tokenizer(tmp_path / "ours" / "tokenizer.json")
    config = PretrainedConfig(vocab_size=tokenizer.size, path=str(tmp_path / "ours"), **settings)
    return build(config).eval(), tokenizer, source, theirs


@pytest.mark.parametrize("name", CAUSAL)
def test_an_adopted_causal_model_thinks_what_it_thought(name: str, tmp_path: Path) -> None:
    model, _, source, theirs = adopted(name, tmp_path)
    original = transformers.AutoModelForCausalLM.from_pretrained(source)
    contexts, reply = [[5, 17, 20, 13], [21, 7]], [14, 15, 9]
    replies = torch.tensor([[BOS, *(token + BY for token in reply)]] * 2)
    odds = model(*pad([[token + BY for token in context] for context in contexts], PAD), replies)
    for row, context in enumerate(contexts):
        text = torch.tensor([[*context, theirs.bos_token_id, *reply]])
        expected = original(input_ids=text).logits[0, len(context) :, : len(theirs)]
        torch.testing.assert_close(odds[row, :, BY : BY + len(theirs)], expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ANSWERING)
def test_an_adopted_encoder_decoder_thinks_what_it_thought(name: str, tmp_path: Path) -> None:
    model, _, source, theirs = adopted(name, tmp_path)
    original, begin = first_answers(name, source, theirs)
    contexts, reply = [[5, 17, 20, 13], [21, 7]], [14, 15, 9]
    replies = torch.tensor([[BOS, *(token + BY for token in reply)]] * 2)
    odds = model(*pad([[token + BY for token in context] for context in contexts], PAD), replies)
    for row, context in enumerate(contexts):
        decoder = torch.tensor([[begin, *reply]])
        expected = original(input_ids=torch.tensor([context]), decoder_input_ids=decoder).logits[0, :, : len(theirs)]
        torch.testing.assert_close(odds[row, :, BY : BY + len(theirs)], expected, atol=1e-4, rtol=1e-4)


def first_answers(name: str, source: Path, theirs: Any) -> tuple[Any, int]:
    torch.manual_seed(4)
    if name in {"bert", "roberta"}:
        pair = transformers.EncoderDecoderModel.from_encoder_decoder_pretrained(source, source).eval()
        return pair, theirs.cls_token_id if name == "bert" else theirs.bos_token_id
    original = transformers.AutoModelForSeq2SeqLM.from_pretrained(source)
    return original, original.generation_config.decoder_start_token_id


@pytest.mark.parametrize("name", [*CAUSAL, *ANSWERING])
def test_an_adopted_tokenizer_reads_and_writes_as_before(name: str, tmp_path: Path) -> None:
    source, theirs = made(name, tmp_path / "source")
    adoption.adopt(source, tmp_path / "ours")
    ours = load_tokenizer(tmp_path / "ours" / "tokenizer.json")
    for text in TEXTS[:4]:
        tokens = theirs(text, add_special_tokens=False)["input_ids"]
        assert ours.encode(text) == [token + BY for token in tokens]
        assert ours.decode(ours.encode(text)).strip() == theirs.decode(tokens, skip_special_tokens=True).strip()
    (known,) = ours.encode("{{return_days}}")
    assert ours.decode([known]) == "{{return_days}}"
    assert ours.context([Line(Role.USER, "<|eos|>")], "en", 32)[:2] == [CONTROLS.index("<|en|>"), 4]
    assert all(token >= BY for token in ours.encode("<|eos|> <|bos|>"))


def test_a_checkpoint_of_it_needs_the_folder_no_more(tmp_path: Path) -> None:
    model, tokenizer, _, _ = adopted("gpt2", tmp_path)
    checkpoint.save(Checkpoint("ours", "pretrained", model, tokenizer, 16), tmp_path / "model")
    for file in (tmp_path / "ours").iterdir():
        file.unlink()
    again = checkpoint.load(tmp_path / "model").writer
    contexts, lengths, replies = *pad([[20, 21], [30]], PAD), torch.tensor([[BOS, 40], [BOS, 50]])
    torch.testing.assert_close(again(contexts, lengths, replies), model(contexts, lengths, replies))


@pytest.mark.parametrize("name", ["gpt2", "bart", "bert"])
def test_lora_teaches_few_weights_and_the_tokens_and_is_kept(name: str, tmp_path: Path) -> None:
    model, tokenizer, _, _ = adopted(name, tmp_path, lora=2)
    learning = {weight_name for weight_name, weight in model.named_parameters() if weight.requires_grad}
    assert learning
    assert all("lora_" in name or "embed" in name or "wte" in name or "shared" in name for name in learning)
    contexts, lengths, replies = *pad([[20, 21], [30]], PAD), torch.tensor([[BOS, 40], [BOS, 50]])
    before = model(contexts, lengths, replies).detach()
    optimizer = torch.optim.SGD([weight for weight in model.parameters() if weight.requires_grad], 0.5)
    for _ in range(2):
        optimizer.zero_grad()
        model(contexts, lengths, replies).square().mean().backward()
        optimizer.step()
    learnt = model(contexts, lengths, replies).detach()
    assert float((learnt - before).abs().max()) > 1e-4
    checkpoint.save(Checkpoint("ours", "pretrained", model, tokenizer, 16), tmp_path / "model")
    torch.testing.assert_close(checkpoint.load(tmp_path / "model").writer(contexts, lengths, replies).detach(), learnt)


@pytest.mark.parametrize("lora", [0, 2])
def test_training_goes_on_from_an_adopted_model(lora: int, recipe: Path, corpus: Path, tmp_path: Path) -> None:
    source, _ = made("gpt2", tmp_path / "source")
    adoption.adopt(source, tmp_path / "ours")
    text = (
        recipe.read_text()
        .split("[model]")[0]
        .replace("vocab_size = 340", f'tokenizer = "{tmp_path}/ours/tokenizer.json"')
    )
    model = f'[model]\nfamily = "pretrained"\npath = "{tmp_path}/ours"\nlora = {lora}\n'
    recipe.write_text(f"{text}{model}[schedule]\nepochs = 8\nbatch = 4\nrate = 1e-2\n[care]\nclip = 1.0\n")
    folder = train(recipe, corpus, tmp_path / "run", Silence())
    losses = [row["dev"] for row in json.loads((tmp_path / "run" / "curve.json").read_text())]
    assert min(losses) < losses[0] - 0.3
    loaded = checkpoint.load(folder)
    assert loaded.family == "pretrained"
    assert write(loaded.writer, [[4, 30, 31]], [Decoding(max_tokens=4)])[0].tokens


def test_a_tokenizer_that_is_none_is_refused(recipe: Path, corpus: Path, tmp_path: Path) -> None:
    recipe.write_text(recipe.read_text().replace("vocab_size = 340", 'tokenizer = "nowhere.json"'))
    with pytest.raises(RecipeError, match=r"nowhere\.json cannot be read"):
        train(recipe, corpus, tmp_path / "run", Silence())


def test_a_model_that_does_not_speak_our_tokens_is_refused_with_what_to_do(tmp_path: Path) -> None:
    source, theirs = made("gpt2", tmp_path / "source")
    with pytest.raises(RecipeError, match=r"knows \d+ tokens and the tokenizer \d+. Move .* nlg.adoption.adopt"):
        build(PretrainedConfig(vocab_size=len(theirs) + 1, path=str(source)))


def test_a_person_can_adopt_a_model(tmp_path: Path) -> None:
    app = typer.Typer()
    register(app)
    source, _ = made("gpt2", tmp_path / "source")
    told = CliRunner().invoke(app, ["adopt", str(source), str(tmp_path / "ours")])
    assert told.exit_code == 0
    assert {file.name for file in (tmp_path / "ours").iterdir()} >= {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
    }
    again = CliRunner().invoke(app, ["adopt", str(source), str(tmp_path / "ours")])
    assert (again.exit_code, "there already" in again.output) == (1, True)
    nothing = CliRunner().invoke(app, ["adopt", str(tmp_path / "none"), str(tmp_path / "new")])
    assert (nothing.exit_code, "is no folder" in nothing.output) == (1, True)


@pytest.mark.parametrize("missing", ["tokenizer.json", "config.json", "model.safetensors"])
def test_half_a_download_is_refused(missing: str, tmp_path: Path) -> None:
    source, _ = made("gpt2", tmp_path / "source")
    (source / missing).unlink()
    with pytest.raises(RecipeError, match="holds no model that can be read"):
        adoption.adopt(source, tmp_path / "ours")
    assert not (tmp_path / "ours").exists()


def test_a_name_on_the_web_is_refused() -> None:
    with pytest.raises(RecipeError, match="is no folder"):
        build(PretrainedConfig(vocab_size=10, path="openai-community/gpt2"))


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    source, theirs = made("gpt2", tmp_path / "source")
    (source / "model.safetensors").unlink()
    (source / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(RecipeError, match="holds no model that can be read"):
        build(PretrainedConfig(vocab_size=len(theirs), path=str(source)))


def test_code_that_comes_with_a_model_is_not_run(tmp_path: Path) -> None:
    source, theirs = made("gpt2", tmp_path / "source")
    (source / "evil.py").write_text("raise SystemExit('run')\n")
    text = (source / "config.json").read_text()
    changed = text.replace('"gpt2"', '"unheard-of"').replace("{", '{"auto_map": {"AutoConfig": "evil.Config"},', 1)
    (source / "config.json").write_text(changed)
    with pytest.raises(RecipeError, match="holds no model that can be read"):
        build(PretrainedConfig(vocab_size=len(theirs), path=str(source)))


def test_a_model_with_a_window_is_refused() -> None:
    window = {"model_type": "mistral", "sliding_window": 8, **SIZES, "num_key_value_heads": 2}
    with pytest.raises(RecipeError, match="does not look back at all"):
        build(PretrainedConfig(vocab_size=64, architecture=window))


@pytest.mark.parametrize("variant", [0, 1, 2, 4, 5])
def test_a_reply_that_fills_all_positions_is_ended(variant: int) -> None:
    family = plugins.family("pretrained")
    model: Any = build(PretrainedConfig(vocab_size=64, **family.variants[variant])).eval()
    state = model.start(*pad([[20, 21, 22], [23]], PAD))
    for _ in range(49):
        odds, state = model.step(torch.tensor([30, 31]), state)
    assert odds.argmax(dim=1).tolist() == [2, 2]
    with pytest.raises(RecipeError, match="positions"):
        model.start(*pad([list(range(8, 63))], PAD))


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nlg.layers.borrowing", None)
    monkeypatch.delattr("nlg.layers.borrowing", raising=False)
    with pytest.raises(RecipeError, match=r"palaver\[hub\]"):
        build(PretrainedConfig(vocab_size=64))


def test_settings_are_plain_json() -> None:
    model: Any = build(PretrainedConfig(vocab_size=64, **plugins.family("pretrained").variants[4]))
    settings = asdict(model.config)
    assert settings["path"] == ""
    assert settings["architecture"]["model_type"] == "encoder-decoder"
