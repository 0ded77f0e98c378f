from __future__ import annotations

import torch

from nlg.data.batches import pad
from nlg.models.hybrid import Hybrid, HybridConfig
from nlg.tokenizer import PAD

CONFIG = HybridConfig(
    vocab_size=64, embedding=24, heads=4, inner=40, positions=16, cell="gru", decoder=20, attention_size=8, dropout=0.0
)
CONTEXTS = [[5, 17, 18, 19, 20], [6, 30, 31]]


def test_what_it_carries_does_not_grow_with_what_it_writes() -> None:
    model = Hybrid(CONFIG).eval()
    state = model.start(*pad(CONTEXTS, PAD))
    before = sum(tensor.numel() for tensor in state.values())
    for token in range(20, 30):
        _, state = model.step(torch.tensor([token, token]), state)
    assert sum(tensor.numel() for tensor in state.values()) == before


def test_the_order_of_a_context_matters() -> None:
    torch.manual_seed(0)
    model = Hybrid(CONFIG).eval()
    first, turned = (model.start(*pad([context], PAD))["writer"] for context in ([9, 10, 11], [11, 10, 9]))
    assert float((first - turned).detach().abs().max()) > 1e-3


def test_each_part_starts_in_its_own_range() -> None:
    torch.manual_seed(0)
    model = Hybrid(CONFIG)
    assert float(model.writer.rnn.weight_hh_l0.detach().abs().max()) <= CONFIG.initial_range  # type: ignore[operator]
    assert all(bool((part.weight == 1).all()) for part in model.modules() if isinstance(part, torch.nn.LayerNorm))
