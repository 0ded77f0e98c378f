"""Feedback buttons, through the real `slack_sdk` and a local Slack, in Socket Mode and over HTTP."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from slack_sdk.models.blocks import ContextActionsBlock, RichTextBlock

from bot.messages import Address, Ignored, Opinion, Thumb
from bot.untrusted import Unusable
from connectors.slack.commands import to_interaction
from connectors.slack.events import Me
from connectors.slack.thumbs import ACTION, blocks

KEY = "0b0a3d5e-1111-2222-3333-444455556666"


def press(value: object, action: str = ACTION, **more: object) -> dict[str, object]:
    pressed = {"action_id": action, "type": "feedback_buttons", "value": value}
    where = {"team": {"id": "T1"}, "channel": {"id": "D7"}, "user": {"id": "U7"}}
    return {"type": "block_actions", **where, "actions": [pressed], **more}


def read(payload: dict[str, object]) -> object:
    return to_interaction(payload, Me("T1", "U0"), time.time())


async def test_a_models_reply_carries_the_buttons_and_the_text_as_it_is(slack, sender, part):
    evil = "<!channel> & *bold*"
    await sender.send(replace(part(evil, "D7", send_key=KEY), asks=True))
    (said,) = slack.posted("D7")
    text, buttons = said["blocks"]
    assert text["elements"][0]["elements"] == [{"type": "text", "text": evil}]
    assert buttons["elements"][0]["positive_button"]["value"] == f"up:{KEY}"
    assert "<" not in said["text"]


async def test_other_parts_carry_none(slack, sender, part):
    await sender.send(part("Help", "D7"))
    assert "blocks" not in slack.posted("D7")[0]


def test_the_library_takes_our_blocks_for_what_they_are(part):
    text, buttons = blocks(replace(part("hello", send_key=KEY), asks=True))
    RichTextBlock(**{name: value for name, value in text.items() if name != "type"}).validate_json()
    ContextActionsBlock(**{name: value for name, value in buttons.items() if name != "type"}).validate_json()


async def test_a_press_is_an_opinion_that_can_be_changed(link, part):
    sent = replace(part("A reply", "D7"), asks=True, send_key=KEY)
    receipt = await link.connector.send(sent)
    for side in ("positive", "negative"):
        delivery = await link.slack.judge(receipt.platform_id, side, channel="D7", user="U7")
        await link.slack.settled()
        assert delivery.taken
    up, down = link.inbox.only(Opinion)
    assert (up.address, up.sender, up.thumb, up.send_key) == (
        Address("slack", "T0STANDIN", "D7"),
        "U7",
        Thumb.UP,
        KEY,
    )
    assert (down.thumb, down.send_key) == (Thumb.DOWN, KEY)
    assert up.key != down.key


async def test_the_same_press_delivered_twice_is_one_opinion(link, part):
    receipt = await link.connector.send(replace(part("A reply", "D7"), asks=True, send_key=KEY))
    delivery = await link.slack.judge(receipt.platform_id, "positive", channel="D7")
    await link.slack.settled()
    link.slack.deliver("interactive", delivery.payload)
    await link.slack.settled()
    assert len(link.inbox.only(Opinion)) == 1


@pytest.mark.parametrize(
    "payload",
    [
        press("positive_feedback", action="feedback"),
        press("sideways:x"),
        press("up:"),
        press("up:" + "x" * 40),
        press("up:x", type="view_submission"),
        press("up:x", actions="none"),
        press("up:x", actions=[7, None]),
    ],
)
def test_any_other_interaction_means_nothing(payload):
    assert isinstance(read(payload), Ignored)


@pytest.mark.parametrize("payload", [press(["up"]), press("up:x", channel={}), press("up:x", user=None)])
def test_one_that_slack_would_not_send_is_unusable(payload):
    with pytest.raises(Unusable):
        read(payload)
