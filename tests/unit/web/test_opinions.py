from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from bot.messages import Address, Opinion, Thumb
from bot.untrusted import Unusable
from connectors.web.messages import to_opinion
from connectors.web.settings import WebSettings
from tests.rig.site import site

ANN = Address("web", "local", "ann")
NAME = "0b0a3d5e-1111-4222-8333-444455556666"


def posted(**body: Any) -> bytes:
    return json.dumps({"id": NAME, "seq": 2, "thumb": "up"} | body).encode()


def test_an_opinion_names_the_reply_by_its_number() -> None:
    opinion = Opinion(ANN, f"ann:{NAME}", "ann", Thumb.UP, seq=2)
    assert to_opinion(ANN, posted()) == opinion
    assert to_opinion(ANN, posted(thumb="")).thumb is Thumb.NONE


@pytest.mark.parametrize(
    "body",
    [
        *({"seq": seq} for seq in ("2", 0, -1, True, 10**16)),
        *({"thumb": thumb} for thumb in ("sideways", None, ["up"])),
        {"id": "7"},
    ],
)
def test_what_cannot_be_used_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(Unusable):
        to_opinion(ANN, posted(**body))


async def test_a_reload_shows_what_the_person_thinks(page, here) -> None:
    await page.say("hello")
    here.talk.say(here.talk.address, "hi", judged=Thumb.NONE)
    here.talk.say(here.talk.address, "a fixed sentence")
    answer = await page.post("opinions", id=str(uuid4()), seq=2, thumb="down")
    assert answer.status_code == 202
    turns = (await page.client.get("/chat/history")).json()["turns"]
    assert [turn.get("judged") for turn in turns] == [None, "down", None]
    assert "judged" not in turns[0]


async def test_turned_off_there_is_nowhere_to_say_it(open_page) -> None:
    async with site(settings=WebSettings(thumbs=False)) as here:
        page = await open_page(here.url).begin()
        assert (await page.post("opinions", id=str(uuid4()), seq=2, thumb="up")).status_code == 404
