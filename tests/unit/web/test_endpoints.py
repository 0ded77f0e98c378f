from __future__ import annotations

from uuid import uuid4

import pytest

from bot.messages import Kind, Speaker
from connectors.web.messages import LONGEST

POSTS = ("session", "messages", "stop", "reset", "forget")


async def test_a_message_is_acknowledged_once_it_is_committed(page, here):
    name = str(uuid4())
    answer = await page.say("Where is my order?", name)
    assert (answer.status_code, answer.json()) == (202, {"id": name})
    assert here.talk.texts() == ["Where is my order?"]


async def test_a_message_that_could_not_be_stored_is_not_acknowledged_and_can_come_again(page, here):
    here.talk.down = True
    name = str(uuid4())
    answer = await page.say("hello", name)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["message"] == "Your message could not be stored just now. Please send it again in a moment."
    here.talk.down = False
    assert (await page.say("hello", name)).status_code == 202
    assert here.talk.texts() == ["hello"]


async def test_the_same_message_again_is_harmless(page, here):
    name = str(uuid4())
    assert [(await page.say("once", name)).status_code for _ in range(3)] == [202] * 3
    assert here.talk.texts() == ["once"]
    assert here.talk.arrivals == 3


async def test_the_same_id_in_two_conversations_is_two_messages(open_page, here):
    name = str(uuid4())
    for _ in range(2):
        await (await open_page().begin()).say("mine", name)
    assert here.talk.texts() == ["mine", "mine"]


@pytest.mark.parametrize("command", ["stop", "reset", "forget"])
async def test_a_button_is_a_command(page, here, command):
    name = str(uuid4())
    for _ in range(2):
        assert (await page.post(command, id=name, language="zh")).status_code == 202
    (message,) = here.talk.accepted
    assert (message.kind, message.command, message.language) == (Kind.COMMAND, command, "zh")


async def test_a_command_in_words_is_a_command_too(page, here):
    await page.say("/help")
    assert here.talk.accepted[0].command == "help"


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}])
async def test_another_site_cannot_write(page, here, path, headers):
    answer = await page.post(path, headers, id=str(uuid4()), text="forged")
    assert (answer.status_code, answer.json()["error"]) == (403, "cross_site")
    assert "set-cookie" not in answer.headers
    assert here.talk.arrivals == 0


@pytest.mark.parametrize("path", ["history", "events"])
async def test_another_site_cannot_read(page, path):
    answer = await page.client.get(f"/chat/{path}", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
async def test_only_json_is_taken_because_forms_of_other_sites_cannot_send_it(page, here, path, kind):
    body = b'{"id": "%s", "text": "forged"}' % str(uuid4()).encode()
    answer = await page.client.post(f"/chat/{path}", content=body, headers={"content-type": kind})
    assert (answer.status_code, answer.json()["error"]) == (415, "not_json")
    assert here.talk.arrivals == 0


async def test_the_type_may_name_its_charset(page):
    body = b'{"id": "%s", "text": "hi"}' % str(uuid4()).encode()
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert (await page.client.post("/chat/messages", content=body, headers=headers)).status_code == 202


async def test_a_long_text_is_refused_with_the_limit(page, here):
    answer = await page.say("中" * (LONGEST + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "too_long")
    assert "at most 4000 characters" in answer.json()["message"]
    assert here.talk.arrivals == 0


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"id": "1", "text": "a"}', b"[" * 100_000])
async def test_what_cannot_be_read_is_refused_with_a_reason(page, here, body):
    answer = await page.client.post("/chat/messages", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (400, "unusable")
    assert here.talk.arrivals == 0


async def test_who_has_not_begun_is_told_how(open_page, here):
    page = open_page()
    for answer in (await page.say("hi"), await page.client.get("/chat/events")):
        assert (answer.status_code, answer.json()["error"]) == (401, "no_session")
        assert "/chat/session" in answer.json()["message"]
    assert (await page.client.get("/chat/history")).json() == {"session": False, "turns": []}
    assert here.talk.arrivals == 0


async def test_a_reload_shows_what_was_said(page, here):
    await page.say("Where is my order?")
    here.talk.say(here.talk.address, "On its way.")
    here.talk.say(here.talk.address, "I looked it up.", Speaker.HUMAN)
    history = (await page.client.get("/chat/history")).json()
    assert history["session"] is True
    assert [(turn["seq"], turn["speaker"], turn["text"]) for turn in history["turns"]] == [
        (1, "user", "Where is my order?"),
        (2, "bot", "On its way."),
        (3, "human", "I looked it up."),
    ]
    assert history["turns"][0]["id"] == here.talk.accepted[0].platform_id
    assert set(history["turns"][1]) == {"seq", "speaker", "text", "at", "command", "id"}
    assert history["turns"][1]["at"].endswith("+00:00")


async def test_a_reload_of_a_very_long_conversation_shows_its_end(page, here):
    await page.say("hi")
    for number in range(300):
        here.talk.say(here.talk.address, str(number))
    turns = (await page.client.get("/chat/history")).json()["turns"]
    assert [turn["text"] for turn in turns] == [str(number) for number in range(100, 300)]


async def test_a_reload_while_the_database_is_away_says_so(page, here):
    here.talk.down = True
    assert (await page.client.get("/chat/history")).status_code == 503


async def test_what_belongs_to_a_person_is_never_cached(page):
    answers = [await page.say("hi"), await page.client.get("/chat/history"), await page.post("session")]
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}


@pytest.mark.parametrize(("method", "path"), [("GET", "messages"), ("GET", "forget"), ("POST", "history")])
async def test_reading_never_writes_and_writing_never_reads(page, here, method, path):
    assert (await page.client.request(method, f"/chat/{path}", json={})).status_code == 405
    assert here.talk.arrivals == 0
