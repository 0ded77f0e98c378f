from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from nlg.data.batches import pad
from nlg.errors import RecipeError
from nlg.models.transformer import Transformer, TransformerConfig
from nlg.tokenizer import BOS, PAD

transformers = pytest.importorskip("transformers")

CONTEXTS = [[5, 17, 18, 19, 20], [6, 30, 31]]
REPLIES = torch.tensor([[BOS, 40, 41, 42], [BOS, 50, 51, 52]])
CONFIG = TransformerConfig(
    vocab_size=64, width=24, heads=4, inner=40, encoder_layers=2, decoder_layers=3, positions=16, dropout=0.0
)


@pytest.mark.parametrize(("norm", "kind"), [("post", "Bart"), ("pre", "MBart")])
def test_with_the_same_weights_it_is_bart(norm: str, kind: str) -> None:
    torch.manual_seed(0)
    theirs = getattr(transformers, f"{kind}ForConditionalGeneration")(their_config(kind)).eval()
    ours = Transformer(replace(CONFIG, norm=norm)).eval()  # type: ignore[arg-type]
    with torch.no_grad():
        for name, weight in theirs.named_parameters():
            weight.copy_(torch.randn_like(weight) * 0.3 + ("norm" in name and name.endswith("weight")))
        theirs.final_logits_bias.copy_(torch.randn(1, 64))
    ours.load_state_dict(mapped(theirs))
    contexts, lengths = pad(CONTEXTS, PAD)
    mask = (torch.arange(contexts.shape[1]) < lengths.unsqueeze(1)).long()
    expected = theirs(input_ids=contexts, attention_mask=mask, decoder_input_ids=REPLIES).logits
    torch.testing.assert_close(ours(contexts, lengths, REPLIES), expected, atol=1e-4, rtol=1e-4)


def their_config(kind: str) -> object:
    return getattr(transformers, f"{kind}Config")(
        vocab_size=64, d_model=24, encoder_layers=2, decoder_layers=3, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=40, decoder_ffn_dim=40, max_position_embeddings=16, dropout=0.0,
        scale_embedding=False,
    )  # fmt: skip


NAMES = {
    "model.shared.": "embedding.",
    "encoder.embed_positions.": "read_positions.table.",
    "decoder.embed_positions.": "written_positions.table.",
    "encoder.layernorm_embedding.": "read_norm.",
    "decoder.layernorm_embedding.": "written_norm.",
    "encoder.layer_norm.": "encoder.norm.",
    "decoder.layer_norm.": "decoder.norm.",
    ".layers.": ".blocks.",
    ".self_attn_layer_norm.": ".around_attention.norm.",
    ".encoder_attn_layer_norm.": ".around_context.norm.",
    ".final_layer_norm.": ".around_thought.norm.",
    ".self_attn.": ".attention.",
    ".encoder_attn.": ".context.",
    ".q_proj.": ".query.",
    ".k_proj.": ".key.",
    ".v_proj.": ".value.",
    ".out_proj.": ".output.",
    ".fc1.": ".thought.grow.",
    ".fc2.": ".thought.shrink.",
    "model.": "",
}


def mapped(theirs: torch.nn.Module) -> dict[str, Tensor]:
    weights = {"bias": theirs.state_dict()["final_logits_bias"].squeeze(0)}
    for name, weight in theirs.named_parameters():
        ours = name
        for old, new in NAMES.items():
            ours = ours.replace(old, new)
        weights[ours] = weight[2:] if "positions" in ours else weight  # BART counts places from 2
    return weights


def test_a_context_longer_than_the_positions_is_refused_with_what_to_do() -> None:
    contexts, lengths = pad([list(range(8, 25))], PAD)
    with pytest.raises(RecipeError, match="17 tokens is longer than the model's 16 positions"):
        Transformer(CONFIG).start(contexts, lengths)


def test_a_reply_longer_than_the_positions_goes_on() -> None:
    model = Transformer(CONFIG).eval()
    odds = model(*pad(CONTEXTS, PAD), torch.full((2, 20), 9))
    assert odds.isfinite().all()


def test_a_width_that_heads_cannot_share_is_refused() -> None:
    with pytest.raises(RecipeError, match="cannot be shared out to 5 heads"):
        Transformer(replace(CONFIG, heads=5))


def test_rows_that_come_and_go_leave_no_columns_behind() -> None:
    model = Transformer(CONFIG).eval()
    state = model.start(*pad(CONTEXTS, PAD))
    for token in (20, 21, 22):
        _, state = model.step(torch.tensor([token, token]), state)
    assert state["text.0"].shape[:2] == (2, 3)
    kept = model.select(state, torch.tensor([1]))
    assert kept["context.2"].shape[1] == len(CONTEXTS[1])
    assert kept["text.0"].shape[1] == 3


def test_the_size_that_was_asked_for_has_the_parameters_of_the_paper() -> None:
    config = TransformerConfig(
        vocab_size=4000, width=512, heads=8, inner=2048, encoder_layers=6, decoder_layers=6, positions=256
    )
    with torch.device("meta"):
        model = Transformer(config)
    assert sum(weight.numel() for weight in model.parameters()) == pytest.approx(46.4e6, rel=0.01)
