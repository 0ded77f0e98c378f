"""Logs tell what happened, never what people said, never a secret."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import structlog
from sqlalchemy import text
from starlette.responses import PlainTextResponse

from bot.errors import SettingsError, StoreDown
from bot.http.server import HttpServer, build_app
from bot.http.settings import HttpSettings
from bot.messages import Address, Message, State
from bot.operations.logs import LogSettings, configure_logs, log_beside_a_talk

WORDS = "my card number is 4711"
TELEGRAM = "123456789:AAH-canary_canary_canary_canary_can"
SLACK = "xoxb-1234567890-canarycanary"


@pytest.fixture
def stream(monkeypatch):
    """Logs as they are written; everything is put back afterwards."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    handlers, level = logging.root.handlers[:], logging.root.level
    yield io.StringIO()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


@pytest.fixture
def lines(stream):
    """Configures, and gives a function that returns what was logged since."""
    configure_logs(LogSettings(format="json"), stream)

    def read():
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    return read


def log():
    return structlog.get_logger("bot.test")


def test_an_event_is_one_json_object_with_time_level_and_origin(lines):
    log().info("accepted", channel="telegram", conversation=7, state=State.OPEN)
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert (line.pop("level"), line.pop("logger")) == ("info", "bot.test")
    assert line == {"event": "accepted", "channel": "telegram", "conversation": 7, "state": "open"}


def test_values_that_hold_words_are_only_counted(lines, stream):
    message = Message(Address("web", "", "1"), "k", WORDS, "somebody")
    log().info("accepted", text=WORDS, body=WORDS.encode(), nested={"draft": WORDS}, whole=message, many=[message])
    assert WORDS not in stream.getvalue()
    (line,) = lines()
    assert line["text"] == "<22 long>"
    assert line["nested"] == {"draft": "<22 long>"}
    assert line["whole"] == "<Message>"


def test_an_exception_keeps_its_place_and_loses_its_words(lines, stream):
    def split(text):
        raise ValueError(f"cannot split {text!r}")

    try:
        split(WORDS)
    except ValueError:
        log().exception("failed")
    (line,) = lines()
    assert WORDS not in stream.getvalue()
    assert line["exception"].startswith("ValueError (its message is not logged)\n")
    assert "operations/test_logs.py" in line["exception"]
    assert " split" in line["exception"]


def test_our_own_errors_and_their_causes_are_told(lines, stream):
    try:
        try:
            raise ValueError(WORDS)
        except ValueError as error:
            raise StoreDown("the database cannot be used now") from error
    except StoreDown as error:
        log().error("not stored", exc_info=error, error=error)
    (line,) = lines()
    assert WORDS not in stream.getvalue()
    assert "StoreDown: the database cannot be used now" in line["exception"]
    assert "because of\nValueError" in line["exception"]
    assert line["error"] == "StoreDown: the database cannot be used now"


async def test_a_statement_that_fails_does_not_log_its_parameters(lines, stream, database):
    try:
        async with database.begin() as connection:
            await connection.execute(text("INSERT INTO nowhere VALUES (:words)"), {"words": WORDS})
    except Exception:
        log().exception("not stored")
    assert lines()[0]["exception"]
    assert WORDS not in stream.getvalue()


async def test_a_task_nobody_waited_for_does_not_log_words(lines, stream):
    async def fail():
        raise ValueError(WORDS)

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    del task
    gc.collect()
    assert any(line["logger"] == "asyncio" for line in lines())
    assert WORDS not in stream.getvalue()


def test_groups_of_exceptions_are_told_one_by_one(lines, stream):
    log().error("failed", exc_info=ExceptionGroup("two", [ValueError(WORDS), SettingsError("PORT is wrong")]))
    assert "holds SettingsError: PORT is wrong" in lines()[0]["exception"]
    assert WORDS not in stream.getvalue()


def test_whole_messages_are_shown_to_an_owner_who_asks(stream):
    configure_logs(LogSettings(format="json", words=True), stream)
    log().error("failed", exc_info=ValueError(WORDS))
    assert WORDS in stream.getvalue()


@pytest.mark.parametrize("said", [
    f"GET https://api.telegram.org/bot{TELEGRAM}/getMe failed",
    f"token={SLACK}",
    "postgresql://palaver:canary-password@db/palaver",
    "redis://:canary-password@broker/0",
    "Authorization: Bearer canary-abcdef",
    '{"password": "canary-abc"}',
    "xapp-1-A0-canary-canary",
])  # fmt: skip
def test_secrets_are_known_by_their_shape(lines, stream, said):
    log().info(said, url=said, error=OSError(said))
    logging.getLogger("somelibrary").warning(said)
    try:
        raise OSError(said)
    except OSError:
        log().exception("failed")
    assert "canary" not in stream.getvalue()
    assert len(lines()) == 3


def test_secrets_of_the_settings_are_hidden_wherever_they_show(stream, monkeypatch, tmp_path):
    monkeypatch.setenv("PALAVER_SLACK_SIGNING_SECRET", "canary one two")
    monkeypatch.setenv("PALAVER_BROKER_URL", "redis://user:canary%2Fpass@host/0")
    Path(".env").write_text("PALAVER_TELEGRAM_TOKEN=canary-in-dotenv\nPALAVER_HTTP_PORT=8080\n")
    Path("palaver.toml").write_text('[http]\nmetrics_token = "canary-in-toml"\nhost = "127.0.0.1"\n')
    configure_logs(LogSettings(format="json"), stream)
    log().info("canary one two, canary%2Fpass, canary/pass, canary-in-dotenv, canary-in-toml", port="8080")
    assert "canary" not in stream.getvalue()
    assert "8080" in stream.getvalue()


async def test_httpx_does_not_log_the_address_it_calls(lines, stream):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(PlainTextResponse("x"))) as http:
        await http.get(f"https://api.telegram.org/bot{TELEGRAM}/getMe")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("name", ["httpx", "uvicorn.access", "celery.app.trace", "kombu", "telegram.ext"])
def test_libraries_are_quiet_below_a_warning(lines, name):
    logging.getLogger(name).info("chatter")
    assert lines() == []


def test_a_broken_request_of_a_stranger_is_no_line(lines):
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    assert lines() == []


async def test_an_app_that_fails_logs_no_words(lines, stream):
    async def broken(scope, receive, send):
        raise ValueError(WORDS)

    server = HttpServer(build_app({"/": broken}), HttpSettings(port=0))
    running = asyncio.create_task(server.serve())
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"http://127.0.0.1:{server.port}/")
    running.cancel()
    await asyncio.wait([running])
    assert answer.status_code == 500
    assert WORDS not in answer.text
    assert "ValueError" in stream.getvalue()
    assert WORDS not in stream.getvalue()


def test_the_level_can_be_chosen(stream):
    configure_logs(LogSettings(format="json", level="warning"), stream)
    log().info("hello")
    log().warning("careful")
    assert "hello" not in stream.getvalue()
    assert "careful" in stream.getvalue()


@pytest.mark.parametrize(("asked", "heard"), [("", ["careful"]), ("info", ["hello", "careful"])])
def test_whoever_talks_on_the_terminal_hears_only_what_needs_care_unless_more_was_asked_for(
    stream, monkeypatch, asked, heard
):
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("PALAVER_LOG_FORMAT", "json")
    monkeypatch.setenv("PALAVER_LOG_LEVEL", asked)
    log_beside_a_talk()
    log().info("hello")
    log().warning("careful")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == heard


def test_people_get_lines_to_read(stream):
    configure_logs(LogSettings(format="pretty"), stream)
    log().info("accepted", channel="telegram")
    assert "accepted" in stream.getvalue()
    assert "channel=telegram" in stream.getvalue()
    assert "{" not in stream.getvalue()


def test_bound_values_come_along(lines):
    with structlog.contextvars.bound_contextvars(conversation=7):
        log().info("claimed")
    assert lines()[0]["conversation"] == 7


def test_an_error_that_ends_the_process_logs_no_words_either():
    program = f"""
from bot.operations.logs import LogSettings, configure_logs
configure_logs(LogSettings(format="json"))
raise ValueError({WORDS!r} + " {TELEGRAM}")
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert json.loads(ended.stderr)["exception"].startswith("ValueError")
    assert "4711" not in ended.stderr
    assert "AAH" not in ended.stderr
