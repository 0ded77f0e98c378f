from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any, cast

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from nlg import plugins, weights
from nlg.data.batches import collate
from nlg.errors import FusionError
from nlg.fusions import Blend, Ingredients, Member
from nlg.fusions.average import Average
from nlg.fusions.dare import Dare
from nlg.fusions.fisher import Fisher, diagonal
from nlg.fusions.greedy_soup import GreedySoup, surprise
from nlg.fusions.regmean import RegMean, products
from nlg.fusions.slerp import Slerp, slerp
from nlg.fusions.ties import Ties
from nlg.interfaces import IGNORED, TrainableModel
from nlg.tokenizer import BOS

SIZE, WIDTH = 24, 5
ALL: dict[str, Any] = {
    "average": Average(), "greedy_soup": GreedySoup(), "slerp": Slerp(), "ties": Ties(), "dare": Dare(),
    "fisher": Fisher(), "regmean": RegMean(),
}  # fmt: skip
WITHOUT_ORDER: list[Any] = [Average(), GreedySoup(), Slerp(), Ties(), Ties(within="tensor"), Fisher(), RegMean()]
PAIRS = [([5, 6, 7], [8, 9, 3]), ([6], [10, 3]), ([7, 12], [11, 12, 13, 14, 3]), ([5, 20, 21, 22], [9, 10, 3])]
BATCHES = [collate(PAIRS[:3]), collate(PAIRS[3:])]
SEEDS = st.integers(0, 10_000)


class Straight(nn.Module):
    """Log-odds of the next token are a matrix times the embedding of the last one, and a bias."""

    def __init__(self, tied: bool = False) -> None:
        super().__init__()
        self.embedding, self.output = nn.Embedding(SIZE, WIDTH), nn.Linear(WIDTH, SIZE)
        self.register_buffer("read", torch.tensor([3, 4]))
        if tied:
            self.output.weight = self.embedding.weight

    def forward(self, contexts: Tensor, lengths: Tensor, replies: Tensor) -> Tensor:
        return cast("Tensor", self.output(self.embedding(replies)))


class Vector(nn.Module):
    """Two named rows of numbers."""

    def __init__(self, left: Sequence[float], right: Sequence[float] = ()) -> None:
        super().__init__()
        self.left, self.right = nn.Parameter(torch.tensor(left)), nn.Parameter(torch.tensor(list(right)))


def straight(seed: int, tied: bool = False) -> Member:
    torch.manual_seed(seed)
    return Member("straight", {"seed": 0}, Straight(tied).eval())


def vector(left: Sequence[float], right: Sequence[float] = ()) -> Member:
    return Member("vector", {}, Vector(left, right))


def relatives(base: Member, many: int, seed: int = 0, spread: float = 0.05) -> list[Member]:
    """Models that began as `base` and went a little way each."""
    torch.manual_seed(seed)
    members = [Member(base.family, base.settings, copy.deepcopy(base.model)) for _ in range(many)]
    with torch.no_grad():
        for member in members:
            for weight in member.model.parameters():
                weight.add_(torch.randn_like(weight) * spread)
    return members


def state(member: Member) -> dict[str, Tensor]:
    return member.model.state_dict()


def same(blend: Blend, member: Member) -> None:
    torch.testing.assert_close(dict(blend.weights), dict(state(member)), atol=0, rtol=0)


def loaded(blend: Blend, like: Member) -> nn.Module:
    model = copy.deepcopy(like.model)
    model.load_state_dict(dict(blend.weights))
    return model


# What all of them promise


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_fusion_is_found_by_its_name(name: str) -> None:
    assert plugins.fusion(name)() == ALL[name]
    assert plugins.fusion(name).one_shape


@pytest.mark.parametrize("family", ["seq2seq", "transformer", "hybrid", "gpt"])
@pytest.mark.parametrize("name", sorted(ALL))
def test_every_family_can_be_fused_and_writes(name: str, family: str) -> None:
    kind = plugins.family(family)
    chosen = {**kind.variants[0], "vocab_size": SIZE}
    torch.manual_seed(4)
    base = Member(family, chosen, kind.build(kind.config(**chosen)).eval())
    members = relatives(base, 2)
    before = copy.deepcopy([dict(state(member)) for member in members])
    blend = ALL[name](Ingredients(members, base=base, batches=BATCHES))
    for member, old in zip(members, before, strict=True):
        torch.testing.assert_close(dict(state(member)), old, atol=0, rtol=0)
        assert all(weight.grad is None for weight in member.model.parameters())
        assert not any(part._forward_pre_hooks for part in member.model.modules())
    model = kind.build(kind.config(**blend.settings)).eval()
    model.load_state_dict(dict(blend.weights))
    assert_writes(cast("TrainableModel", model))
    assert blend.family == family
    assert blend.note.endswith(".")


@torch.inference_mode()
def assert_writes(model: TrainableModel) -> None:
    odds, after = model.step(
        torch.tensor([BOS, BOS]), model.start(torch.tensor([[5, 6], [7, 0]]), torch.tensor([2, 1]))
    )
    odds, _ = model.step(odds.argmax(dim=-1), after)
    assert odds.shape == (2, SIZE)
    assert odds.isfinite().all()


@pytest.mark.parametrize("fusion", WITHOUT_ORDER, ids=repr)
def test_the_order_of_members_changes_nothing(fusion: Any) -> None:
    base = straight(1)
    members = relatives(base, 2 if isinstance(fusion, Slerp) else 3)
    one = fusion(Ingredients(members, base=base, batches=BATCHES))
    other = fusion(Ingredients(members[::-1], base=base, batches=BATCHES))
    torch.testing.assert_close(dict(one.weights), dict(other.weights), atol=1e-7, rtol=1e-6)


@pytest.mark.parametrize("fusion", [Average(), GreedySoup(), Slerp(), Ties(), Dare(), Fisher(), RegMean()], ids=repr)
@pytest.mark.parametrize("tied", [False, True])
def test_equal_models_give_that_very_model(fusion: Any, tied: bool) -> None:
    one = straight(1, tied)
    same(fusion(Ingredients([one, straight(1, tied)], base=straight(1, tied), batches=BATCHES)), one)


@pytest.mark.parametrize("name", sorted(ALL))
def test_tied_weights_stay_one(name: str) -> None:
    base = straight(1, tied=True)
    made = ALL[name](Ingredients(relatives(base, 2), base=base, batches=BATCHES)).weights
    assert made["output.weight"] is made["embedding.weight"]


@pytest.mark.parametrize("name", sorted(ALL))
def test_whole_numbers_are_the_first_members(name: str) -> None:
    base = straight(1)
    members = relatives(base, 2)
    cast("Tensor", members[0].model.read).fill_(9)
    # The greedy soup has its own order, so let it begin with the first.
    first = sorted(members, key=lambda member: surprise(member.model, BATCHES)) if name == "greedy_soup" else members
    made = ALL[name](Ingredients(first, base=base, batches=BATCHES)).weights
    assert torch.equal(made["read"], cast("Tensor", first[0].model.read))


@pytest.mark.parametrize("fusion", [Average(), Slerp(), Ties(), Dare(drop=0.5), Fisher(), RegMean()], ids=repr)
def test_weights_keep_their_kind_of_number(fusion: Any) -> None:
    base = straight(1)
    members = relatives(base, 2)
    made = fusion(Ingredients(members, base=base, batches=BATCHES)).weights
    assert {name: weight.dtype for name, weight in made.items()} == {
        name: weight.dtype for name, weight in state(base).items()
    }


# What is refused


@pytest.mark.parametrize("name", ["average", "fisher", "greedy_soup", "regmean", "slerp"])
def test_one_model_is_too_few(name: str) -> None:
    with pytest.raises(FusionError, match="1 models were given"):
        ALL[name](Ingredients([straight(1)], batches=BATCHES))


def test_an_arc_has_two_ends() -> None:
    with pytest.raises(FusionError, match="3 models were given, and this fusion takes 2"):
        Slerp()(Ingredients([straight(at) for at in range(3)]))


@pytest.mark.parametrize("name", ["ties", "dare"])
def test_without_an_ancestor_nothing_was_learnt_since(name: str) -> None:
    with pytest.raises(FusionError, match="ancestor as base"):
        ALL[name](Ingredients([straight(1), straight(2)]))


@pytest.mark.parametrize("name", ["fisher", "greedy_soup", "regmean"])
def test_without_examples_there_is_nothing_to_choose_by(name: str) -> None:
    with pytest.raises(FusionError, match="there are none"):
        ALL[name](Ingredients([straight(1), straight(2)]))


def test_weights_are_one_a_member() -> None:
    with pytest.raises(FusionError, match="2 models need as many weights, and there are 3"):
        Average()(Ingredients([straight(1), straight(2)], weights=[0.5, 0.25, 0.25]))


def test_a_greedy_soup_takes_no_weights() -> None:
    with pytest.raises(FusionError, match="Leave weights out"):
        GreedySoup()(Ingredients([straight(1), straight(2)], weights=[0.5, 0.5], batches=BATCHES))


@pytest.mark.parametrize("other", [vector([1.0, 2.0]), straight(1)])
@pytest.mark.parametrize("as_base", [False, True])
def test_models_of_another_shape_are_refused_by_name(other: Member, as_base: bool) -> None:
    one = vector([1.0, 2.0, 3.0])
    told = Ingredients([one, one], base=other) if as_base else Ingredients([one, other], base=one)
    with pytest.raises(FusionError, match=r"left is \(3,\) and \(2,\)|bias is not a weight|weight is not a weight"):
        Dare()(told)


@pytest.mark.parametrize(
    ("fusion", "values"),
    [
        (Slerp, {"t": -0.1}), (Slerp, {"t": 1.1}), (Slerp, {"t": math.nan}), (Ties, {"density": 0.0}),
        (Ties, {"density": 1.5}), (Ties, {"scale": 0.0}), (Ties, {"scale": math.inf}), (Dare, {"drop": 1.0}),
        (Dare, {"drop": -0.5}), (Dare, {"scale": -1.0}), (Fisher, {"floor": 0.0}), (Fisher, {"floor": math.nan}),
        (RegMean, {"alpha": 1.1}), (RegMean, {"alpha": -0.1}),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(fusion: Any, values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(values))):
        fusion(**values)


# Average


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.lists(st.floats(0.01, 1), min_size=2, max_size=6))
def test_the_mean_of_equal_models_is_that_model(seed: int, parts: list[float]) -> None:
    shares = [part / sum(parts) for part in parts]
    same(Average()(Ingredients([straight(seed)] * len(parts), weights=shares)), straight(seed))


def test_all_weight_on_one_member_gives_that_member() -> None:
    same(Average()(Ingredients([straight(1), straight(2)], weights=[1.0, 0.0])), straight(1))
    same(Average()(Ingredients([straight(1), straight(2)], weights=[0.0, 1.0])), straight(2))


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.floats(0, 1))
def test_the_mean_is_linear_in_the_weights(seed: int, share: float) -> None:
    one, other = straight(seed), straight(seed + 1)
    made = Average()(Ingredients([one, other], weights=[share, 1 - share])).weights
    for name in ("embedding.weight", "output.bias"):
        torch.testing.assert_close(made[name], share * state(one)[name] + (1 - share) * state(other)[name])


# Greedy soup


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.floats(0.01, 3), st.integers(2, 5))
def test_a_greedy_soup_is_never_worse_than_the_best_member(seed: int, spread: float, many: int) -> None:
    members = relatives(straight(seed), many, seed, spread)
    soup = GreedySoup()(Ingredients(members, batches=BATCHES))
    assert surprise(loaded(soup, members[0]), BATCHES) <= min(surprise(member.model, BATCHES) for member in members)


def test_what_spoils_the_soup_stays_out() -> None:
    good, spoiler = straight(1), straight(1)
    with torch.no_grad():
        for weight in spoiler.model.parameters():
            weight.mul_(-50)
    soup = GreedySoup()(Ingredients([spoiler, good], batches=BATCHES))
    same(soup, good)
    assert "models 2 of 2" in soup.note


def test_who_makes_it_no_worse_stays_in() -> None:
    members = [straight(1), straight(1), straight(1)]
    assert "models 1, 2, 3 of 3" in GreedySoup()(Ingredients(members, batches=BATCHES)).note


def test_two_that_erred_to_either_side_are_better_together() -> None:
    right = vector_of_biases(straight(1), 0.0)
    left, other = vector_of_biases(right, -4.0), vector_of_biases(right, 4.0)
    soup = GreedySoup()(Ingredients([left, other], batches=BATCHES))
    torch.testing.assert_close(dict(soup.weights), dict(state(right)), atol=1e-6, rtol=1e-6)


def vector_of_biases(member: Member, shift: float) -> Member:
    """The same model, with a token that never comes `shift` likelier and another as much less likely."""
    model = copy.deepcopy(member.model)
    with torch.no_grad():
        cast("Straight", model).output.bias[SIZE - 2 :] += torch.tensor([shift, -shift])
    return Member(member.family, member.settings, model)


def test_dev_loss_is_what_training_measures() -> None:
    from nlg.training import measure  # noqa: PLC0415 - only to compare with

    assert surprise(straight(1).model, BATCHES) == pytest.approx(measure.surprise(straight(1).model, BATCHES)["dev"])


# Slerp


@settings(max_examples=50, deadline=None)
@given(st.floats(-1, 1), st.floats(1e-3, math.pi - 1e-3), st.floats(0, 1), st.floats(0.1, 10))
def test_on_a_circle_slerp_turns_evenly(start: float, angle: float, t: float, radius: float) -> None:
    made = slerp(at(radius, start), at(radius, start + angle), t)
    torch.testing.assert_close(made, at(radius, start + t * angle), atol=1e-9, rtol=1e-9)
    assert float(made.norm()) == pytest.approx(radius)


def at(radius: float, angle: float) -> Tensor:
    return radius * torch.tensor([math.cos(angle), math.sin(angle)], dtype=torch.float64)


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.floats(0, 1))
def test_slerp_keeps_the_length_of_equally_long_weights(seed: int, t: float) -> None:
    torch.manual_seed(seed)
    start, end = (functional.normalize(torch.randn(3, 4).flatten(), dim=0).view(3, 4).double() for _ in range(2))
    assert float(slerp(start, end, t).norm()) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    ("start", "end"), [([1.0, 2.0], [2.0, 4.0]), ([1.0, 2.0], [-2.0, -4.0]), ([0.0, 0.0], [3.0, 1.0])]
)
def test_where_there_is_no_arc_the_way_is_straight(start: list[float], end: list[float]) -> None:
    one, other = torch.tensor(start).double(), torch.tensor(end).double()
    torch.testing.assert_close(slerp(one, other, 0.25), 0.75 * one + 0.25 * other)


def test_slerp_begins_and_ends_with_the_members() -> None:
    same(Slerp(t=0.0)(Ingredients([straight(1), straight(2)])), straight(1))
    same(Slerp(t=1.0)(Ingredients([straight(1), straight(2)])), straight(2))


def test_halfway_slerp_is_the_mean_brought_back_to_its_length() -> None:
    made = Slerp()(Ingredients([vector([3.0, 0.0, 0.0]), vector([0.0, 3.0, 0.0])])).weights["left"]
    torch.testing.assert_close(made, torch.tensor([math.sqrt(4.5), math.sqrt(4.5), 0.0]))


def test_the_second_weight_says_how_far_slerp_goes() -> None:
    told = Ingredients([straight(1), straight(2)], weights=[0.75, 0.25])
    torch.testing.assert_close(
        dict(Slerp(t=0.9)(told).weights), dict(Slerp(t=0.25)(Ingredients(told.members)).weights), atol=0, rtol=0
    )


# TIES


def test_ties_trims_elects_and_takes_disjoint_means() -> None:
    base = vector([1.0, 1.0, 1.0, 1.0, 1.0])
    # Changes: 3, -1, 2, .1, 4 and -1, -2, 1.5, .2, -5. The three largest stay: 3, 0, 2, 0, 4 and 0, -2, 1.5, 0, -5.
    # Their sums are 3, -2, 3.5, 0, -1, so the signs +, -, +, none, -. Those that agree have means 3, -2, 1.75, 0, -5.
    told = Ingredients([vector([4.0, 0.0, 3.0, 1.1, 5.0]), vector([0.0, -1.0, 2.5, 1.2, -4.0])], base=base)
    made = Ties(density=0.6, scale=0.5)(told).weights["left"]
    torch.testing.assert_close(made, torch.tensor([2.5, 0.0, 1.875, 1.0, -1.5]))


def test_weights_count_in_the_election_and_in_the_mean() -> None:
    told = Ingredients(
        [vector([2.0, 2.0]), vector([-3.0, 3.0])], weights=[0.75, 0.25], base=vector([0.0, 0.0])
    )  # 1.5 against 0.75
    torch.testing.assert_close(Ties(density=1.0)(told).weights["left"], torch.tensor([2.0, 2.25]))


@pytest.mark.parametrize(("within", "right"), [("model", [0.0, 0.0]), ("tensor", [0.0, 0.2])])
def test_the_largest_changes_are_those_of_the_whole_model_or_of_a_tensor(within: Any, right: list[float]) -> None:
    told = Ingredients([vector([3.0, 4.0], [0.1, 0.2])], base=vector([0.0, 0.0], [0.0, 0.0]))
    made = Ties(density=0.5, within=within)(told).weights
    torch.testing.assert_close(made["right"], torch.tensor(right))
    torch.testing.assert_close(made["left"], torch.tensor([3.0 if within == "model" else 0.0, 4.0]))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(-4, 4), min_size=4, max_size=4), min_size=1, max_size=4))
def test_with_all_kept_ties_is_its_definition(changes: list[list[int]]) -> None:
    told = Ingredients([vector([float(x) for x in change]) for change in changes], base=vector([0.0] * 4))
    made = Ties(density=1.0)(told).weights["left"]
    for place, found in enumerate(made.tolist()):
        column = [change[place] for change in changes]
        agree = [x for x in column if x * sum(column) > 0]
        assert found == pytest.approx(sum(agree) / len(agree) if agree else 0.0)


# DARE


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.floats(0.1, 2))
def test_with_nothing_dropped_dare_is_task_arithmetic(seed: int, scale: float) -> None:
    base = straight(seed)
    members = relatives(base, 3, seed)
    made = Dare(drop=0.0, scale=scale)(Ingredients(members, base=base)).weights
    for name in ("embedding.weight", "output.weight", "output.bias"):
        mean = torch.stack([state(member)[name] - state(base)[name] for member in members]).mean(dim=0)
        torch.testing.assert_close(made[name], state(base)[name] + scale * mean, atol=1e-6, rtol=1e-5)


def test_on_average_dare_drops_nothing() -> None:
    base, times = vector([1.0] * 200), 400
    told = Ingredients([vector([2.0] * 200), vector([0.0, 4.0] * 100)], base=base)
    made = torch.stack([Dare(drop=0.75, seed=seed)(told).weights["left"] for seed in range(times)])
    # Each change has a variance of change² · p / (1 - p), and a member counts half: at most (1 + 9) · 3 / 4.
    error = math.sqrt(7.5 / times)
    torch.testing.assert_close(made.mean(dim=0), torch.tensor([1.0, 3.0] * 100), atol=5 * error, rtol=0)
    assert float(made.mean()) == pytest.approx(2.0, abs=5 * error / math.sqrt(200))


def test_what_stays_is_larger_by_as_much_as_was_dropped() -> None:
    told = Ingredients([vector([3.0] * 1000)], base=vector([1.0] * 1000))
    made = Dare(drop=0.75)(told).weights["left"]
    assert set(made.tolist()) == {1.0, 9.0}
    assert float((made == 1.0).double().mean()) == pytest.approx(0.75, abs=0.07)


def test_the_seed_says_what_is_dropped() -> None:
    base = straight(1)
    told = Ingredients(relatives(base, 2), base=base)
    first, again, other = (Dare(seed=seed)(told).weights for seed in (1, 1, 2))
    torch.testing.assert_close(dict(first), dict(again), atol=0, rtol=0)
    assert not torch.equal(first["embedding.weight"], other["embedding.weight"])


def test_dare_leaves_other_peoples_chance_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    Dare()(Ingredients([vector([1.0])], base=vector([0.0])))
    assert torch.equal(torch.rand(1), expected)


def test_members_lose_different_changes() -> None:
    told = Ingredients([vector([2.0] * 100), vector([2.0] * 100)], base=vector([0.0] * 100))
    assert set(Dare(drop=0.5)(told).weights["left"].tolist()) == {0.0, 2.0, 4.0}


def test_dare_can_elect_signs() -> None:
    told = Ingredients([vector([3.0, 1.0]), vector([-1.0, 2.0])], base=vector([0.0, 0.0]))
    made = Dare(drop=0.0, elect=True)(told).weights["left"]
    torch.testing.assert_close(made, torch.tensor([3.0, 1.5]))


# Fisher


def test_the_fisher_diagonal_is_squared_slopes_one_example_at_a_time() -> None:
    model, chance = straight(1).model, torch.Generator().manual_seed(3)
    expected = {name: torch.zeros_like(weight) for name, weight in model.named_parameters()}
    for _, reply in PAIRS:
        odds = functional.log_softmax(model(None, None, torch.tensor([[BOS, *reply[:-1]]]))[0], dim=-1)
        tokens = torch.multinomial(odds.detach().exp(), 1, generator=chance)
        model.zero_grad()
        odds.gather(1, tokens).sum().backward()  # type: ignore[no-untyped-call]
        for name, weight in model.named_parameters():
            expected[name] += cast("Tensor", weight.grad) ** 2 / len(PAIRS)
    found = diagonal(straight(1).model, BATCHES, seed=3)
    torch.testing.assert_close({name: one.float() for name, one in found.items()}, expected)


def test_where_nothing_is_to_be_predicted_nothing_matters() -> None:
    batch = collate([([5], [8, 9, 10, 11])])
    batch.targets[0, 1] = IGNORED
    found = diagonal(straight(1).model, [batch], seed=0)["embedding.weight"].sum(dim=1)
    assert found[[BOS, 9, 10]].gt(0).all()
    assert found[8] == 0  # what comes after it is not asked for


def test_over_many_draws_the_diagonal_is_the_fisher_information() -> None:
    model = straight(1).model
    found = torch.stack([diagonal(model, BATCHES, seed)["output.bias"] for seed in range(600)]).mean(dim=0)
    with torch.no_grad():  # of a bias it is p (1 - p), summed over places
        odds = [model(None, None, torch.tensor([[BOS, *reply[:-1]]]))[0].softmax(dim=-1) for _, reply in PAIRS]
    expected = torch.stack([(p * (1 - p)).sum(dim=0) for p in odds]).mean(dim=0).double()
    torch.testing.assert_close(found, expected, rtol=0.25, atol=0.01)
    assert float(found.sum()) == pytest.approx(float(expected.sum()), rel=0.02)


def test_fisher_merging_is_its_formula() -> None:
    members = relatives(straight(1), 2, spread=0.5)
    made = Fisher(floor=1e-9, seed=2)(Ingredients(members, weights=[0.3, 0.7], batches=BATCHES)).weights
    first, second = (diagonal(member.model, BATCHES, 2) for member in members)
    for name in first:
        one, other = 0.3 * first[name].clamp(min=1e-9), 0.7 * second[name].clamp(min=1e-9)
        mean = (one * state(members[0])[name] + other * state(members[1])[name]) / (one + other)
        torch.testing.assert_close(made[name], mean.float())


def test_weights_that_nobody_uses_have_the_plain_mean() -> None:
    members = relatives(straight(1), 2, spread=0.5)
    made = Fisher()(Ingredients(members, weights=[0.25, 0.75], batches=BATCHES)).weights["embedding.weight"]
    plain = 0.25 * state(members[0])["embedding.weight"] + 0.75 * state(members[1])["embedding.weight"]
    torch.testing.assert_close(made[SIZE - 1], plain[SIZE - 1])  # no reply has that token
    assert not torch.allclose(made[BOS], plain[BOS])


def test_a_weight_that_matters_to_one_member_only_is_that_members() -> None:
    members = relatives(straight(1), 2, spread=0.5)
    with torch.no_grad():
        cast("Straight", members[1].model).output.weight.zero_()  # so its embedding matters to nothing
    made = Fisher(floor=1e-12)(Ingredients(members, batches=BATCHES)).weights["embedding.weight"]
    torch.testing.assert_close(made[BOS], state(members[0])["embedding.weight"][BOS], atol=1e-5, rtol=1e-4)


def test_the_slopes_are_found_though_nobody_asked_for_slopes() -> None:
    with torch.no_grad():
        found = diagonal(straight(1).model, BATCHES, seed=0)
    assert float(found["output.bias"].sum()) > 0


# RegMean


def inputs_of(member: Member) -> Tensor:
    """What the linear layer of `Straight` reads, a row a token."""
    tokens = [token for _, reply in ENOUGH for token in (BOS, *reply[:-1])]
    return state(member)["embedding.weight"][torch.tensor(tokens)].double()


ENOUGH = [([5], list(range(4, 14))), ([6, 7], [*range(14, 24), 3])]
"""Different tokens, more than the layer is wide."""


def test_with_all_products_regmean_is_the_joint_least_squares_solution() -> None:
    members = relatives(straight(1), 3, spread=0.5)
    told = Ingredients(members, weights=[0.2, 0.3, 0.5], batches=[collate(ENOUGH)])
    made = RegMean(alpha=1.0)(told).weights["output.weight"]
    rows, said = [], []
    for member, share in zip(members, cast("Sequence[float]", told.weights), strict=True):
        inputs = inputs_of(member) * math.sqrt(share)
        rows.append(inputs)
        said.append(inputs @ state(member)["output.weight"].double().T)
    expected = torch.linalg.lstsq(torch.cat(rows), torch.cat(said)).solution.T
    torch.testing.assert_close(made, expected.float())


def test_without_products_of_unlike_inputs_regmean_weighs_columns() -> None:
    members = relatives(straight(1), 2, spread=0.5)
    made = RegMean(alpha=0.0)(Ingredients(members, batches=[collate(ENOUGH)])).weights["output.weight"]
    one, other = (inputs_of(member).square().sum(dim=0) for member in members)
    mean = (state(members[0])["output.weight"] * one + state(members[1])["output.weight"] * other) / (one + other)
    torch.testing.assert_close(made, mean.float())


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_where_members_read_the_same_regmean_is_the_mean(alpha: float) -> None:
    one, other = relatives(straight(1), 2, spread=0.5)
    with torch.no_grad():
        cast("Straight", other.model).embedding.weight.copy_(state(one)["embedding.weight"])
    told = Ingredients([one, other], batches=[collate(ENOUGH)])
    torch.testing.assert_close(dict(RegMean(alpha)(told).weights), dict(Average()(told).weights), atol=1e-6, rtol=1e-5)


def test_directions_that_nothing_points_to_have_the_plain_mean() -> None:
    members = relatives(straight(1), 2, spread=0.5)
    with torch.no_grad():
        for member in members:
            cast("Straight", member.model).embedding.weight[:, 2] = 0
    told = Ingredients(members, batches=[collate(ENOUGH)])
    made, mean = RegMean(alpha=1.0)(told).weights["output.weight"], Average()(told).weights["output.weight"]
    torch.testing.assert_close(made[:, 2], mean[:, 2])
    assert not torch.allclose(made[:, :2], mean[:, :2])


def test_all_but_linear_layers_is_the_plain_mean() -> None:
    family = plugins.family("seq2seq")
    chosen = {**family.variants[0], "vocab_size": SIZE}
    members = relatives(Member("seq2seq", chosen, family.build(family.config(**chosen)).eval()), 2)
    told = Ingredients(members, weights=[0.25, 0.75], batches=BATCHES)
    made, mean = RegMean()(told).weights, Average()(told).weights
    moved = {name for name in made if not torch.equal(made[name], mean[name])}
    parts = ("bridge", "gist", "opening", "theme", "attention.scores.key", "attention.scores.query", "mix")
    assert moved <= {f"{part}.weight" for part in (*parts, "attention.scores.score")}
    assert "mix.weight" in moved


def test_a_matrix_that_is_an_embedding_too_is_the_plain_mean() -> None:
    told = Ingredients(relatives(straight(1, tied=True), 2, spread=0.5), batches=[collate(ENOUGH)])
    torch.testing.assert_close(dict(RegMean()(told).weights), dict(Average()(told).weights), atol=0, rtol=0)


def test_padding_is_not_read() -> None:
    family = plugins.family("transformer")
    torch.manual_seed(2)
    model = family.build(family.config(**{**family.variants[0], "vocab_size": SIZE})).eval()
    together, apart = products(model, [collate(PAIRS)]), products(model, [collate([pair]) for pair in PAIRS])
    torch.testing.assert_close(together, apart)


def test_what_has_nothing_to_predict_is_not_read() -> None:
    batch = collate(PAIRS)
    batch.targets[1:] = IGNORED
    torch.testing.assert_close(products(straight(1).model, [batch]), products(straight(1).model, [collate(PAIRS[:1])]))


# Arithmetic


def test_numbers_of_different_weights_are_told_apart() -> None:
    assert weights.twins(Straight(tied=True))["output.weight"] == "embedding.weight"
    assert weights.twins(Straight())["output.weight"] == "output.weight"
    assert weights.twins(Vector([], []))["right"] == "right"
