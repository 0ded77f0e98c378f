"""Layers whose matrices are int8, in the place of those with float weights. They do not learn, so dropout is left out.

Their weights have the names of the float ones, and scales beside them.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn

from nlg.layers.recurrent import Recurrent
from nlg.layers.rounding import NOTE, SCALE, Matrix, floats, native, rounded


def shrunk(model: nn.Module) -> nn.Module:
    """A copy of a model with int8 matrices; what is int8 already stays as it is.

    Raises `ValueError` when it has matrices in other places than the layers that are known here, or one in two places:
    products would be made with it that nobody sees. Warns on machines where int8 is no faster.
    """
    made = copy.deepcopy(model).eval().requires_grad_(requires_grad=False)
    _replace(made)
    left = [*_twins(model), *_left(made)]
    if left:
        raise ValueError(f"there is no int8 for {', '.join(left[:3])}{' ...' if left[3:] else ''}")
    if not native():
        warnings.warn(NOTE, RuntimeWarning, stacklevel=2)
    return made


class _Rounded(nn.Module):
    """Holds int8 matrices. What they are multiplied with is made at first use, where the model then is."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, Any] = {}

    def hold(self, name: str, weights: Tensor) -> None:
        values, scales = rounded(weights.detach())
        self.register_parameter(name, nn.Parameter(values, requires_grad=False))
        self.register_buffer(name + SCALE, scales)

    def matrix(self, name: str) -> Matrix:
        if name not in self._made:
            self._made[name] = Matrix(getattr(self, name), getattr(self, name + SCALE))
        return cast("Matrix", self._made[name])

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> _Rounded:
        self._made.clear()
        return super()._apply(fn, recurse)  # type: ignore[no-any-return,no-untyped-call]

    def _load_from_state_dict(self, *told: Any) -> None:
        self._made.clear()
        super()._load_from_state_dict(*told)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_made": {}}


class Int8Linear(_Rounded):
    """As `nn.Linear`."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.hold("weight", layer.weight)
        self.bias = layer.bias

    def forward(self, inputs: Tensor) -> Tensor:
        made = self._made
        if "product" not in made:
            made["product"] = partial(self.matrix("weight"), bias=self.bias)
        return cast("Tensor", made["product"](inputs))

    def joined(self, layers: Sequence[nn.Module], inputs: Tensor) -> Tensor:
        """As `nlg.layers.beside` wants it."""
        if "joined" not in self._made:
            self._made["joined"] = _stacked(cast("Sequence[Int8Linear]", layers))
        matrix, bias = self._made["joined"]
        return cast("Tensor", matrix(inputs, bias))


def _stacked(layers: Sequence[Int8Linear]) -> tuple[Matrix, Tensor]:
    """One matrix and one bias of several layers, none of which has none."""
    weights, scales = ([getattr(layer, name) for layer in layers] for name in ("weight", "weight" + SCALE))
    return Matrix(torch.cat(weights), torch.cat(scales)), torch.cat([cast("Tensor", layer.bias) for layer in layers])


class Int8Embedding(_Rounded):
    """As `nn.Embedding` and `Tied`."""

    def __init__(self, layer: nn.Embedding) -> None:
        super().__init__()
        self.num_embeddings, self.embedding_dim = layer.num_embeddings, layer.embedding_dim
        self.hold("weight", layer.weight)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.matrix("weight").rows(tokens)

    def odds(self, said: Tensor, bias: Tensor | None = None) -> Tensor:
        return self.matrix("weight")(said, bias)


class _Cells(_Rounded):
    """The weights of `nn.LSTM`, `nn.GRU` or `nn.RNN`."""

    def __init__(self, rnn: nn.RNNBase) -> None:
        super().__init__()
        self._like: Callable[[], nn.RNNBase] = partial(
            cast("Any", type(rnn)), rnn.input_size, rnn.hidden_size, rnn.num_layers, batch_first=True, device="meta"
        )
        self._layers = [tuple(name for name in layer) for layer in rnn._all_weights]
        for name, weights in rnn.named_parameters():
            self.hold(name, weights) if weights.dim() > 1 else self.register_parameter(name, cast("Any", weights))

    def layers(self) -> list[list[Any]]:
        """Two matrices and two biases a layer."""
        if "layers" not in self._made:
            self._made["layers"] = [
                [self.matrix(name) if name.startswith("weight") else getattr(self, name) for name in layer]
                for layer in self._layers
            ]
        return cast("list[list[Any]]", self._made["layers"])

    def whole(self) -> nn.RNNBase:
        """The float layer of the same weights."""
        if "whole" not in self._made:
            layer = self._like()
            layer.load_state_dict(floats(self.state_dict()), assign=True)
            layer.requires_grad_(requires_grad=False).eval().flatten_parameters()
            self._made["whole"] = layer
        return cast("nn.RNNBase", self._made["whole"])


class Int8Recurrent(nn.Module):
    """As `Recurrent`. What begins with no memory is read with float inputs: one call is quicker than many steps."""

    def __init__(self, layer: Recurrent) -> None:
        super().__init__()
        self.rnn = _Cells(layer.rnn)
        self.cell = partial(layer.cell, times=_times)
        self.memory_size = layer.memory_size

    def forward(self, inputs: Tensor, memory: Tensor | None) -> Tensor:
        if memory is None:
            return self.rnn.whole()(inputs)[0]  # type: ignore[no-any-return]
        said = []
        for token in inputs.unbind(dim=1):
            output, memory = self.step(token, memory)
            said.append(output)
        return torch.stack(said, dim=1)

    def step(self, inputs: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        layers = []
        for layer, weights in enumerate(self.rnn.layers()):
            inputs, new = self.cell(inputs, memory[:, layer], weights)
            layers.append(new)
        return inputs, layers[0].unsqueeze(1) if len(layers) == 1 else torch.stack(layers, dim=1)


def _times(inputs: Tensor, matrix: Matrix, bias: Tensor) -> Tensor:
    return matrix(inputs, bias)


_KINDS: Mapping[type[nn.Module], Callable[[Any], nn.Module]] = {
    nn.Linear: Int8Linear,
    nn.Embedding: Int8Embedding,
    Recurrent: Int8Recurrent,
    nn.Dropout: lambda _: nn.Identity(),
}


def _replace(part: nn.Module) -> None:
    for name, child in part.named_children():
        ours = next((ours for theirs, ours in _KINDS.items() if isinstance(child, theirs)), None)
        if ours:
            setattr(part, name, ours(child))
        else:
            _replace(child)


def _twins(model: nn.Module) -> list[str]:
    """Names of weights that stand in a second place."""
    once = dict(model.named_parameters())
    return [name for name, _ in model.named_parameters(remove_duplicate=False) if name not in once]


def _left(model: nn.Module) -> list[str]:
    """Names of weights that could not be made int8."""
    return [name for name, weights in model.named_parameters() if weights.dim() > 1 and weights.dtype is not torch.int8]
