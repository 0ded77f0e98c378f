"""Who gets which version: everybody the same one each time, each version its share, and growth takes nobody away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import RolloutError
from bot.messages import Address
from bot.versions import Stage, Version, assigned, moved, moved_back

NAMES = st.text("abcdefgh0123456789-.", min_size=1, max_size=12)
PLACES = st.builds(Address, st.sampled_from(["telegram", "slack", "web"]), NAMES, NAMES, st.one_of(st.just(""), NAMES))
PEOPLE = [Address("telegram", "bot", str(number)) for number in range(20_000)]


def line(**canaries: float) -> list[Version]:
    return [Version("old", Stage.PRODUCTION), *(Version(n, Stage.CANARY, share) for n, share in canaries.items())]


def names(versions: list[Version], people: list[Address] = PEOPLE) -> list[str]:
    return [chosen.name for one in people if (chosen := assigned(one, versions))]


@given(PLACES, st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_who_has_the_canary_keeps_it_while_its_share_grows(place: Address, one: float, other: float) -> None:
    small, large = sorted((one, other))
    if names(line(new=small), [place]) == ["new"]:
        assert names(line(new=large), [place]) == ["new"]


@given(PLACES, st.floats(0.01, 0.5), st.floats(0.01, 0.48), st.floats(0.01, 0.48))
def test_a_canary_that_grows_takes_people_only_to_itself(place: Address, mine: float, one: float, other: float) -> None:
    small, large = sorted((one, other))
    before, after = names(line(a=mine, b=small), [place])[0], names(line(a=mine, b=large), [place])[0]
    if before == "b":
        assert after == "b"
    if before == "a":
        assert after in ("a", "b")


@given(PLACES, st.floats(0.01, 0.99))
def test_who_has_a_canary_keeps_it_when_another_version_goes_into_production(place: Address, share: float) -> None:
    other = [Version("newer", Stage.PRODUCTION), Version("new", Stage.CANARY, share)]
    assert (names(line(new=share), [place]) == ["new"]) == (names(other, [place]) == ["new"])


@given(PLACES)
def test_without_canaries_production_answers_everybody_and_shadows_nobody(place: Address) -> None:
    others = [Version("s", Stage.SHADOW), Version("c"), Version("r", Stage.RETIRED)]
    assert names([*others, *line()], [place]) == ["old"]
    assert assigned(place, others) is None


@pytest.mark.parametrize("shares", [{"a": 0.05}, {"a": 0.5}, {"a": 0.1, "b": 0.3}, {"a": 0.01, "b": 0.98}])
def test_every_version_gets_its_share_of_the_people(shares: dict[str, float]) -> None:
    given_to = names(line(**shares))
    for name, share in shares.items():
        error = 4 * (share * (1 - share) / len(PEOPLE)) ** 0.5
        assert given_to.count(name) / len(PEOPLE) == pytest.approx(share, abs=error)


def test_the_draws_of_two_canaries_have_nothing_to_do_with_one_another() -> None:
    first, second = names(line(a=0.3)), names(line(b=0.3))
    both = sum(one == "a" and two == "b" for one, two in zip(first, second, strict=True))
    assert both / len(PEOPLE) == pytest.approx(0.09, abs=0.01)


def test_the_threads_of_a_chat_are_drawn_each_for_itself() -> None:
    threads = [Address("slack", "T1", "C1", str(number)) for number in range(2000)]
    assert names(line(new=0.5), threads).count("new") == pytest.approx(1000, abs=100)


def stages(versions: list[Version]) -> dict[str, Stage]:
    return {version.name: version.stage for version in versions}


def test_a_promotion_retires_who_was_there_and_a_roll_back_brings_it_back() -> None:
    versions = [Version("old", Stage.PRODUCTION), Version("new", Stage.CANARY, 0.1)]
    promoted = moved(versions, "new", Stage.PRODUCTION)
    assert stages(promoted) == {"old": Stage.RETIRED, "new": Stage.PRODUCTION}
    assert promoted[-1].share == 0
    back = moved_back(promoted, "new")
    assert stages(back) == {"new": Stage.CANDIDATE, "old": Stage.PRODUCTION}


def test_roll_backs_go_back_step_by_step_and_not_to_and_fro() -> None:
    table = {name: Version(name) for name in ("a", "b", "c")}

    def do(changed: list[Version]) -> None:
        table.update({version.name: version for version in changed})

    for name in table:
        do(moved(list(table.values()), name, Stage.PRODUCTION))
    for name, before in (("c", "b"), ("b", "a")):
        do(moved_back(list(table.values()), name))
        assert table[before].stage is Stage.PRODUCTION
    with pytest.raises(RolloutError, match="took nobody's place"):
        moved_back(list(table.values()), "a")


@pytest.mark.parametrize("share", [0.0, -0.1, 1.0, 0.95])
def test_canaries_leave_some_people_to_production(share: float) -> None:
    versions = [*line(one=0.1), Version("two")]
    with pytest.raises(RolloutError, match="share"):
        moved(versions, "two", Stage.CANARY, share)


def test_a_change_that_changes_nothing_is_none() -> None:
    assert moved(line(new=0.1), "new", Stage.CANARY, 0.1) == []
    assert moved(line(), "old", Stage.PRODUCTION) == []


def test_what_is_in_production_goes_only_by_being_replaced() -> None:
    for stage in (Stage.RETIRED, Stage.CANDIDATE, Stage.SHADOW):
        with pytest.raises(RolloutError, match="in production"):
            moved(line(), "old", stage)


def test_an_unknown_version_is_named_beside_those_that_are_known() -> None:
    with pytest.raises(RolloutError, match=r"'nwe'.*old, new"):
        moved(line(new=0.1), "nwe", Stage.PRODUCTION)


def test_a_canary_needs_somebody_to_be_compared_with() -> None:
    with pytest.raises(RolloutError, match="Promote one first"):
        moved([Version("new")], "new", Stage.CANARY, 0.1)
