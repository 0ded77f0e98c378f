"""What a family needs between two calls of `transformers`: where it stands, and padded rows put in order."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers.utils.generic import ModelOutput

from nlg.interfaces import ReplyModel, State
from nlg.tokenizer import PAD

_STATE = "state."


@dataclass(eq=False)
class StateCache:
    """A state in the place of a cache of keys and values. Beams reorder it."""

    model: ReplyModel
    state: State
    seen: int = 0
    is_compileable: bool = False
    is_croppable: bool = False

    def get_seq_length(self) -> int:
        return self.seen

    def reorder_cache(self, beams: Tensor) -> None:
        self.state = self.model.select(self.state, beams)

    def read(self, tokens: Tensor) -> Tensor:
        """Read (B, T) and return the log-odds after each (B, T, V)."""
        odds = []
        for token in tokens.unbind(dim=1):
            row, self.state = self.model.step(token, self.state)
            odds.append(row)
        self.seen += len(odds)
        return torch.stack(odds, dim=1)


class Reading(nn.Module):
    """The encoder as `generate()` sees it: reads contexts once, before beams are spread."""

    main_input_name = "input_ids"

    def __init__(self, model: ReplyModel) -> None:
        super().__init__()
        self.start = model.start

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None, **_: object) -> ModelOutput:
        contexts, lengths = rows(input_ids, attention_mask)
        state = {_STATE + name: tensor for name, tensor in self.start(contexts, lengths).items()}
        return ModelOutput({"contexts": contexts, "lengths": lengths, **state})


def state_of(read: ModelOutput) -> State:
    return {name.removeprefix(_STATE): tensor for name, tensor in read.items() if name.startswith(_STATE)}


def rows(input_ids: Tensor, attention_mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Put the tokens of each row (B, S) first, wherever it was padded, and count them: (B, S), (B,)."""
    real = input_ids != PAD if attention_mask is None else attention_mask.bool()
    lengths = real.sum(dim=1)
    order = (~real).to(torch.uint8).argsort(dim=1, stable=True)
    return input_ids.gather(1, order)[:, : max(1, int(lengths.max()))], lengths.clamp(min=1)
