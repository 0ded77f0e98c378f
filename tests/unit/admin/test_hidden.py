"""What a text holds and does not show is shown wherever words of people or models stand."""

from __future__ import annotations

import re

import pytest

from bot.staff import Role
from bot.store.reviewing.comparing import keep_pair
from tests.rig.admin import Office
from tests.rig.past import ANN, Past

ASKED, SAID = "pay \u202eexe.gpj\u202c now", "open \u202etxt.exe\u202c, please"
ELSEWHERE = re.compile(r"<textarea.*?</textarea>|<[^>]*>", re.DOTALL)
"""A field holds the text itself, to be changed, and so do attributes, for scripts."""


@pytest.mark.parametrize(
    "path",
    [
        "/conversations",
        "/conversations?q=pay",
        "/conversations/{conversation}",
        "/conversations/{conversation}/replies/{turn}",
        "/conversations/{conversation}/answer",
        "/review/replies/{turn}",
        "/compare",
    ],
)
async def test_a_direction_that_is_turned_round_is_seen_and_turns_nothing(office: Office, path: str) -> None:
    conversation, turn = await Past(office.database).talk(ANN, ASKED, SAID)
    async with office.database.begin() as connection:
        await keep_pair(connection, turn, {"one": SAID, "two": "Please open it."})
    async with office.visitor(Role.ADMIN) as visitor:
        page = (await visitor.http.get("/admin" + path.format(conversation=conversation, turn=turn))).text
    shown = ELSEWHERE.sub("", page)
    assert "U+202E" in shown
    assert "\u202e" not in shown


async def test_an_open_page_is_told_in_pieces(office: Office) -> None:
    conversation, _ = await Past(office.database).talk(ANN, ASKED, SAID)
    async with office.visitor(Role.REVIEWER) as visitor:
        [asked, _] = (await visitor.get(f"/conversations/{conversation}/answer/turns")).json()["turns"]
    assert asked["pieces"][:2] == [["pay ", "", ""], ["\u202e", "U+202E", "Right-to-left override"]]
