"""Linear layers that come closest to what each member's layer says of its own inputs, all at once.

RegMean (Jin et al. 2023, section 3 and equation 2): the least squares solution, in closed form, from the inner products
of each layer's inputs. It is exact for matrices of `nn.Linear`. Everything else is the plain mean: biases, embeddings
(also where they give the odds), norms, GPT-2's `Conv1D`, and the weights of recurrent cells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from nlg import weights
from nlg.fusions import Blend, Ingredients, Need
from nlg.singles import singles

if TYPE_CHECKING:
    from nlg.data.batches import Batch

UNUSED = 1e-10
"""Directions that carry less than this share of the strongest one's energy are rounding; there the mean stays plain."""


@dataclass(frozen=True, slots=True)
class RegMean:
    """`alpha` multiplies inner products of unlike inputs: 1 is least squares, 0 takes inputs for independent.

    Weights of members multiply their inner products.
    """

    alpha: float = 0.9
    needs: ClassVar[frozenset[Need]] = frozenset({"dev"})
    one_shape: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 <= self.alpha <= 1:
            raise ValueError(f"alpha is {self.alpha}, and should lie between 0 and 1; 0.9 is usual.")

    def __call__(self, told: Ingredients) -> Blend:
        shares = weights.shares(told)
        known = [products(member.model, told.batches) for member in told.members]

        def mixed(name: str, held: Sequence[Tensor]) -> Tensor:
            plain = weights.mean(held, shares)
            if not all(name in gram for gram in known):
                return plain
            grams = [share * self._damped(gram[name]) for share, gram in zip(shares, known, strict=True)]
            return regress(held, grams, plain)

        note = (
            f"The mean of the weights of {len(shares)} models (shares {weights.listed(shares)}), with linear layers "
            f"that come closest to all of them on dev examples (RegMean, alpha {self.alpha:.3g})."
        )
        return weights.blend(told, weights.mix(told, mixed), note)

    def _damped(self, gram: Tensor) -> Tensor:
        return self.alpha * gram + (1 - self.alpha) * gram.diag().diag()


def regress(held: Sequence[Tensor], grams: Sequence[Tensor], plain: Tensor) -> Tensor:
    """W (O, I) with the least sum of tr((W - W_i) G_i (W - W_i)ᵀ); of several, the one nearest to `plain`."""
    missing = torch.stack([(weight - plain) @ gram for weight, gram in zip(held, grams, strict=True)]).sum(dim=0)
    inverse: Tensor = torch.linalg.pinv(torch.stack(list(grams)).sum(dim=0), rtol=UNUSED, hermitian=True)
    return plain + missing @ inverse


@torch.inference_mode()
def products(model: nn.Module, batches: Sequence[Batch]) -> dict[str, Tensor]:
    """Inner products (I, I) of the inputs of each linear layer over all examples, in float64, by its weight's name.

    Layers that were not called are left out, and so are those whose matrix is an embedding, too.
    """
    grams: dict[str, Tensor] = {}
    device = next(model.parameters()).device
    with ExitStack() as hooks:
        for name, layer in _linear(model):
            hooks.enter_context(layer.register_forward_pre_hook(_adding(grams, name)))
        for one in singles(batches, device):
            model(one.contexts, one.lengths, one.inputs)
    return grams


def _linear(model: nn.Module) -> list[tuple[str, nn.Linear]]:
    known, parts = weights.twins(model), [(f"{name}.weight", part) for name, part in model.named_modules()]
    embeddings = {known.get(name) for name, part in parts if isinstance(part, nn.Embedding)}
    layers = [(known.get(name), part) for name, part in parts if isinstance(part, nn.Linear)]
    return [(name, layer) for name, layer in layers if name is not None and name not in embeddings]


def _adding(grams: dict[str, Tensor], name: str) -> Callable[[nn.Module, Any], None]:
    def add(_: nn.Module, inputs: tuple[Tensor]) -> None:
        rows = inputs[0].flatten(0, -2).double()  # (N, I)
        grams[name] = grams.get(name, 0.0) + rows.T @ rows

    return add


FUSION = RegMean
