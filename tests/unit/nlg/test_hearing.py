"""What is heard of a model: the same odds as always, and parts checked against another way to have them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nlg import hearing, plugins
from nlg.data.batches import Batch, collate
from nlg.errors import RecipeError
from nlg.explaining.recorder import Recorder
from nlg.interfaces import IGNORED
from nlg.lessons import Lesson, Part, Said
from nlg.tokenizer import PAD

SIZE = 320
BATCH = collate([([9, 40, 41, 42, 43], [50, 51, 52, 3]), ([10, 60], [61, 3])])
PARTS: frozenset[Part] = frozenset({"memory", "attention"})
READERS = [
    (name, at) for name in ("seq2seq", "hybrid", "transformer") for at in range(len(plugins.family(name).variants))
]


def built(name: str, at: int = 0, seed: int = 5) -> Any:
    torch.manual_seed(seed)
    family = plugins.family(name)
    return family.build(family.config(vocab_size=SIZE, **family.variants[at])).eval()


@pytest.fixture(params=READERS)
def model(request: pytest.FixtureRequest) -> Any:
    return built(*request.param)


def our_hooks(model: nn.Module) -> list[object]:
    hooks = [
        hook for part in model.modules() for hook in (*part._forward_hooks.values(), *part._forward_pre_hooks.values())
    ]
    return [hook for hook in hooks if hook.__module__.startswith("nlg.")]


def parts(said: Said) -> tuple[Tensor, Tensor]:
    assert said.memory is not None
    assert said.attention is not None
    return said.memory, said.attention


def test_odds_are_what_they_are_when_nobody_listens(model: Any) -> None:
    usual = model(BATCH.contexts, BATCH.lengths, BATCH.inputs)
    assert torch.equal(hearing.hear(model, BATCH, PARTS).logits, usual)
    alone = hearing.hear(model, BATCH, frozenset({"odds"}))
    assert torch.equal(alone.logits, usual)
    assert alone.memory is None
    assert alone.attention is None


class Counting(nn.Module):
    """Passes everything on, and counts the hooks in a model while it runs."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model, self.hooks = model, -1

    def forward(self, contexts: Tensor, lengths: Tensor, replies: Tensor) -> Tensor:
        self.hooks = len(our_hooks(self.model))
        return self.model(contexts, lengths, replies)  # type: ignore[no-any-return]


@pytest.mark.parametrize("asked", [frozenset(), frozenset({"odds"})])
def test_nothing_is_hooked_in_when_only_odds_are_asked_for(model: Any, asked: frozenset[Part]) -> None:
    wrapped = Counting(model)
    hearing.hear(wrapped, BATCH, asked)
    assert wrapped.hooks == 0


def test_a_wrapped_model_is_heard_too_and_left_as_it_was(model: Any) -> None:
    wrapped = Counting(model)
    for heard, expected in zip(
        parts(hearing.hear(wrapped, BATCH, PARTS)), parts(hearing.hear(model, BATCH, PARTS)), strict=True
    ):
        assert torch.equal(heard, expected)
    assert wrapped.hooks > 0
    assert not our_hooks(model)


def test_hooks_are_taken_out_after_an_error_too(model: Any) -> None:
    with pytest.raises(IndexError):
        hearing.hear(model, replace(BATCH, inputs=BATCH.inputs + SIZE), PARTS)
    assert not our_hooks(model)


def test_memory_is_what_the_decoder_is_given_of_each_token(model: Any) -> None:
    memory, _ = parts(hearing.hear(model, BATCH, PARTS))
    state = model.start(BATCH.contexts, BATCH.lengths)
    if "memory" in state:
        assert torch.equal(memory, state["memory"])
    else:  # a Transformer keeps keys and values that it makes of it
        assert torch.equal(model.decoder.blocks[0].context.offer(memory), state["context.0"])


def test_attention_is_the_mean_of_where_heads_and_layers_look_step_by_step(model: Any) -> None:
    _, attention = parts(hearing.hear(model, BATCH, PARTS))
    state = model.start(BATCH.contexts, BATCH.lengths)
    for at in range(BATCH.inputs.shape[1]):
        with Recorder(model) as recorder:
            _, state = model.step(BATCH.inputs[:, at], state)
        heads = torch.cat([look.weights for look in recorder.take() if look.over == "context"], dim=1)
        torch.testing.assert_close(attention[:, at], heads.mean(dim=1)[:, 0])


def test_attention_is_shared_out_over_the_tokens_of_the_context(model: Any) -> None:
    _, attention = parts(hearing.hear(model, BATCH, PARTS))
    assert attention.shape == (2, 4, 5)
    torch.testing.assert_close(attention.sum(dim=-1), torch.ones(2, 4))
    assert not attention[1, :, 2:].any()


def test_more_padding_changes_nothing_that_is_heard(model: Any) -> None:
    wider = replace(BATCH, contexts=nn.functional.pad(BATCH.contexts, (0, 3), value=PAD))
    usual, padded = parts(hearing.hear(model, BATCH, PARTS)), parts(hearing.hear(model, wider, PARTS))
    real = torch.arange(5) < BATCH.lengths.unsqueeze(1)
    torch.testing.assert_close(padded[0][:, :5][real], usual[0][real])
    torch.testing.assert_close(padded[1][..., :5], usual[1])


@pytest.mark.parametrize("part", [0, 1])
def test_slopes_flow_through_what_is_heard_into_all_that_made_it(model: Any, part: int) -> None:
    parts(hearing.hear(model.train(), BATCH, PARTS))[part].square().sum().backward()  # type: ignore[no-untyped-call]
    moved = {name for name, weight in model.named_parameters() if weight.grad is not None and weight.grad.any()}
    assert "embedding.weight" in moved
    assert any(name.startswith(("reader.", "encoder.")) for name in moved)
    writing = [name for name in moved if name.startswith(("writer.", "decoder.", "attention."))]
    assert bool(writing) == (part == 1)


def test_what_is_heard_under_no_grad_has_no_slopes(model: Any) -> None:
    with torch.no_grad():
        said = hearing.hear(model, BATCH, PARTS)
    assert not any(part.requires_grad for part in (said.logits, *parts(said)))


def test_short_numbers_are_heard_in_long_ones() -> None:
    model = built("transformer")
    with torch.autocast("cpu", torch.bfloat16):
        said = hearing.hear(model, BATCH, PARTS)
    assert {part.dtype for part in (said.logits, *parts(said))} == {torch.float32}


@pytest.mark.parametrize("part", ["memory", "attention"])
def test_a_family_without_an_encoder_says_so(part: Part) -> None:
    model = built("gpt")
    with pytest.raises(RecipeError, match=rf"'gpt' does not have .*'{part}' cannot be compared"):
        hearing.hear(Counting(model), BATCH, frozenset({part}))
    assert not our_hooks(model)


def test_a_causal_model_has_no_attention_over_the_context_alone_wherever_it_is_from() -> None:
    pytest.importorskip("transformers", reason="pip install 'palaver[hub]'")
    with pytest.raises(RecipeError, match="'pretrained' does not have"):
        hearing.hear(built("pretrained"), BATCH, frozenset({"attention"}))


def test_an_encoder_decoder_of_transformers_shows_where_it_looks() -> None:
    pytest.importorskip("transformers", reason="pip install 'palaver[hub]'")
    at = next(at for at, made in enumerate(plugins.family("pretrained").variants) if "d_model" in made["architecture"])
    attention = hearing.hear(built("pretrained", at), BATCH, frozenset({"attention"})).attention
    assert attention is not None
    assert attention.shape == (2, 4, 5)
    torch.testing.assert_close(attention.sum(dim=-1), torch.ones(2, 4))


@pytest.mark.parametrize(("name", "part"), [("hidden_state", "memory"), ("attention_transfer", "attention")])
@pytest.mark.parametrize("student", ["seq2seq", "hybrid", "transformer"])
def test_a_student_of_any_family_comes_closer_to_a_teacher_of_another(name: str, part: Part, student: str) -> None:
    teacher = built("transformer" if student != "transformer" else "seq2seq", seed=1)
    learner, loss = built(student, seed=2), plugins.loss(name)()
    with torch.no_grad():
        taught = hearing.hear(teacher, BATCH, loss.needs)
    lesson = lesson_of(BATCH, taught)
    optimizer = torch.optim.Adam(learner.parameters(), 1e-2)
    values = []
    for _ in range(30):
        value = loss(hearing.hear(learner, BATCH, loss.needs), lesson)[lesson.real].mean()
        optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        values.append(value.item())
    assert values[-1] < 0.5 * values[0]
    assert loss.needs == {part}


def lesson_of(batch: Batch, taught: Said) -> Lesson:
    assert (batch.targets == IGNORED).any()
    read = torch.arange(batch.contexts.shape[1]) < batch.lengths.unsqueeze(1)
    return Lesson(batch.targets, read, memory=taught.memory, attention=taught.attention)
