from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nlg.serving.crowding import SHARE, STANDING_SECONDS, Crowding


def test_prompts_that_waited_a_little_are_never_refused():
    crowding = Crowding()
    assert not any(crowding.refuses(SHARE * 8.0, 8.0, now / 10) for now in range(100))


def test_a_queue_that_stays_too_long_is_refused_after_a_moment():
    crowding = Crowding()
    answers = [crowding.refuses(3.0, 8.0, now / 10) for now in range(20)]
    assert answers == [False] * 10 + [True] * 10


def test_a_queue_that_is_being_worked_off_is_not_refused():
    """As after a restart: the oldest prompt waited long, and each taken after it less."""
    crowding = Crowding()
    assert not any(crowding.refuses(7.0 - 7.0 * now, 8.0, now) for now in (0.0, 0.3, 0.6, 0.72, 0.9, 1.2))


def test_one_prompt_in_time_ends_the_refusals():
    crowding = Crowding()
    for now in range(5):
        crowding.refuses(7.0, 8.0, float(now))
    assert not crowding.refuses(0.1, 8.0, 5.0)
    assert not crowding.refuses(7.0, 8.0, 5.1)


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0.1, 60)), max_size=50))
def test_nothing_is_refused_within_the_first_moment(prompts):
    crowding = Crowding()
    step = STANDING_SECONDS / 60
    assert not any(crowding.refuses(waited, seconds, at * step) for at, (waited, seconds) in enumerate(prompts))
