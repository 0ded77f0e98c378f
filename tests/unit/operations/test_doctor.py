"""The doctor finds what is wrong and says what to do, and a broken check stops no other."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
from pathlib import Path
from types import ModuleType

import pytest
from starlette.routing import Route
from typer.testing import CliRunner

import nlg
from bot.cli import build
from bot.errors import StoreDown
from bot.findings import Finding, Level, ok
from bot.http.health import healthz
from bot.http.server import HttpServer, build_app
from bot.http.settings import HttpSettings
from bot.operations import checks, doctor
from bot.operations.checks import broker, database, disk, http, model, server, settings
from bot.plugins import load_plugin, plugin_names
from bot.store.database import StoreSettings, open_database
from bot.store.lockfile import LockFile
from bot.store.revisions import upgrade
from bot.testing import FunctionWriter
from bot.writers.openai.standin import StandIn, serving


def levels(findings):
    return [finding.level for finding in findings]


@pytest.fixture
def free_port(monkeypatch, unused_tcp_port):
    monkeypatch.setenv("PALAVER_HTTP_PORT", str(unused_tcp_port))
    return unused_tcp_port


def plugged(monkeypatch, **examinations):
    """Let the doctor find these checks and no others."""
    monkeypatch.setattr(doctor, "_examinations", lambda: iter(examinations.items()))


@pytest.mark.parametrize("name", plugin_names(checks))
async def test_every_check_finds_something_to_say_or_nothing(name, free_port):
    for finding in await load_plugin(checks, name).examine():
        assert isinstance(finding, Finding)
        assert finding.level is Level.OK or finding.advice


async def test_a_check_that_breaks_or_hangs_stops_no_other(monkeypatch):
    async def breaks():
        raise ValueError("somebody's words")

    async def down():
        raise StoreDown("the database cannot be used now")

    async def fine():
        return [ok("fine", "All well.")]

    plugged(monkeypatch, breaks=breaks, down=down, hangs=asyncio.Event().wait, fine=fine)
    found = await doctor.examine_all(seconds=0.05)
    assert levels(found) == ["fail", "fail", "fail", "ok"]
    assert "words" not in found[0].text
    assert found[1].text == "the database cannot be used now"
    assert all(finding.advice for finding in found[:3])


async def test_a_connector_is_examined_when_it_offers_to_be(monkeypatch):
    async def examine():
        return [ok("telegram", "It is @palaver_bot.")]

    plugin = ModuleType("connectors.telegram")
    plugin.examine = examine
    monkeypatch.setattr(doctor, "plugin_names", lambda package: ["telegram"] if package is not checks else [])
    monkeypatch.setattr(doctor, "load_plugin", lambda package, name: plugin)
    assert await doctor.examine_all() == [ok("telegram", "It is @palaver_bot.")]


async def test_no_finding_shows_a_secret(monkeypatch):
    monkeypatch.setenv("PALAVER_TELEGRAM_TOKEN", "canary-secret")

    async def leaks():
        return [Finding("x", Level.FAIL, "canary-secret is refused", "look at canary-secret")]

    plugged(monkeypatch, leaks=leaks)
    assert "canary" not in str(await doctor.examine_all())


async def test_a_database_that_is_not_there_yet_is_no_fault_and_stays_away():
    (found,) = await database.examine()
    assert found.level is Level.OK
    assert not Path("data").exists()


async def test_a_database_that_cannot_be_made_is_a_fault(monkeypatch):
    monkeypatch.setenv("PALAVER_DATABASE_URL", "sqlite:////proc/nowhere/palaver.sqlite3")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    assert levels(await database.examine()) == ["fail"]


async def test_an_old_database_is_told_how_to_become_new(monkeypatch, tmp_path):
    url = f"sqlite:///{tmp_path}/old.sqlite3"
    monkeypatch.setenv("PALAVER_DATABASE_URL", url)
    opened = open_database(StoreSettings(url=url))
    await opened.ping()
    await opened.close()
    old = (await database.examine())[0]
    assert (old.level, "palaver database upgrade" in old.advice) == (Level.WARN, True)


async def test_a_database_at_the_newest_revision_is_well(monkeypatch, database_url):
    monkeypatch.setenv("PALAVER_DATABASE_URL", database_url)
    opened = open_database(StoreSettings(url=database_url))
    await upgrade(opened)
    await opened.close()
    assert set(levels(await database.examine())) == {"ok"}


async def test_a_running_bot_is_not_taken_for_a_fault(monkeypatch, tmp_path):
    url = f"sqlite:///{tmp_path}/held.sqlite3"
    monkeypatch.setenv("PALAVER_DATABASE_URL", url)
    opened = open_database(StoreSettings(url=url))
    with LockFile(opened.engine.url):
        await upgrade(opened)
        found = await database.examine()
    await opened.close()
    assert set(levels(found)) == {"ok"}
    assert any("running Palaver holds" in finding.text for finding in found)


async def test_a_database_that_is_away_is_a_fault(monkeypatch, unused_tcp_port):
    monkeypatch.setenv("PALAVER_DATABASE_URL", f"postgresql://u:canary@127.0.0.1:{unused_tcp_port}/x")
    plugged(monkeypatch, database=database.examine)
    (found,) = await doctor.examine_all()
    assert found.level is Level.FAIL
    assert "canary" not in str(found)


async def test_a_file_that_is_no_database_is_a_fault(monkeypatch, tmp_path):
    (tmp_path / "data.sqlite3").write_text("not a database, but long enough to look like one" * 40)
    monkeypatch.setenv("PALAVER_DATABASE_URL", f"sqlite:///{tmp_path}/data.sqlite3")
    plugged(monkeypatch, database=database.examine)
    assert levels(await doctor.examine_all()) == ["fail"]


async def test_a_port_taken_by_another_program_is_a_fault(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("PALAVER_HTTP_PORT", str(other.getsockname()[1]))
        (found,) = await http.examine()
    assert found.level is Level.FAIL
    assert "PALAVER_HTTP_PORT=" in found.advice


async def test_a_port_on_which_we_answer_already_is_none(monkeypatch):
    server = HttpServer(build_app({}, [Route("/healthz", healthz)]), HttpSettings(port=0))
    monkeypatch.setenv("PALAVER_HTTP_PORT", str(server.port))
    running = asyncio.create_task(server.serve())
    (found,) = await http.examine()
    running.cancel()
    await asyncio.wait([running])
    assert found.level is Level.OK


async def test_a_broker_nobody_asked_for_is_not_looked_at():
    assert await broker.examine() == []


async def test_a_broker_that_is_away_is_a_fault_and_keeps_its_password(monkeypatch, unused_tcp_port):
    for scheme in ("redis", "amqp"):
        monkeypatch.setenv("PALAVER_BROKER_URL", f"{scheme}://u:canary@127.0.0.1:{unused_tcp_port}//")
        (found,) = await broker.examine()
        assert found.level is Level.FAIL
        assert "canary" not in str(found)


async def test_a_broker_that_answers_is_well(monkeypatch):
    url = os.environ.get("PALAVER_TEST_REDIS", "redis://127.0.0.1:6379/0")
    try:
        socket.create_connection(("127.0.0.1", 6379), timeout=1).close()
    except OSError as error:
        pytest.skip(f"no Redis at PALAVER_TEST_REDIS: {error}")
    monkeypatch.setenv("PALAVER_BROKER_URL", url)
    assert levels(await broker.examine()) == ["ok"]


async def test_an_address_that_is_no_broker_is_a_fault(monkeypatch):
    monkeypatch.setenv("PALAVER_BROKER_URL", "http://127.0.0.1/")
    assert levels(await broker.examine()) == ["fail"]


async def test_the_shipped_model_is_sound_and_a_changed_one_is_not(monkeypatch, tmp_path):
    shipped = Path(nlg.__file__).with_name("default")
    assert levels(await model.examine()) == ["ok"]
    copy = shutil.copytree(shipped, tmp_path / "copy")
    monkeypatch.setenv("PALAVER_MODEL", str(copy))
    assert levels(await model.examine()) == ["ok"]
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    (found,) = await model.examine()
    assert found.level is Level.FAIL
    assert "model.safetensors" in found.text


async def test_a_misspelt_variable_is_found(monkeypatch):
    monkeypatch.setenv("PALAVER_HTTP_PROT", "1")
    (found,) = await settings.examine()
    assert (found.level, found.advice) == (Level.WARN, "Did you mean PALAVER_HTTP_PORT?")


async def test_a_wrong_value_and_a_broken_file_are_faults(monkeypatch):
    monkeypatch.setenv("PALAVER_HTTP_PORT", "eighty")
    assert any("PALAVER_HTTP_PORT" in finding.text for finding in await settings.examine())
    monkeypatch.delenv("PALAVER_HTTP_PORT")
    Path("palaver.toml").write_text("[http\n")
    Path("palaver.toml").chmod(0o600)
    found = await settings.examine()
    assert "fail" in levels(found)
    assert "palaver.toml" in found[0].text


async def test_secrets_that_others_can_read_are_found():
    Path(".env").write_text("PALAVER_HTTP_PORT=8081\n")
    Path(".env").chmod(0o644)
    (found,) = await settings.examine()
    assert found.advice == "Run: chmod 600 .env"
    Path(".env").chmod(0o600)
    assert levels(await settings.examine()) == ["ok"]


async def test_a_persona_that_cannot_be_used_is_named():
    Path("palaver.toml").write_text('[personas.luna]\nwher = ["web"]\n')
    Path("palaver.toml").chmod(0o600)
    (found,) = await settings.examine()
    assert found.level == "fail"
    assert "personas.luna" in found.text


async def test_a_full_disk_is_found_before_it_is_full(monkeypatch):
    usage = shutil.disk_usage(".")
    for free, level in ((100, "fail"), (500, "warn"), (5000, "ok")):
        monkeypatch.setattr(shutil, "disk_usage", lambda path, free=free: usage._replace(free=free * 1_000_000))
        assert levels(await disk.examine()) == [level]


def test_the_command_ends_with_one_when_something_does_not_work(monkeypatch, free_port):
    well = CliRunner().invoke(build(), ["doctor"])
    assert well.exit_code == 0
    assert "will be made at the first" in well.output
    monkeypatch.setenv("PALAVER_BROKER_URL", "http://x/")
    assert CliRunner().invoke(build(), ["doctor"]).exit_code == 1


def test_the_command_speaks_json(free_port):
    result = CliRunner().invoke(build(), ["doctor", "--json"])
    answer = json.loads(result.stdout)
    assert answer["healthy"] is True
    assert {"subject", "level", "text", "advice"} == set(answer["findings"][0])


async def test_a_server_of_another_engine_is_looked_for(monkeypatch):
    async with serving(StandIn(FunctionWriter(lambda _: "yes"), key="sk-a-long-enough-key")) as url:
        monkeypatch.setenv("PALAVER_WRITER", "openai, stub")
        monkeypatch.setenv("PALAVER_OPENAI_URL", url)
        (refused,) = await server.examine()
        monkeypatch.setenv("PALAVER_OPENAI_KEY", "sk-a-long-enough-key")
        (good,) = await server.examine()
    (gone,) = await server.examine()
    assert levels([refused, good, gone]) == [Level.FAIL, Level.OK, Level.FAIL]
    assert "refuses the key" in refused.text
    assert "standin-7b" in good.text
    assert "PALAVER_OPENAI_URL" in gone.advice


async def test_without_another_engine_there_is_no_server_to_look_for():
    assert await server.examine() == []


async def test_each_model_of_a_chain_is_examined(monkeypatch, tmp_path):
    monkeypatch.setenv("PALAVER_WRITER", f"celery, engine, engine:{tmp_path}/nowhere")
    assert levels(await model.examine()) == [Level.OK, Level.FAIL]
