from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nlg.data.batches import pad
from nlg.errors import RecipeError
from nlg.interfaces import join
from nlg.models.gpt import Gpt, GptConfig
from nlg.tokenizer import BOS, PAD

transformers = pytest.importorskip("transformers")

CONTEXTS = [[5, 17, 18, 19, 20], [6, 30, 31]]
REPLIES = torch.tensor([[BOS, 40, 41, 42], [BOS, 50, 51, 52]])
CONFIG = GptConfig(vocab_size=64, width=24, heads=4, inner=40, layers=3, positions=16, dropout=0.0)


def test_with_the_same_weights_it_is_gpt_2() -> None:
    torch.manual_seed(0)
    theirs = transformers.GPT2LMHeadModel(
        transformers.GPT2Config(vocab_size=64, n_embd=24, n_head=4, n_inner=40, n_layer=3, n_positions=16)
    ).eval()
    with torch.no_grad():
        for name, weight in theirs.named_parameters():
            weight.copy_(torch.randn_like(weight) * 0.3 + ("ln_" in name and name.endswith("weight")))
    ours = Gpt(CONFIG).eval()
    ours.load_state_dict(mapped(theirs))
    together = ours(*pad(CONTEXTS, PAD), REPLIES)
    for row, context in enumerate(CONTEXTS):
        text = torch.cat([torch.tensor(context), REPLIES[row]]).unsqueeze(0)
        expected = theirs(input_ids=text).logits[:, len(context) :]
        torch.testing.assert_close(together[row : row + 1], expected, atol=1e-4, rtol=1e-4)


NAMES = {
    "transformer.wte.": "embedding.",
    "transformer.wpe.": "positions.table.",
    "transformer.ln_f.": "decoder.norm.",
    "transformer.h.": "decoder.blocks.",
    ".ln_1.": ".around_attention.norm.",
    ".ln_2.": ".around_thought.norm.",
    ".attn.c_proj.": ".attention.output.",
    ".mlp.c_fc.": ".thought.grow.",
    ".mlp.c_proj.": ".thought.shrink.",
}


def mapped(theirs: torch.nn.Module) -> dict[str, Tensor]:
    weights = {}
    for name, weight in theirs.named_parameters():
        ours = name
        for old, new in NAMES.items():
            ours = ours.replace(old, new)
        turned = weight.t() if name.endswith("weight") and (".attn." in name or ".mlp." in name) else weight
        if ".attn.c_attn." in name:
            for part, piece in zip(("query", "key", "value"), turned.chunk(3), strict=True):
                weights[ours.replace("attn.c_attn", f"attention.{part}")] = piece
        else:
            weights[ours] = turned
    return weights


def test_a_context_longer_than_the_positions_is_refused_with_what_to_do() -> None:
    with pytest.raises(RecipeError, match="longer than the model's 16 positions"):
        Gpt(CONFIG).start(*pad([list(range(8, 25))], PAD))


def test_a_short_row_does_not_carry_the_room_of_a_long_one_that_left() -> None:
    model = Gpt(CONFIG).eval()
    state = join([model.start(*pad(CONTEXTS[:1], PAD)), model.start(*pad(CONTEXTS[1:], PAD))])
    _, state = model.step(REPLIES[:, 0], state)
    alone = model.select(state, torch.tensor([1]))
    assert alone["text.0"].shape[1] == len(CONTEXTS[1]) + 1 == int(alone["length"])


def test_at_first_blocks_add_little_to_what_they_read() -> None:
    torch.manual_seed(1)
    model = Gpt(GptConfig(vocab_size=100, width=64, inner=128, layers=4, dropout=0.0)).eval()
    tokens, lengths = pad([list(range(8, 40))], PAD)
    seen: dict[str, Tensor] = {}
    for name, part in (("before", model.decoder.blocks[0].around_attention.norm), ("after", model.decoder.norm)):
        part.register_forward_pre_hook(lambda _, told, name=name: seen.update({name: told[0]}))
    model.start(tokens, lengths)
    assert (seen["after"] - seen["before"]).norm() < 0.5 * seen["before"].norm()
