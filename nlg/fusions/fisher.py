"""The mean of all weights, where each member counts for a weight as much as that weight matters to it.

Fisher merging (Matena and Raffel 2022, section 3), with the diagonal of each member's Fisher information on dev
examples. Replies are drawn from what the member itself holds likely, place by place after the words that people wrote:
that is the Fisher information proper, and one draw an example estimates it without bias. The empirical one, which takes
the slopes of the given replies, holds important wherever a member is wrong (Kunstner, Balles and Hennig 2019).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn

from nlg import weights
from nlg.fusions import Blend, Ingredients, Need
from nlg.interfaces import IGNORED
from nlg.singles import Single, singles

if TYPE_CHECKING:
    from nlg.data.batches import Batch


@dataclass(frozen=True, slots=True)
class Fisher:
    """`floor` is the least importance of a weight: where all members are below it, the mean is the plain one.

    Weights of members multiply their importance. `seed` is that of the draws, the same for each member.
    """

    floor: float = 1e-6
    seed: int = 0
    needs: ClassVar[frozenset[Need]] = frozenset({"dev"})
    one_shape: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 < self.floor < float("inf"):
            raise ValueError(f"floor is {self.floor}, and should be above 0, or weights that no one uses have no mean.")

    def __call__(self, told: Ingredients) -> Blend:
        shares = weights.shares(told)
        known = [diagonal(member.model, told.batches, self.seed) for member in told.members]

        def mixed(name: str, held: Sequence[Tensor]) -> Tensor:
            if name not in known[0]:
                return weights.mean(held, shares)
            by = [share * fisher[name].clamp(min=self.floor) for share, fisher in zip(shares, known, strict=True)]
            return weights.mean(held, by) / torch.stack(by).sum(dim=0)

        note = (
            f"The mean of the weights of {len(shares)} models (shares {weights.listed(shares)}), each weight counted "
            "by its Fisher information on dev examples."
        )
        return weights.blend(told, weights.mix(told, mixed), note)


@torch.enable_grad()
def diagonal(model: nn.Module, batches: Sequence[Batch], seed: int) -> dict[str, Tensor]:
    """Mean squared slope of log p(reply) over examples for each parameter, in float64, with replies as described above.

    The model stays as it is, down to its gradients.
    """
    spare = copy.deepcopy(model).eval().requires_grad_(True)
    named, chance, many = dict(spare.named_parameters()), torch.Generator().manual_seed(seed), 0
    sums = {name: torch.zeros_like(weight, dtype=torch.float64) for name, weight in named.items()}
    # cuDNN finds slopes of recurrent nets only while they train, and then with dropout.
    with torch.backends.cudnn.flags(enabled=False):
        for one in singles(batches, next(iter(named.values())).device):
            likely = drawn(spare, one, chance)
            slopes = torch.autograd.grad(likely, list(named.values()), allow_unused=True, materialize_grads=True)
            for total, slope in zip(sums.values(), slopes, strict=True):
                total.add_(slope.double().square())
            many += 1
    return {name: total / many for name, total in sums.items()}


def drawn(model: nn.Module, one: Single, chance: torch.Generator) -> Tensor:
    """Log-probability of a reply that the model draws, each token after those that were given."""
    odds = model(one.contexts, one.lengths, one.inputs)[0].log_softmax(dim=-1)  # (T, V)
    tokens = torch.multinomial(odds.detach().exp().cpu(), 1, generator=chance).to(odds.device)  # (T, 1)
    real = one.targets[0] != IGNORED  # (T,)
    return odds.gather(1, tokens).squeeze(1)[real].sum()  # type: ignore[no-any-return]


FUSION = Fisher
