"""Where layers look: against numbers computed by hand, against torch, and against what the layers say themselves."""

from __future__ import annotations

import math
import threading
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from nlg import plugins
from nlg.data.batches import pad
from nlg.explaining.recorder import Recorder
from nlg.layers.attention import Attention
from nlg.layers.looking import Watchable
from nlg.layers.transformer import MultiHead, Shape, hidden
from nlg.models.seq2seq import Seq2Seq, Seq2SeqConfig
from nlg.tokenizer import BOS, PAD

SMALL = {"embedding": 8, "encoder": 6, "decoder": 8, "attention_size": 4}
ONE = math.e ** (1 / math.sqrt(2))


def test_one_query_of_a_dot_product_is_as_computed_by_hand() -> None:
    attention = Attention("dot", query=2, memory=2, size=0)
    memory = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [5.0, 5.0]]])
    seen = attention.weights(torch.tensor([[[math.log(3.0), 0.0]]]), memory, torch.tensor([[True, True, False]]))
    torch.testing.assert_close(seen, torch.tensor([[[0.75, 0.25, 0.0]]]))  # e^ln 3 : e^0 is 3 : 1, the last is hidden


def test_additive_scores_are_as_computed_by_hand() -> None:
    attention = Attention("additive", query=1, memory=1, size=1)
    with torch.no_grad():
        for weight in attention.parameters():
            weight.fill_(1.0)
        attention.scores.key.bias.zero_()  # type: ignore[union-attr, operator]
    memory = torch.tensor([[[0.0], [1.0]]])
    seen = attention.weights(torch.tensor([[[1.0]]]), attention.keys(memory), torch.ones(1, 2, dtype=torch.bool))
    near, far = math.exp(math.tanh(1.0)), math.exp(math.tanh(2.0))
    torch.testing.assert_close(seen, torch.tensor([[[near / (near + far), far / (near + far)]]]))


def plain(width: int, heads: int) -> MultiHead:
    """Queries and keys are what comes in."""
    made = MultiHead(Shape(width, heads, 1, 0.0))
    with torch.no_grad():
        for part in (made.query, made.key):
            part.weight.copy_(torch.eye(width))
            part.bias.zero_()
    return made


def test_each_head_sees_its_own_part_of_the_width() -> None:
    layer = plain(4, heads=2)
    told = torch.tensor([[[1.0, 0.0, 0.0, 1.0]]])
    keys = torch.tensor([[[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0]]])
    seen = layer.weights(layer.ask(told), (layer.offer(keys), torch.zeros(1, 1, 2)))
    more, less = ONE / (ONE + 1), 1 / (ONE + 1)
    torch.testing.assert_close(seen, torch.tensor([[[[more, less]], [[less, more]]]]))


@settings(deadline=None)
@given(st.integers(1, 3), st.integers(1, 5), st.sampled_from([1, 2, 4]), st.integers(0, 999))
def test_heads_look_where_those_of_torch_look(tokens: int, places: int, heads: int, seed: int) -> None:
    torch.manual_seed(seed)
    ours, theirs = MultiHead(Shape(8, heads, 1, 0.0)), nn.MultiheadAttention(8, heads, batch_first=True)
    theirs.load_state_dict(
        {
            "in_proj_weight": torch.cat([ours.query.weight, ours.key.weight, ours.value.weight]),
            "in_proj_bias": torch.cat([ours.query.bias, ours.key.bias, ours.value.bias]),
            "out_proj.weight": ours.output.weight,
            "out_proj.bias": ours.output.bias,
        }
    )
    told, memory = torch.randn(2, tokens, 8), torch.randn(2, places, 8)
    mask = torch.rand(2, places) < 0.5
    mask[:, 0] = True
    said, expected = theirs(told, memory, memory, key_padding_mask=~mask, average_attn_weights=False)
    seen = (ours.offer(memory), hidden(mask.unsqueeze(1), memory))
    weights = ours.weights(ours.ask(told), seen)
    torch.testing.assert_close(weights, expected)
    torch.testing.assert_close(ours(ours.ask(told), seen), said)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(2, heads, tokens))
    assert not weights.masked_select(~mask[:, None, None].expand_as(weights)).any()


@pytest.fixture(params=[(name, at) for name in plugins.families() for at in range(len(plugins.family(name).variants))])
def model(request: pytest.FixtureRequest) -> Any:
    name, at = request.param
    if name == "pretrained":
        pytest.importorskip("transformers", reason="pip install 'palaver[hub]'")
    torch.manual_seed(5)
    family = plugins.family(name)
    return family.build(family.config(vocab_size=320, **family.variants[at])).eval()


@torch.no_grad()
def odds(model: Any, contexts: list[list[int]]) -> Tensor:
    state = model.start(*pad(contexts, PAD))
    first, state = model.step(torch.tensor([BOS] * len(contexts)), state)
    return torch.stack([first, model.step(first.argmax(dim=-1), state)[0]])


def our_hooks(model: nn.Module) -> list[object]:
    """Models of `transformers` hang in some of their own, which stay."""
    hooks = [
        hook for part in model.modules() for hook in (*part._forward_hooks.values(), *part._forward_pre_hooks.values())
    ]
    return [hook for hook in hooks if hook.__module__.startswith("nlg.")]


def attentions(model: nn.Module) -> list[str]:
    """How each part of a model of `transformers` computes its attention."""
    return [getattr(getattr(part, "config", None), "_attn_implementation", "") for part in model.modules()]


def test_every_family_looks_at_the_real_context_and_nowhere_else(model: Any) -> None:
    contexts = [[9, 40, 41, 42, 43], [10, 50]]
    with torch.no_grad(), Recorder(model) as recorder:
        state = model.start(*pad(contexts, PAD))
        recorder.take()
        model.step(torch.tensor([BOS, BOS]), state)
        looks = recorder.take()
    seeing = [look for look in looks if look.weights.shape[-1] >= 5]
    assert seeing
    for look in seeing:
        weights = look.weights
        own = 3 if weights.shape[-1] == 6 else 2  # in a text that goes on, with the token that was just read
        assert int(weights[1].flatten(0, -2).any(dim=0).sum()) == own
        torch.testing.assert_close(weights.sum(dim=-1), torch.ones(weights.shape[:-1]))


def test_after_a_watch_a_model_is_as_it_was_before(model: Any) -> None:
    contexts = [[9, 40, 41, 42, 43], [10, 50]]
    before, ways = odds(model, contexts), attentions(model)
    with Recorder(model):
        torch.testing.assert_close(odds(model, contexts), before, atol=2e-6, rtol=1e-5)
    assert torch.equal(odds(model, contexts), before)
    assert attentions(model) == ways
    assert not our_hooks(model)


def test_a_watch_ends_with_an_error_too(model: Any) -> None:
    with pytest.raises(ZeroDivisionError), Recorder(model):
        raise ZeroDivisionError
    assert not our_hooks(model)


def test_our_own_layers_compute_the_very_same_numbers_while_they_are_watched() -> None:
    torch.manual_seed(0)
    model = Seq2Seq(Seq2SeqConfig(vocab_size=320, **SMALL)).eval()  # type: ignore[arg-type]
    before = odds(model, [[9, 40, 41]])
    with Recorder(model) as recorder:
        assert torch.equal(odds(model, [[9, 40, 41]]), before)
        assert [look.layer for look in recorder.take()] == ["attention", "attention"]
        assert recorder.take() == []


def test_what_other_threads_do_meanwhile_is_not_heard() -> None:
    model = Seq2Seq(Seq2SeqConfig(vocab_size=320, **SMALL)).eval()  # type: ignore[arg-type]
    with Recorder(model) as recorder:
        other = threading.Thread(target=odds, args=(model, [[9, 40, 41]]))
        other.start()
        other.join()
        assert recorder.take() == []


def test_weights_and_their_names_are_what_they_were_before_layers_could_be_watched() -> None:
    model = Seq2Seq(Seq2SeqConfig(vocab_size=320, **SMALL))  # type: ignore[arg-type]
    assert {name for name in model.state_dict() if name.startswith("attention.")} == {
        f"attention.scores.{name}" for name in ("key.weight", "key.bias", "query.weight", "score.weight")
    }
    assert set(MultiHead(Shape(4, 2, 4, 0.0), "context").state_dict()) == {
        f"{part}.{kind}" for part in ("query", "key", "value", "output") for kind in ("weight", "bias")
    }


def test_a_module_that_says_nothing_of_watching_is_passed_over() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    assert not any(isinstance(part, Watchable) for part in model.modules())
    with Recorder(model) as recorder:
        model(torch.zeros(1, 2))
        assert recorder.take() == []
