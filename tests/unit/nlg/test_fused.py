"""Models that write one reply together: what follows from mixing, and that the result is a model like others."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from nlg import card, checkpoint, int8, manifest, mixing, plugins
from nlg.beam import Beams, search
from nlg.checkpoint import Checkpoint
from nlg.contract import Decoding, Line, Role
from nlg.data import batches
from nlg.data.batches import Batch, pad
from nlg.data.corpus import load as corpus_of
from nlg.engine import Engine
from nlg.errors import CheckpointError, FusionError, RecipeError
from nlg.fusing.fuse import Wish, fuse, reader, spread
from nlg.fusions import Ingredients, Member
from nlg.interfaces import IGNORED, TrainableModel
from nlg.models.fused import FAMILY, Fused, FusedConfig, Mix
from nlg.running import write
from nlg.teaching.live import Live
from nlg.testing import prompt_of
from nlg.tokenizer import BOS, EOS, PAD, ReplyTokenizer
from nlg.training import recipe as recipes
from nlg.training.run import RECIPE

SIZE = 60
CONTEXTS = [[9, 40, 41, 42, 43, 44], [10, 50], [9, 21, 22, 23]]
REPLIES = torch.tensor([[BOS, 20 + row, 21, 22 + row, 53] for row in range(len(CONTEXTS))])
MIXES: list[Mix] = ["arithmetic", "geometric"]
NAMES = [name for name in plugins.families() if name != "fused"]
BUILDS = [
    pytest.param(name, settings, id=f"{name}-{at}")
    for name in NAMES
    for at, settings in enumerate(plugins.family(name).variants)
]
DRAWN = Decoding(max_tokens=10, temperature=1.0, seed=7)
CLOSE: Any = {"atol": 2e-5, "rtol": 1e-4}


@pytest.fixture(autouse=True)
def no_learning() -> Iterator[None]:
    with torch.no_grad():
        yield


def member_of(name: str, chosen: Any, seed: int = 3, size: int = SIZE, sharp: float = 2.0) -> Member:
    """A model by chance, with sharper odds than those of a fresh one, so that replies differ."""
    if name == "pretrained":
        pytest.importorskip("transformers", reason="pip install 'palaver[hub]'")
    family = plugins.family(name)
    torch.manual_seed(seed)
    model = family.build(family.config(vocab_size=size, **chosen)).eval()
    for weight in model.parameters():
        weight.mul_(sharp)
    return Member(name, asdict(cast("Any", model).config), model)


def several(size: int = SIZE) -> list[Member]:
    kinds = ["seq2seq", "gpt", "transformer"]
    return [member_of(name, plugins.family(name).variants[0], at, size) for at, name in enumerate(kinds)]


def fused_of(members: Sequence[Member], weights: Sequence[float], mix: Mix = "arithmetic") -> Fused:
    told = [{key: one for key, one in member.settings.items() if key != "vocab_size"} for member in members]
    named = [{"family": member.family, **one} for member, one in zip(members, told, strict=True)]
    size = int(members[0].settings["vocab_size"])
    config = FusedConfig(vocab_size=size, members=cast("Any", named), weights=list(weights), mix=mix)
    return Fused(config, [member.model for member in members]).eval()


def said(model: object) -> Tensor:
    return cast("TrainableModel", model)(*pad(CONTEXTS, PAD), REPLIES)


def texts(model: object, decoding: Decoding) -> list[list[int]]:
    rows = write(cast("TrainableModel", model), CONTEXTS, [decoding] * len(CONTEXTS))
    return [row.tokens for row in rows]


def searched(model: object, beams: Beams) -> list[list[list[int]]]:
    found = search(cast("TrainableModel", model), CONTEXTS, beams)
    return [[one.tokens for one in told] for told in found]


def bent(model: nn.Module, row: Tensor) -> nn.Module:
    """A model that says `row` whatever it reads."""

    class Bent(nn.Module):
        def start(self, contexts: Tensor, lengths: Tensor) -> dict[str, Tensor]:
            return cast("TrainableModel", model).start(contexts, lengths)

        def step(self, tokens: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
            return row.expand(len(tokens), -1), state

        def select(self, state: dict[str, Tensor], rows: Tensor) -> dict[str, Tensor]:
            return cast("TrainableModel", model).select(state, rows)

        def forward(self, contexts: Tensor, lengths: Tensor, replies: Tensor) -> Tensor:
            return row.expand(*replies.shape, -1)

    return Bent()


# What follows from how they are mixed


@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize(("name", "chosen"), BUILDS)
def test_one_alone_says_what_it_says_anyway(name: str, chosen: Any, mix: Mix) -> None:
    member = member_of(name, chosen)
    alone = fused_of([member], [1.0], mix)
    torch.testing.assert_close(said(alone), said(member.model).log_softmax(dim=-1), **CLOSE)
    for decoding in (Decoding(max_tokens=10), DRAWN, replace(DRAWN, top_p=0.8, top_k=9, repetition_penalty=1.0)):
        assert texts(alone, decoding) == texts(member.model, decoding)
    assert searched(alone, Beams(3, most=8)) == searched(member.model, Beams(3, most=8))


@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize(("name", "chosen"), BUILDS)
def test_twins_say_together_what_each_says(name: str, chosen: Any, mix: Mix) -> None:
    member = member_of(name, chosen)
    both = fused_of([member, member], [0.3, 0.7], mix)
    torch.testing.assert_close(said(both), said(member.model).log_softmax(dim=-1), **CLOSE)


@pytest.mark.parametrize("mix", MIXES)
def test_who_has_all_the_weight_is_the_only_one_heard(mix: Mix) -> None:
    members = several()
    for at, member in enumerate(members):
        only = fused_of(members, [float(at == other) for other in range(len(members))], mix)
        torch.testing.assert_close(said(only), said(member.model).log_softmax(dim=-1), **CLOSE)
        assert texts(only, DRAWN) == texts(member.model, DRAWN)
        assert searched(only, Beams(3, most=8)) == searched(member.model, Beams(3, most=8))


@pytest.mark.parametrize("nonsense", [1e4, 1e30, math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("mix", MIXES)
def test_who_has_no_weight_is_not_heard_whatever_it_says(mix: Mix, nonsense: float) -> None:
    members = several()
    row = torch.zeros(SIZE)
    row[13] = nonsense
    mad = replace(members[2], model=bent(members[2].model, row))
    two, three = fused_of(members[:2], [0.4, 0.6], mix), fused_of([*members[:2], mad], [0.4, 0.6, 0.0], mix)
    torch.testing.assert_close(said(three), said(two), atol=0, rtol=0)
    assert texts(three, DRAWN) == texts(two, DRAWN)
    assert searched(three, Beams(3, most=8)) == searched(two, Beams(3, most=8))


@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize("order", [[1, 0, 2], [2, 1, 0], [1, 2, 0]])
def test_the_order_of_members_does_not_matter(mix: Mix, order: list[int]) -> None:
    members, weights = several(), [0.5, 0.2, 0.3]
    one = fused_of(members, weights, mix)
    other = fused_of([members[at] for at in order], [weights[at] for at in order], mix)
    torch.testing.assert_close(said(other), said(one), **CLOSE)
    assert texts(other, Decoding(max_tokens=10)) == texts(one, Decoding(max_tokens=10))
    assert searched(other, Beams(3, most=8)) == searched(one, Beams(3, most=8))


PART = st.floats(0.05, 1.0)
ROWS = st.lists(st.lists(st.floats(-30, 30), min_size=5, max_size=5), min_size=1, max_size=4)


def mixer(weights: Sequence[float], mix: Mix) -> Fused:
    members = [{"family": "none"}] * len(weights)
    return Fused(FusedConfig(vocab_size=5, members=cast("Any", members), weights=list(weights), mix=mix), [])


@settings(deadline=None)
@given(ROWS, st.lists(PART, min_size=4, max_size=4), st.sampled_from(MIXES), st.floats(-50, 50))
def test_mixed_probabilities_add_up_to_1_and_lie_where_they_must(
    rows: list[list[float]], parts: list[float], mix: Mix, louder: float
) -> None:
    parts = parts[: len(rows)]
    weights = [part / sum(parts) for part in parts]
    mixed = mixer(weights, mix).mix([torch.tensor(row) for row in rows])
    assert float(mixed.exp().sum()) == pytest.approx(1, abs=1e-5)
    odds = torch.tensor(rows).log_softmax(dim=-1)
    if mix == "arithmetic":
        assert (mixed <= odds.amax(dim=0) + 1e-4).all()
        assert (mixed >= odds.amin(dim=0) - 1e-4).all()
    shifted = mixer(weights, mix).mix([torch.tensor(row) + louder for row in rows])
    torch.testing.assert_close(shifted, mixed, atol=1e-4, rtol=1e-4)  # how loud numbers are says nothing


def test_two_distributions_are_mixed_as_by_hand() -> None:
    one, other = torch.tensor([0.5, 0.3, 0.1, 0.06, 0.04]), torch.tensor([0.1, 0.1, 0.6, 0.1, 0.1])
    odds = [one.log() + 3, other.log() - 5]
    torch.testing.assert_close(
        mixer([0.25, 0.75], "arithmetic").mix(odds).exp(), torch.tensor([0.2, 0.15, 0.475, 0.09, 0.085])
    )
    roots = torch.tensor([math.sqrt(a * b) for a, b in zip(one.tolist(), other.tolist(), strict=True)])
    torch.testing.assert_close(mixer([0.5, 0.5], "geometric").mix(odds).exp(), roots / roots.sum())


def test_what_one_is_sure_of_stays_possible_and_what_one_excludes_does_not() -> None:
    sure, other = torch.tensor([0.0, *[-math.inf] * 4]), torch.tensor([-math.inf, 0.0, 0.0, -math.inf, -math.inf])
    mixed = mixer([0.5, 0.5], "arithmetic").mix([sure, other]).exp()
    torch.testing.assert_close(mixed, torch.tensor([0.5, 0.25, 0.25, 0.0, 0.0]))
    even = torch.zeros(5)
    excluded = mixer([0.5, 0.5], "geometric").mix([even, other]).exp()
    torch.testing.assert_close(excluded, torch.tensor([0.0, 0.5, 0.5, 0.0, 0.0]))


def test_weights_of_a_file_that_are_a_little_off_still_give_probabilities() -> None:
    for mix in MIXES:
        mixed = mixer([0.50004, 0.50004], mix).mix([torch.zeros(5), torch.ones(5)])
        assert float(mixed.exp().sum()) == pytest.approx(1, abs=1e-6)


# Settings that make no sense

GRU = FAMILY.variants[0]["members"][0]


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"members": [], "weights": []}, "0 members cannot have 0 weights"),
        ({"members": [GRU], "weights": [0.5, 0.5]}, "1 members cannot have 2 weights"),
        ({"members": [GRU, GRU], "weights": [1.5, -0.5]}, "not be negative"),
        ({"members": [GRU, GRU], "weights": [0.5, 0.4]}, "add up to 1"),
        ({"members": [GRU], "weights": [math.nan]}, "add up to 1"),
        ({"members": [GRU], "weights": ["all"]}, "should be of type float"),
        ({"members": [GRU], "weights": [1.0], "mix": "loud"}, "none of arithmetic, geometric"),
        ({"members": ["gpt"], "weights": [1.0]}, "members.1: 'gpt' should be a table"),
        ({"members": [{"width": 4}], "weights": [1.0]}, "nlg.models has no ''"),
        ({"members": [{"family": "oracle"}], "weights": [1.0]}, "nlg.models has no 'oracle'"),
        ({"members": [GRU, {**GRU, "wings": 2}], "weights": [0.5, 0.5]}, "members.2: unknown setting 'wings'"),
        ({"members": [{"family": "gpt", "heads": 0}], "weights": [1.0]}, "members.1: no gpt can be built"),
        ({"members": [{"family": "gpt", "width": -4}], "weights": [1.0]}, "members.1: no gpt can be built"),
        ({"members": [{"family": "fused", **FAMILY.variants[0]}], "weights": [1.0]}, "cannot be a member of another"),
    ],
)
def test_damaged_settings_are_refused_with_the_place(
    settings: dict[str, Any], error: str, made: Checkpoint, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match=error):
        FAMILY.build(recipes.configure({"family": "fused", **settings}, SIZE))
    folder = tmp_path / "damaged"
    checkpoint.save(made, folder)
    files, _ = manifest.read(folder)
    config = json.loads(files["config.json"])
    config["settings"] = {"vocab_size": made.tokenizer.size, **settings}
    checkpoint.write(folder, {**files, "config.json": json.dumps(config).encode()})
    with pytest.raises(CheckpointError, match=error):
        checkpoint.load(folder)


# Weights that are found

ODDS = st.integers(1, 4).flatmap(
    lambda many: st.lists(st.lists(st.floats(-20, 0), min_size=many, max_size=many), min_size=1, max_size=20)
)


def likelihood(odds: Tensor, shares: Tensor) -> float:
    return float((odds + shares.log()).logsumexp(dim=-1).mean())


@settings(max_examples=100, deadline=None)
@given(ODDS, st.integers(0, 1000))
def test_no_round_makes_the_replies_less_likely(rows: list[list[float]], seed: int) -> None:
    odds = torch.tensor(rows, dtype=torch.float64)
    shares = torch.rand(odds.shape[1], generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + 0.01
    shares = shares / shares.sum()
    for _ in range(20):
        grown = mixing.maximised(odds, shares)
        assert float(grown.sum()) == pytest.approx(1)
        assert likelihood(odds, grown) >= likelihood(odds, shares) - 1e-12
        shares = grown


@settings(max_examples=60, deadline=None)
@given(ODDS, st.integers(0, 1000))
def test_no_weights_are_better_than_those_that_are_found(rows: list[list[float]], seed: int) -> None:
    odds = torch.tensor(rows, dtype=torch.float64)
    found = likelihood(odds, mixing.likeliest(odds))
    chance = torch.Generator().manual_seed(seed)
    others = torch.rand(50, odds.shape[1], generator=chance, dtype=torch.float64).pow(4) + 1e-9
    corners = torch.eye(odds.shape[1], dtype=torch.float64) + 1e-12
    for other in [*others, *corners]:
        assert found >= likelihood(odds, other / other.sum()) - 1e-3


def test_the_found_weights_stand_still() -> None:
    odds = torch.randn(200, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64) - 4
    shares = mixing.likeliest(odds)
    growth = mixing.maximised(odds, shares) / shares
    assert float(growth.max()) <= 1 + 1e-5


def test_equal_members_are_as_good_by_any_split() -> None:
    odds = torch.randn(50, 1, generator=torch.Generator().manual_seed(1), dtype=torch.float64).expand(-1, 3)
    shares = mixing.likeliest(odds)
    torch.testing.assert_close(shares, torch.full((3,), 1 / 3, dtype=torch.float64))
    for split in ([0.2, 0.3, 0.5], [0.0, 0.0, 1.0]):
        told = torch.tensor(split, dtype=torch.float64)
        torch.testing.assert_close(mixing.maximised(odds, told), told)
        assert likelihood(odds, told) == pytest.approx(likelihood(odds, shares))


def held_out() -> list[Batch]:
    chance = torch.Generator().manual_seed(2)
    pairs = [([9, 40, 41], torch.randint(20, 55, (4,), generator=chance).tolist()) for _ in range(12)]
    return [batches.collate(pairs[:8]), batches.collate(pairs[8:])]


class Oracle(nn.Module):
    """Knows what comes next in these batches, and is as sure of it as of `odds`."""

    def __init__(self, told: Sequence[Batch], odds: float) -> None:
        super().__init__()
        self.told, self.odds = told, odds

    def forward(self, contexts: Tensor, lengths: Tensor, replies: Tensor) -> Tensor:
        batch = next(batch for batch in self.told if torch.equal(batch.inputs, replies))
        known = nn.functional.one_hot(batch.targets.clamp(min=0), SIZE).bool()
        return torch.zeros(known.shape).masked_fill(known, self.odds)


def oracle(odds: float) -> Member:
    return Member("oracle", {"vocab_size": SIZE}, Oracle(held_out(), odds))


FITS = [mixing.expectation_maximisation, mixing.log_linear]


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("first", [True, False])
def test_who_knows_everything_is_heard_and_who_guesses_is_not(fit: Any, first: bool) -> None:
    knows, guesses = oracle(12.0), member_of("gpt", plugins.family("gpt").variants[1])
    weights = fit([knows, guesses] if first else [guesses, knows], held_out())
    assert weights[0 if first else 1] > 0.95


@pytest.mark.parametrize("fit", FITS)
def test_twins_share(fit: Any) -> None:
    one = several()[0]
    assert fit([one, one], held_out()) == pytest.approx([0.5, 0.5], abs=1e-3)
    assert fit([one], held_out()) == [1.0]


def loss(weights: Sequence[float], mix: Mix, members: Sequence[Member]) -> float:
    model, total, tokens = fused_of(members, weights, mix), 0.0, 0
    for batch in held_out():
        odds = model(batch.contexts, batch.lengths, batch.inputs)
        targets = batch.targets.flatten()
        total += float(nn.functional.cross_entropy(odds.flatten(0, 1), targets, ignore_index=IGNORED, reduction="sum"))
        tokens += int((targets != IGNORED).sum())
    return total / tokens


@pytest.mark.parametrize(("fit", "mix"), list(zip(FITS, MIXES, strict=True)))
@pytest.mark.parametrize("sharp", [1.0, 2.0])
def test_what_is_found_is_at_least_as_good_as_equal_weights_or_one_alone(fit: Any, mix: Mix, sharp: float) -> None:
    kinds = ["seq2seq", "gpt", "transformer"]
    members = [member_of(name, plugins.family(name).variants[0], at, sharp=sharp) for at, name in enumerate(kinds)]
    weights = fit(members, held_out())
    assert sum(weights) == pytest.approx(1, abs=1e-9)
    assert min(weights) >= 0
    found = loss(weights, mix, members)
    assert found <= loss([1 / 3] * 3, mix, members) + 1e-5
    assert found <= min(loss([float(at == one) for one in range(3)], mix, members) for at in range(3)) + 5e-3


@pytest.mark.parametrize("fit", FITS)
def test_a_member_that_lost_its_numbers_is_named(fit: Any) -> None:
    with pytest.raises(FusionError, match="oracle among the models has lost its numbers"):
        fit([oracle(math.nan), several()[0]], held_out())


@pytest.mark.parametrize("fit", FITS)
def test_what_a_member_excludes_leaves_the_others_their_weights(fit: Any) -> None:
    weights = fit([oracle(-math.inf), several()[0]], held_out())
    assert weights == pytest.approx([0, 1], abs=0.05)


@settings(deadline=None)
@given(st.lists(st.floats(0.0, 1e9), min_size=1, max_size=6).filter(lambda parts: sum(parts) > 1e-3))
def test_weights_for_a_file_add_up_to_1(parts: list[float]) -> None:
    weights = mixing._rounded(torch.tensor(parts, dtype=torch.float64) / sum(parts))
    assert sum(weights) == pytest.approx(1, abs=1e-9)
    assert min(weights) >= 0
    assert all(weight == round(weight, 6) for weight in weights)


def test_members_without_weight_are_left_out_of_the_model_and_named() -> None:
    members = several()
    blend = mixing.blend(Ingredients(members), "arithmetic", [0.0, 0.25, 0.75])
    assert blend.settings["weights"] == [0.25, 0.75]
    assert [one["family"] for one in blend.settings["members"]] == ["gpt", "transformer"]
    assert blend.note == (
        "Mixed (arithmetic) by the weights seq2seq 0.000, gpt 0.250, transformer 0.750. Who has none was left out."
    )
    model = FAMILY.build(FusedConfig(vocab_size=SIZE, **cast("Any", blend.settings))).eval()
    model.load_state_dict(dict(blend.weights))
    torch.testing.assert_close(said(model), said(fused_of(members[1:], [0.25, 0.75])), atol=0, rtol=0)


def test_as_many_weights_as_members_are_needed() -> None:
    for method in ("arithmetic", "geometric"):
        with pytest.raises(FusionError, match="3 models need as many weights, and there are 2"):
            plugins.fusion(method)()(Ingredients(several(), weights=[0.5, 0.5]))


# The result is a model like any other


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, tokenizer: ReplyTokenizer, told: str) -> list[Path]:
    """Checkpoints of several families and of one vocabulary, each with a recipe."""
    made = []
    with torch.no_grad():
        for name, context in (("seq2seq", 40), ("gpt", 48), ("hybrid", 20)):
            chosen = plugins.family(name).variants[0]
            member = member_of(name, {**chosen, **({"positions": 128} if name == "gpt" else {})}, 5, tokenizer.size)
            path = tmp_path_factory.mktemp(name) / "model"
            one = Checkpoint(name, name, member.model, tokenizer, context, Decoding(max_tokens=12))
            checkpoint.save(one, path, {RECIPE: told.encode()}, half=True)
            made.append(path)
    return made


@pytest.fixture(scope="module")
def made(folders: list[Path]) -> Checkpoint:
    return fuse(plugins.fusion("arithmetic")(), Wish(folders, weights=[2, 1, 1]), nothing)[0]


def nothing(_: str, __: int) -> list[Batch]:
    raise AssertionError("weights were given, so nothing need be read")


def test_a_fused_checkpoint_comes_back_as_it_was_and_of_one_version(made: Checkpoint, tmp_path: Path) -> None:
    versions = [checkpoint.save(made, tmp_path / name, half=True) for name in ("one", "two")]
    assert versions[0] == versions[1]
    again = checkpoint.load(tmp_path / "one")
    assert again.id == f"fused@{versions[0]}"
    assert cast("Fused", again.model).config == cast("Fused", made.model).config
    torch.testing.assert_close(said(again.model), said(made.model), atol=0, rtol=0)
    assert checkpoint.save(again, tmp_path / "three", half=True) == versions[0]


def test_it_reads_no_more_than_all_of_its_members_can(made: Checkpoint) -> None:
    assert made.context == 20
    long = made.tokenizer.context((Line(Role.USER, "where is my parcel " * 20),), "en", made.context)
    assert len(write(made.writer, [long], [made.decoding])) == 1


def test_it_is_served_and_says_what_it_says_anyway(made: Checkpoint) -> None:
    context = made.tokenizer.context((Line(Role.USER, "where is my parcel"),), "", made.context)
    decoding = replace(made.decoding, max_tokens=12)
    [row] = write(made.writer, [context], [decoding], made.tokenizer.silent)
    engine = Engine(made)
    try:
        draft = engine.submit(prompt_of("where is my parcel", tokens=12), lambda _: None).result(30)
    finally:
        engine.close()
    assert draft.text == made.tokenizer.decode(row.tokens).replace("\ufffd", "").strip()


def test_it_is_measured_and_has_a_card(made: Checkpoint, questions: Path, told: str, tmp_path: Path) -> None:
    checkpoint.save(made, tmp_path / "fused", {RECIPE: told.encode()})
    report = card.write(tmp_path / "fused", questions)
    assert report.parameters == sum(weight.numel() for weight in made.model.parameters())
    assert all(group.perplexity_token and group.perplexity_token > 1 for group in report.groups)
    assert "parameter `fused` model" in (tmp_path / "fused" / "README.md").read_text()


def test_it_teaches(made: Checkpoint, questions: Path) -> None:
    encoded = batches.encode(corpus_of(questions, ["shop"], "dev"), made.tokenizer, made.context)
    batch = batches.plain(encoded, 4)[0]
    live = Live(made.model, torch.device("cpu"))
    live.check(frozenset({"odds"}))
    lesson = live(batch, frozenset({"odds"}))
    assert lesson.signal is not None
    odds = made.model(batch.contexts, batch.lengths, batch.inputs)
    torch.testing.assert_close(lesson.signal.odds, odds, atol=1e-5, rtol=1e-5)
    with pytest.raises(RecipeError, match="'fused' does not have one encoder"):
        live.check(frozenset({"memory"}))


def test_it_can_be_made_int8(made: Checkpoint, tmp_path: Path) -> None:
    small = int8.quantised(made)
    assert int8.is_quantised(small)
    apart = (said(small.model).exp() - said(made.model).exp()).abs().sum(dim=-1) / 2
    assert float(apart.max()) < 0.1
    checkpoint.save(small, tmp_path / "small")
    again = checkpoint.load(tmp_path / "small")
    torch.testing.assert_close(said(again.model), said(small.model), atol=0, rtol=0)
    assert texts(again.model, DRAWN) == texts(small.model, DRAWN)


def test_int8_members_are_fused_as_whole_ones(folders: list[Path], made: Checkpoint, tmp_path: Path) -> None:
    checkpoint.save(int8.quantised(checkpoint.load(folders[0])), tmp_path / "small")
    mixed, _ = fuse(plugins.fusion("arithmetic")(), Wish([tmp_path / "small", *folders[1:]], None, [2, 1, 1]), nothing)
    assert not int8.is_quantised(mixed)
    assert float((said(mixed.model).exp() - said(made.model).exp()).abs().max()) < 0.05


@pytest.mark.parametrize("method", ["arithmetic", "geometric"])
def test_it_is_no_member_of_another(method: str, made: Checkpoint, folders: list[Path], tmp_path: Path) -> None:
    checkpoint.save(made, tmp_path / "fused")
    with pytest.raises(FusionError, match=r"cannot be a member of another\. Fuse all of their members at once"):
        fuse(plugins.fusion(method)(), Wish([tmp_path / "fused", folders[0]], weights=[1, 1]), nothing)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"seq2seq", "gpt"}])
def test_members_of_every_family_are_saved_with_their_settings(
    name: str, folders: list[Path], tokenizer: ReplyTokenizer, told: str, tmp_path: Path
) -> None:
    member = member_of(name, plugins.family(name).variants[-1], 5, tokenizer.size)
    checkpoint.save(Checkpoint(name, name, member.model, tokenizer, 24), tmp_path / name, {RECIPE: told.encode()})
    mixed, _ = fuse(plugins.fusion("geometric")(), Wish([tmp_path / name, folders[0]], weights=[1, 3]), nothing)
    checkpoint.save(mixed, tmp_path / "fused")
    again = checkpoint.load(tmp_path / "fused")
    torch.testing.assert_close(said(again.model), said(mixed.model), atol=0, rtol=0)
    alone = fuse(plugins.fusion("geometric")(), Wish([tmp_path / name, folders[0]], weights=[1, 0]), nothing)[0]
    torch.testing.assert_close(said(alone.model), said(member.model).log_softmax(dim=-1), **CLOSE)


@pytest.mark.parametrize(("method", "mix"), [("arithmetic", "arithmetic"), ("geometric", "geometric")])
def test_weights_come_from_the_dev_split(
    method: str, mix: Mix, folders: list[Path], questions: Path, tmp_path: Path
) -> None:
    first = checkpoint.load(folders[0])
    asked: list[tuple[str, int]] = []

    def read(split: str, context: int) -> list[Batch]:
        asked.append((split, context))
        return reader(questions, ["shop"], first, 0)(split, context)

    mixed, blend = fuse(plugins.fusion(method)(), Wish(folders), read)
    assert asked == [("dev", 20)]
    config = cast("Fused", mixed.model).config
    assert config.mix == mix
    assert sum(config.weights) == pytest.approx(1, abs=1e-9)
    assert f"Mixed ({mix})" in blend.note
    checkpoint.save(mixed, tmp_path / "fused")
    written = json.loads((tmp_path / "fused" / "config.json").read_text())["settings"]["weights"]
    assert sum(written) == pytest.approx(1, abs=1e-9)


# transformers


@pytest.fixture(scope="module", params=MIXES)
def shown(request: pytest.FixtureRequest, tokenizer: ReplyTokenizer) -> tuple[Checkpoint, Any]:
    """A fused model that comes to an end, and how transformers sees it."""
    pytest.importorskip("transformers", reason="pip install 'palaver[hub]'")
    from nlg.hub import ReplyForSeq2SeqLM  # noqa: PLC0415 - transformers is an extra

    with torch.no_grad():
        members = several(tokenizer.size)
        for weight in (one for member in members for one in member.model.parameters()):
            if weight.shape == (tokenizer.size,):
                weight[EOS] += 6  # the bias of the odds
        mixed = Checkpoint("mixed", "fused", fused_of(members, [0.5, 0.2, 0.3], request.param), tokenizer, 20)
    return mixed, ReplyForSeq2SeqLM.present(mixed)


def generated(shown: tuple[Checkpoint, Any], **options: int) -> tuple[list[list[int]], list[list[int]]]:
    """Contexts, and the rows that transformers writes after them, from their beginning to their end."""
    made, theirs = shown
    lines = [(Line(Role.USER, text),) for text in ("where is my parcel", "hi", "可以退货吗", "can i send it back")]
    contexts = [made.tokenizer.context(line, "", made.context) for line in lines]
    tokens, lengths = pad(contexts, PAD)
    mask = (torch.arange(tokens.shape[1]) < lengths.unsqueeze(1)).long()
    rows = theirs.generate(input_ids=tokens, attention_mask=mask, **options).tolist()
    return contexts, [row[1 : row.index(EOS) + 1 if EOS in row else len(row)] for row in rows]


def test_generate_of_transformers_is_greedy_as_we_are(shown: tuple[Checkpoint, Any]) -> None:
    contexts, rows = generated(shown, max_new_tokens=12)
    made = shown[0]
    ours = write(made.writer, contexts, [Decoding(max_tokens=12)] * len(contexts), made.tokenizer.silent)
    assert [[token for token in row if token != EOS] for row in rows] == [row.tokens for row in ours]


@pytest.mark.parametrize("beams", [1, 2, 3, 4])
def test_generate_of_transformers_searches_as_we_do(shown: tuple[Checkpoint, Any], beams: int) -> None:
    contexts, rows = generated(shown, max_new_tokens=60, num_beams=beams, num_return_sequences=beams)
    made = shown[0]
    found = search(made.writer, contexts, Beams(beams, most=60), made.tokenizer.silent)
    ended = [all(EOS in row for row in rows[at : at + beams]) for at in range(0, len(rows), beams)]
    assert any(ended)  # where some were cut, theirs are beside those that ended, and ours are not
    for at, told in enumerate(found):
        if ended[at]:
            assert [[*one.tokens, EOS] for one in told] == rows[at * beams : (at + 1) * beams]


@given(st.integers(0, 60), st.integers(0, 20))
def test_some_examples_are_of_all_parts_of_what_was_found(many: int, most: int) -> None:
    some = spread(range(many), most)
    if most == 0 or most >= many:
        assert list(some) == list(range(many))
    else:
        gaps = [later - earlier for earlier, later in pairwise([*some, many])]
        assert len(some) == most
        assert max(gaps) - min(gaps) <= 1
