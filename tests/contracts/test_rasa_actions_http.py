"""The action server over HTTP, with the real rasa-sdk: every status that Rasa knows, and nobody's words in them."""

from __future__ import annotations

import asyncio
import json
import zlib

import httpx
import pytest

from nlg.contract import Busy
from tests.rig.broken_bot import dying_bot
from tests.rig.rasa import Breaking, Memory, author, serving
from tests.rig.rasa_actions import call, running

pytest.importorskip("rasa_sdk", reason="rasa-sdk is not installed here; it has its own environment: make rasa-check")

SECRET = "my pin is 8642"
TOKEN = "a-token-of-the-action-server"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("actions"), BODY_MEGABYTES="8") as started:
        yield started


@pytest.fixture
async def http(server):
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        yield client


async def test_a_reply_is_one_message_however_many_tokens_it_has(server, http):
    records = Memory()
    async with serving(author(lambda prompt: "Let me look at that."), records, port=server.bot_port):
        slots = {"reply_model": None, "reply_fallback": None}
        answer = await http.post("/webhook", json=call("action_palaver_reply", slots=slots))
    assert answer.status_code == 200
    assert answer.json() == {
        "events": [
            {"event": "slot", "timestamp": None, "name": "reply_model", "value": "function@0"},
            {"event": "slot", "timestamp": None, "name": "reply_fallback", "value": None},
        ],
        "responses": [
            {
                "text": "Let me look at that.",
                "buttons": [],
                "elements": [],
                "custom": {},
                "template": None,
                "response": None,
                "image": None,
                "attachment": None,
            }
        ],
    }
    assert records.lines() == [("user", "where is my order?"), ("bot", "Let me look at that.")]


async def test_the_same_call_again_is_kept_once(server, http):
    records = Memory()
    async with serving(author(lambda prompt: "Yes."), records, port=server.bot_port):
        for _ in range(3):
            await http.post("/webhook", json=call("action_palaver_reply"))
    assert records.lines() == [("user", "where is my order?"), ("bot", "Yes.")]


async def test_slots_that_the_domain_lacks_are_not_set(server, http):
    async with serving(author(lambda prompt: "Yes."), Memory(), port=server.bot_port):
        answer = await http.post("/webhook", json=call("action_palaver_reply"))
    assert answer.json()["events"] == []


async def test_slots_choose_model_persona_and_length(server, http, monkeypatch):
    prompts = []
    writes = author(lambda prompt: "x", second=author_of(prompts))
    async with serving(writes, Memory(), port=server.bot_port):
        slots = {"palaver_model": "second", "palaver_max_tokens": 5, "reply_model": None}
        answer = await http.post("/webhook", json=call("action_palaver_reply", slots=slots))
    assert prompts[0].decoding.max_tokens == 5
    assert answer.json()["events"][0]["value"] == "function@0"


def author_of(prompts):
    from bot.testing import FunctionWriter  # noqa: PLC0415

    return FunctionWriter(lambda prompt: prompts.append(prompt) or "by the second")


@pytest.mark.parametrize(("words", "begins"), [("where is it?", "Sorry"), ("我的订单呢？", "抱歉")])
async def test_without_a_bot_the_person_still_gets_a_sentence(server, http, words, begins):
    answer = await http.post(
        "/webhook", json=call("action_palaver_reply", ("user", words), slots={"reply_fallback": None})
    )
    assert answer.status_code == 200
    assert answer.json()["responses"][0]["text"].startswith(begins)
    assert answer.json()["events"][0]["value"] == "unreachable"


async def test_a_model_that_fails_leaves_the_bots_sentence_and_the_reason(server, http):
    async with serving(author(Breaking(Busy("full"))), Memory(), port=server.bot_port):
        answer = await http.post("/webhook", json=call("action_palaver_reply", slots={"reply_fallback": None}))
    assert answer.json()["responses"][0]["text"].startswith("Sorry")
    assert answer.json()["events"][0]["value"] == "busy"


@pytest.mark.parametrize(("words", "begins"), [("where is it?", "Sorry"), ("我的订单呢？", "抱歉")])
async def test_a_bot_that_dies_in_the_middle_of_a_reply_leaves_one_whole_sentence(server, http, words, begins):
    asked = call("action_palaver_reply", ("user", words), slots={"reply_fallback": None})
    async with dying_bot(server.bot_port):
        answer = await http.post("/webhook", json=asked)
    assert answer.status_code == 200
    (said,) = answer.json()["responses"]
    assert said["text"].startswith(begins)
    assert answer.json()["events"][0]["value"] == "unreachable"


async def test_a_model_that_is_not_there_gives_way_to_the_one_that_is(server, http):
    slots = {"palaver_model": "nobody", "reply_model": None, "reply_fallback": None}
    async with serving(author(lambda prompt: "Yes."), Memory(), port=server.bot_port):
        answer = await http.post("/webhook", json=call("action_palaver_reply", slots=slots))
    assert answer.json()["responses"][0]["text"] == "Yes."
    assert [event["value"] for event in answer.json()["events"]] == ["function@0", "unknown model"]


async def test_handing_over_and_forgetting(server, http):
    records = Memory()
    async with serving(author(lambda prompt: "Yes."), records, port=server.bot_port):
        slots = {"palaver_handoff": None, "palaver_pause": True}
        over = (await http.post("/webhook", json=call("action_palaver_handoff", slots=slots))).json()
        kept = len(records.kept)
        gone = (await http.post("/webhook", json=call("action_palaver_forget"))).json()
    assert [event["event"] for event in over["events"]] == ["slot", "pause"]
    assert over["events"][0]["value"] is True
    assert [address.chat for address in records.handed] == ["ann"]
    assert "person" in over["responses"][0]["text"]
    assert (kept, records.kept) == (1, [])
    assert [event["event"] for event in gone["events"]] == ["restart"]
    assert "erased" in gone["responses"][0]["text"]


async def test_what_could_not_be_forgotten_is_not_called_forgotten(server, http):
    async with serving(author(lambda prompt: "Yes."), Memory(down=True), port=server.bot_port):
        gone = (await http.post("/webhook", json=call("action_palaver_forget", slots={"reply_fallback": None}))).json()
    assert "erased" not in gone["responses"][0]["text"]
    assert gone["events"] == [{"event": "slot", "timestamp": None, "name": "reply_fallback", "value": "status 503"}]


async def test_actions_of_the_owner_live_beside_ours(http):
    names = [item["name"] for item in (await http.get("/actions")).json()]
    assert set(names) >= {"action_palaver_reply", "action_palaver_handoff", "action_palaver_forget", "action_own"}
    own = (await http.post("/webhook", json=call("action_own"))).json()["responses"]
    assert (own[0]["text"], own[0]["name"], own[1]["response"]) == ("my own", "Ann", "utter_more")


async def test_health_is_told(http):
    answer = await http.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (call("x", next_action=None), 200, None),
        (None, 400, {"error": "Invalid body request"}),
        ([], 400, {"error": "Invalid body request"}),
        (b"", 400, {"error": "Invalid body request"}),
        (call("action_reject"), 400, {"error": "no model ready", "action_name": "action_reject"}),
        (
            call("action_nope"),
            404,
            {"error": "No registered action found for name 'action_nope'.", "action_name": "action_nope"},
        ),
        (call("action_own", domain=None), 449, "action_own"),
        (
            call("action_broken", ("user", SECRET)),
            500,
            {"error": "The action action_broken failed: RuntimeError.", "action_name": "action_broken"},
        ),
        (
            {"next_action": "action_own", "domain": {}},
            500,
            {"error": "The action action_own failed: KeyError.", "action_name": "action_own"},
        ),
    ],
)
async def test_each_case_of_rasas_table_has_its_status_and_body(server, http, body, status, told):
    answer = await (http.post("/webhook", content=body) if body == b"" else http.post("/webhook", json=body))
    assert answer.status_code == status
    if told == "action_own":
        assert answer.json()["action_name"] == told
        assert answer.json()["error"].startswith("Missing domain context")
    else:
        assert answer.json() == told


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000, b'{"a":' * 50_000])
async def test_what_is_not_json_is_answered_as_rasas_server_answers_it(http, content):
    answer = await http.post("/webhook", content=content)
    assert answer.status_code == 400
    assert answer.json() == {
        "description": "Bad Request",
        "status": 400,
        "message": "Failed when parsing body as json",
    }


async def test_packed_bodies_are_taken_and_broken_ones_refused(server, http):
    packed = zlib.compress(json.dumps(call("action_own")).encode())
    deflate = {"Content-Encoding": "deflate"}
    assert (await http.post("/webhook", content=packed, headers=deflate)).json()["responses"][0]["text"] == "my own"
    for content, headers in ((b"nonsense", deflate), (b"{}", {"Content-Encoding": "br"})):
        assert (await http.post("/webhook", content=content, headers=headers)).status_code == 400


async def test_a_body_of_five_megabytes_is_taken(server, http):
    filler = [{"event": "user", "timestamp": at, "text": "x" * 900} for at in range(6000)]
    body = call("action_own")
    body["tracker"]["events"] = filler
    assert len(json.dumps(body)) > 5_000_000
    answer = await http.post("/webhook", json=body)
    assert answer.json()["responses"][0]["text"] == "my own"


async def test_bombs_and_giants_are_refused_and_leave_the_memory_flat(server, http):
    bomb = zlib.compress(b" " * 400_000_000, 9)
    await http.post("/webhook", content=bomb, headers={"Content-Encoding": "deflate"})
    before = server.memory
    for _ in range(5):
        assert (await http.post("/webhook", content=bomb, headers={"Content-Encoding": "deflate"})).status_code == 413
        assert (await http.post("/webhook", content=b" " * 9_000_000)).status_code == 413
    assert server.memory - before < 40_000_000


async def test_no_web_site_may_call_it_unless_it_is_named(http):
    answer = await http.post("/webhook", json=call("action_own"), headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


async def test_fifty_at_once_are_all_answered(server, http):
    async with serving(author(lambda prompt: f"You said {prompt.lines[-1].text}"), Memory(), port=server.bot_port):
        bodies = [call("action_palaver_reply", ("user", f"line {at}"), sender_id=f"p{at}") for at in range(50)]
        for at, body in enumerate(bodies):
            body["tracker"]["sender_id"] = f"p{at}"
        answers = await asyncio.gather(*(http.post("/webhook", json=body) for body in bodies))
    assert [answer.json()["responses"][0]["text"] for answer in answers] == [f"You said line {at}" for at in range(50)]


def test_nothing_of_a_conversation_is_in_the_log(server):
    assert "RuntimeError" in server.said, "the error itself is there"
    for words in (SECRET, "where is my order", "8642"):
        assert words not in server.said


async def test_with_a_token_only_who_bears_it_is_served(tmp_path):
    with running(tmp_path, TOKEN=TOKEN, CORS="https://good.example") as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
            refused = await http.post("/webhook", json=call("action_own"))
            wrong = await http.post("/webhook", json=call("action_own"), headers={"Authorization": "Bearer no"})
            bears = {"Authorization": f"Bearer {TOKEN}", "Origin": "https://good.example"}
            served = await http.post("/webhook", json=call("action_own"), headers=bears)
            assert (await http.get("/health")).status_code == 200
            assert (await http.get("/actions")).status_code == 401
    assert [answer.status_code for answer in (refused, wrong, served)] == [401, 401, 200]
    assert served.headers["access-control-allow-origin"] == "https://good.example"


async def test_the_callers_trace_goes_on_to_the_bot(server, http):
    seen = []

    async def bot(scope, receive, send):
        seen.extend(value.decode() for name, value in scope["headers"] if name == b"traceparent")
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    from bot.http.server import HttpServer  # noqa: PLC0415
    from bot.http.settings import HttpSettings  # noqa: PLC0415

    listening = HttpServer(bot, HttpSettings(port=server.bot_port))
    task = asyncio.create_task(listening.serve())
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    answer = await http.post("/webhook", json=call("action_palaver_reply"), headers=headers)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert answer.json()["responses"][0]["text"].startswith("Sorry")
    assert [header.split("-")[1] for header in seen] == [trace]


async def test_spans_go_to_a_collector_inside_the_callers_trace_and_hold_no_words(tmp_path, monkeypatch):
    from tests.rig.collector import Collector  # noqa: PLC0415 - it needs OpenTelemetry, as rasa-sdk does

    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    with Collector() as collector:
        for name, value in collector.settings.items():
            monkeypatch.setenv(name, value)
        with running(tmp_path) as server:
            async with httpx.AsyncClient(base_url=server.url, timeout=30) as http, dying_bot(server.bot_port) as heads:
                headers = {"traceparent": f"00-{trace}-{parent}-01"}
                await http.post("/webhook", json=call("action_palaver_reply", ("user", SECRET)), headers=headers)
            server.process.terminate()
            server.process.wait(20)
    ours = [span for span in collector.spans if span.trace == trace]
    assert {span.service for span in ours} == {"palaver-actions"}
    assert parent in {span.parent for span in ours}
    assert trace.encode() in heads[0], "the bot is asked inside the same trace"
    assert b"8642" not in b"".join(collector.bodies)
