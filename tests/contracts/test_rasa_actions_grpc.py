"""The action server over gRPC, with the real rasa-sdk: statuses, tokens that stream, and a person who interrupts."""

from __future__ import annotations

import asyncio
import gzip
import json
import time

import pytest

from tests.rig.broken_bot import FIRST, dying_bot
from tests.rig.rasa import Breaking, Memory, author, serving
from tests.rig.rasa_actions import call, running

grpc = pytest.importorskip("grpc", reason="rasa-sdk is not installed here; it has its own environment: make rasa-check")
pytest.importorskip("rasa_sdk", reason="rasa-sdk is not installed here; it has its own environment: make rasa-check")

from google.protobuf.json_format import MessageToDict, ParseDict  # noqa: E402
from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: E402
from rasa_sdk.grpc_py import action_webhook_pb2 as wire  # noqa: E402
from rasa_sdk.grpc_py import action_webhook_pb2_grpc as service  # noqa: E402

SECRET = "my pin is 8642"
TOKEN = "a-token-of-the-action-server"
WORDS = "Let me look at that for you right now please"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("actions"), "--grpc", BODY_MEGABYTES="8") as started:
        yield started


def channel(server):
    sizes = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
    return grpc.aio.insecure_channel(f"127.0.0.1:{server.port}", options=sizes)


@pytest.fixture
async def stub(server):
    async with channel(server) as opened:
        yield service.ActionServiceStub(opened)


def request(action, *lines, **more):
    return ParseDict(call(action, *lines, **more), wire.WebhookRequest(), ignore_unknown_fields=True)


class Slowly:
    """A writer that gives a word now and then, and says whether it was stopped."""

    trouble = ""

    def __init__(self, pause=0.02) -> None:
        self.pause = pause
        self.written = 0
        self.stopped = 0.0

    async def write(self, prompt, on_chunk):
        try:
            for number, word in enumerate(WORDS.split() * 200):
                on_chunk(word if number == 0 else f" {word}")
                self.written += 1
                await asyncio.sleep(self.pause)
        except asyncio.CancelledError:
            self.stopped = time.monotonic()
            raise

    async def stop(self, prompt_id):
        return

    async def close(self):
        return


async def streamed(stub, *args, **more):
    return [event async for event in stub.WebhookStream(request(*args, **more))]


async def rest_of(stream):
    """What is left of a stream that was read from: the library wants it read in one way."""
    events = []
    while (event := await stream.read()) is not grpc.aio.EOF:
        events.append(event)
    return events


async def refusal(call):
    """Return the error of a call or a stream, and what a stream said before."""
    events = []
    try:
        if hasattr(call, "read"):
            async for event in call:
                events.append(event)  # noqa: PERF401 - kept when it breaks
        else:
            await call
    except grpc.aio.AioRpcError as error:
        return error, events
    raise AssertionError("it was answered")


def kinds(events):
    return [event.WhichOneof("event") for event in events]


async def test_tokens_stream_and_the_final_result_sets_the_slots(server, stub):
    records = Memory()
    async with serving(author(lambda prompt: WORDS), records, port=server.bot_port):
        events = await streamed(stub, "action_palaver_reply", slots={"reply_model": None})
    told = kinds(events)
    assert (told[0], told[-2], told[-1]) == ("chunk_start", "chunk_end", "final_result")
    assert set(told[1:-2]) == {"chunk"}
    assert "".join(event.chunk.text for event in events[1:-2]) == WORDS
    assert len({event.chunk.response_id for event in events[1:-2]} | {events[0].chunk_start.response_id}) == 1
    result = MessageToDict(events[-1].final_result)
    assert result["events"] == [{"event": "slot", "timestamp": None, "name": "reply_model", "value": "function@0"}]
    assert "responses" not in result, "what was streamed is not said again"
    assert records.lines() == [("user", "where is my order?"), ("bot", WORDS)]


async def test_a_slow_model_is_heard_word_by_word(server, stub):
    slowly, stream = Slowly(0.03), None
    async with serving(author(slowly), Memory(), port=server.bot_port):
        stream = stub.WebhookStream(request("action_palaver_reply"))
        seen = [await stream.read() for _ in range(6)]
        assert slowly.written < 40
        assert kinds(seen)[1:] == ["chunk"] * 5
        stream.cancel()
        async with asyncio.timeout(5):
            while not slowly.stopped:
                await asyncio.sleep(0.01)


async def test_barge_in_stops_the_token_loop_and_the_final_result_still_comes(server, stub):
    slowly, records = Slowly(0.02), Memory()
    async with serving(author(slowly), records, port=server.bot_port):
        stream = stub.WebhookStream(request("action_palaver_reply", slots={"reply_fallback": None}))
        started = await stream.read()
        for _ in range(5):
            await stream.read()
        begun = time.monotonic()
        await stub.AckStreamChunks(wire.StreamChunkAck(response_id=started.chunk_start.response_id))
        rest = await rest_of(stream)
        async with asyncio.timeout(5):
            while not slowly.stopped:
                await asyncio.sleep(0.01)
        took = slowly.stopped - begun
        async with asyncio.timeout(5):
            while len(records.kept) < 2:
                await asyncio.sleep(0.01)
    assert kinds(rest)[-1] == "final_result"
    assert "error" not in kinds(rest)
    (event,) = MessageToDict(rest[-1].final_result)["events"]
    assert (event["name"], event["value"]) == ("reply_fallback", "stopped")
    assert took < 1.0
    said = records.kept[-1][1]
    assert said.reply.reason == "stopped"
    assert " ".join(WORDS.split() * 200).startswith(said.text)


async def test_barge_in_is_heard_while_the_model_is_silent(server, stub):
    silent = Breaking()
    async with serving(author(silent), Memory(), port=server.bot_port):
        stream = stub.WebhookStream(request("action_palaver_reply"))
        started = await stream.read()
        begun = time.monotonic()
        await stub.AckStreamChunks(wire.StreamChunkAck(response_id=started.chunk_start.response_id))
        rest = await rest_of(stream)
        took = time.monotonic() - begun
        async with asyncio.timeout(5):
            while not silent.cancelled:
                await asyncio.sleep(0.01)
    assert kinds(rest)[-1] == "final_result"
    assert took < 2.0


async def test_an_unknown_response_can_be_acknowledged_without_harm(stub):
    await stub.AckStreamChunks(wire.StreamChunkAck(response_id="nobody"))


async def test_a_unary_call_gets_one_message(server, stub):
    async with serving(author(lambda prompt: WORDS), Memory(), port=server.bot_port):
        answer = MessageToDict(await stub.Webhook(request("action_palaver_reply")))
    assert [response["text"] for response in answer["responses"]] == [WORDS]


@pytest.mark.parametrize(("words", "begins"), [("where is it?", "Sorry"), ("我的订单呢？", "抱歉")])
async def test_without_a_bot_the_person_still_hears_a_sentence(server, stub, words, begins):
    events = await streamed(stub, "action_palaver_reply", ("user", words))
    assert kinds(events) == ["chunk_start", "chunk", "chunk_end", "final_result"]
    assert events[1].chunk.text.startswith(begins)


async def test_a_bot_that_dies_in_the_middle_of_a_reply_is_made_good_for_in_the_same_stream(server, stub):
    async with dying_bot(server.bot_port):
        events = await streamed(stub, "action_palaver_reply", slots={"reply_fallback": None})
    assert kinds(events) == ["chunk_start", "chunk", "chunk", "chunk_end", "final_result"]
    assert events[1].chunk.text == FIRST
    assert events[2].chunk.text.startswith("\nSorry")
    (event,) = MessageToDict(events[-1].final_result)["events"]
    assert (event["name"], event["value"]) == ("reply_fallback", "unreachable")


async def test_what_is_no_message_is_refused_and_quotes_nobody(server, stub):
    async with channel(server) as opened:
        for path, kind in (("Webhook", opened.unary_unary), ("WebhookStream", opened.unary_stream)):
            asking = kind(f"/action_server_webhook.ActionService/{path}", lambda body: body, lambda body: body)
            for body in (b"\xff" * 100, b"\x0a\xff\xff\xff\xff\x0f" + SECRET.encode()):
                error, _ = await refusal(asking(body))
                assert error.code() in (grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL)
                assert "8642" not in error.details() + server.said
    assert MessageToDict(await stub.Webhook(request("action_own")))["responses"], "it goes on serving"


CASES = [
    ("action_reject", {}, "INTERNAL", {"action_name": "action_reject", "message": "no model ready"}),
    (
        "action_nope",
        {},
        "NOT_FOUND",
        {
            "action_name": "action_nope",
            "message": "No registered action found for name 'action_nope'.",
            "resource_type": "ACTION",
        },
    ),
]


@pytest.mark.parametrize(("action", "more", "status", "details"), CASES)
async def test_each_case_of_rasas_table_has_its_status_and_details(stub, action, more, status, details):
    for asking in (stub.Webhook, stub.WebhookStream):
        error, events = await refusal(asking(request(action, **more)))
        assert error.code() is grpc.StatusCode[status]
        assert json.loads(error.details()) == details
    assert [(event.error.action_name, event.error.message) for event in events] == [(action, details["message"])]


async def test_a_missing_domain_is_asked_for(tmp_path):
    """In a server of its own: one that was given a domain remembers it."""
    with running(tmp_path, "--grpc") as fresh:
        async with channel(fresh) as opened:
            stub = service.ActionServiceStub(opened)
            bare = request("action_own", domain=None)
            for asking in (stub.Webhook, stub.WebhookStream):
                error, _ = await refusal(asking(bare))
                assert error.code() is grpc.StatusCode.NOT_FOUND
                assert json.loads(error.details())["resource_type"] == "DOMAIN"


async def test_any_other_error_names_its_kind_and_quotes_nobody(server, stub):
    secret = request("action_broken", ("user", SECRET))
    unary, _ = await refusal(stub.Webhook(secret))
    assert unary.code() is grpc.StatusCode.UNKNOWN
    assert unary.details().startswith("Unexpected <class")
    stream, events = await refusal(stub.WebhookStream(secret))
    assert stream.code() is grpc.StatusCode.INTERNAL
    assert events[0].error.message == stream.details() == "The action action_broken failed: RuntimeError."
    for text in (unary.details(), stream.details(), str(events), server.said):
        assert "8642" not in text


async def test_no_action_named_gives_an_empty_answer(stub):
    nothing = ParseDict(call("x", next_action=None), wire.WebhookRequest(), ignore_unknown_fields=True)
    assert MessageToDict(await stub.Webhook(nothing)) == {}


async def test_actions_and_health_are_told(server, stub):
    names = [item["name"] for item in MessageToDict(await stub.Actions(wire.ActionsRequest()))["actions"]]
    assert {"action_palaver_reply", "action_own"} <= set(names)
    async with channel(server) as opened:
        asked = health_pb2.HealthCheckRequest(service="ActionServer")
        healthy = await health_pb2_grpc.HealthStub(opened).Check(asked)
    assert healthy.status == health_pb2.HealthCheckResponse.SERVING


async def test_five_megabytes_are_taken_and_giants_refused_packed_or_not(server, stub):
    def of(size):
        return request("action_own", ("user", "x" * size))

    assert MessageToDict(await stub.Webhook(of(2_600_000)))["responses"][0]["text"] == "my own"
    before = server.memory
    for packing in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
        for _ in range(3):
            error, _ = await refusal(stub.Webhook(of(30_000_000), compression=packing))
            assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert server.memory - before < 60_000_000
    assert len(gzip.compress(b"x" * 60_000_000)) < 100_000, "a bomb, indeed"


async def test_with_a_token_only_who_bears_it_is_served(tmp_path):
    with running(tmp_path, "--grpc", TOKEN=TOKEN) as server:
        async with channel(server) as opened:
            stub = service.ActionServiceStub(opened)
            for metadata in ((), (("authorization", "Bearer no"),)):
                for asking in (stub.Webhook, stub.WebhookStream):
                    error, _ = await refusal(asking(request("action_own"), metadata=metadata))
                    assert error.code() is grpc.StatusCode.UNAUTHENTICATED
            bears = (("authorization", f"Bearer {TOKEN}"),)
            assert MessageToDict(await stub.Webhook(request("action_own"), metadata=bears))["responses"]
            healthy = await health_pb2_grpc.HealthStub(opened).Check(health_pb2.HealthCheckRequest())
    assert healthy.status == health_pb2.HealthCheckResponse.SERVING
