"""What the bot relies on, for each file and folder in `connectors/`, and for the example of its README."""

from __future__ import annotations

import asyncio
import inspect
import re
import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import pytest

import connectors
from bot.channels import open_channels
from bot.errors import DeliveryError, Refused, SettingsError, StoreDown
from bot.messages import Address, Message, Part, Sign
from bot.plugins import load_plugin, plugin_names
from bot.store.accepting import Acceptor
from bot.store.transcript import StoredTranscript
from tests.rig.ports import free_port
from tests.rig.rasa import TOKEN
from tests.rig.talk import Talk

EXAMPLE = "tcp"
NAMES = [*plugin_names(connectors), EXAMPLE]


def example(pytestconfig: pytest.Config) -> ModuleType:
    """The Python of connectors/README.md as a module."""
    text = (pytestconfig.rootpath / "connectors" / "README.md").read_text("utf-8")
    (source,) = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    module = ModuleType(f"connectors.{EXAMPLE}")
    sys.modules[module.__name__] = module  # where pydantic looks for the names in annotations
    exec(compile(source, "connectors/README.md", "exec"), vars(module))
    return module


@pytest.fixture(params=NAMES)
def module(request: pytest.FixtureRequest, pytestconfig: pytest.Config):
    if request.param == EXAMPLE:
        yield example(pytestconfig)
        del sys.modules[f"connectors.{EXAMPLE}"]
        return
    loaded = load_plugin(connectors, request.param)
    if loaded is None:
        pytest.skip(f"the library of {request.param} is not installed")
    yield loaded


@pytest.fixture
def name(module):
    return module.__name__.rpartition(".")[2]


@pytest.fixture
async def ready(module, name, monkeypatch):
    """The connector with settings that work: its stand-in's, the example's, or none where none are needed."""
    if name == EXAMPLE:
        monkeypatch.setenv("PALAVER_TCP_PORT", str(free_port()))
    if name == "webhook":
        monkeypatch.setenv("PALAVER_WEBHOOK_URL", f"http://127.0.0.1:{free_port()}/alerts")
    if name == "rasa":
        monkeypatch.setenv("PALAVER_RASA_TOKEN", TOKEN)
    if not hasattr(module, "__path__") or find_spec(f"{module.__name__}.standin") is None:
        yield module.connector(asked=True)
        return
    async with import_module(f"{module.__name__}.standin").StandIn() as standin:
        for variable, value in standin.environment.items():
            monkeypatch.setenv(variable, value)
        made = module.connector(asked=True)
        yield made
        if hasattr(made, "close"):
            await made.close()


def test_every_plugin_is_looked_at():
    assert {"console", "rasa", "slack", "telegram", "web", "webhook"} <= set(NAMES)


def test_without_settings_there_is_nothing_or_a_working_default(module, name):
    made = module.connector(asked=False)
    assert made is None or made.name == name


def test_who_asks_for_it_gets_it_or_is_told_which_setting_is_missing(module, name):
    try:
        told, made = "", module.connector(asked=True)
    except SettingsError as error:
        told, made = str(error), None
    assert f"PALAVER_{name.upper()}_" in told if made is None else made.name == name


async def test_settings_that_work_give_the_connector(ready, name):
    assert ready is not None
    assert ready.name == name
    assert isinstance(ready.listens, bool)


async def test_its_limit_leaves_room_for_a_reply(ready):
    assert ready.limit.size >= 500
    assert ready.limit.encoding in ("chars", "utf-16")
    assert ready.limit.length("🙂") == (2 if ready.limit.encoding == "utf-16" else 1)


async def test_it_has_the_three_methods(ready):
    for method, parameters in (("receive", ["inbox"]), ("send", ["part"]), ("show", ["address", "sign"])):
        function = getattr(ready, method)
        assert inspect.iscoroutinefunction(function), method
        assert list(inspect.signature(function).parameters) == parameters


async def test_its_endpoints_are_paths_of_its_own(ready, name):
    endpoints = getattr(ready, "endpoints", lambda inbox, transcript: {})(Talk(), Talk())
    for path, app in endpoints.items():
        assert path.startswith("/")
        assert callable(app)
        assert not path.startswith(("/healthz", "/readyz", "/metrics", "/admin"))


async def test_a_sign_never_raises_wherever_it_goes(ready, name, capsys):
    for sign in (Sign(), Sign("so far"), Sign("x" * 10_000)):
        await ready.show(Address(name, "nowhere", "nobody"), sign)


async def test_sending_to_nobody_raises_nothing_but_a_delivery_error(ready, name, capsys):
    try:
        receipt = await ready.send(Part(Address(name, "nowhere", "nobody"), "hello", "key"))
    except DeliveryError:
        return
    assert receipt.platform_id


async def test_receiving_ends_when_it_is_cancelled(ready):
    task = asyncio.create_task(ready.receive(_Deaf()))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait([task], timeout=10)
    assert task.done()


class _Deaf(Talk):
    """An inbox that is away, and minds nothing."""

    down = True

    def heard(self, channel: str, within: float) -> None:
        return


def test_a_name_of_no_file_is_refused_with_those_there_are():
    with pytest.raises(SettingsError, match="console, rasa, slack, telegram, web, webhook"):
        open_channels(["pigeon"])


def test_without_any_settings_the_web_chat_is_there():
    assert "web" in open_channels()


async def test_the_example_answers(pytestconfig, monkeypatch):
    port = free_port()
    monkeypatch.setenv("PALAVER_TCP_PORT", str(port))
    module = example(pytestconfig)
    talk, tcp = Talk(), module.connector(asked=False)
    receiving = asyncio.create_task(tcp.receive(talk))
    async with asyncio.timeout(10):
        reader, writer = await _connect(port)
        writer.write("你好\n\n".encode())
        while not talk.accepted:
            await asyncio.sleep(0.01)
        assert talk.texts() == ["你好"]
        await tcp.send(Part(talk.address, "hello", "key"))
        assert await reader.readline() == b"hello\n"
        writer.close()
        await writer.wait_closed()
        while tcp._people:
            await asyncio.sleep(0.01)
        with pytest.raises(Refused):
            await tcp.send(Part(talk.address, "too late", "key"))
        reader, writer = await _connect(port)
        while not tcp._people:
            await asyncio.sleep(0.01)
        receiving.cancel()
        assert await reader.read() == b""
        writer.close()
        await asyncio.wait([receiving])
    del sys.modules[module.__name__]


async def _connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)


async def test_the_fake_conversation_of_these_tests_remembers_as_the_store_does(database):
    store = Acceptor(database), StoredTranscript(database)
    talk = Talk()
    assert await remembered(*store) == await remembered(talk, talk)


async def remembered(inbox, transcript):
    """Say something, some of it twice and some of it elsewhere; return what was answered and what is remembered."""
    here, there = Address("web", "local", "here"), Address("web", "local", "there")
    said = [(here, "1", "one"), (here, "1", "again"), (there, "1", "elsewhere"), (here, "2", "two"), (here, "2", "two")]
    seen = []
    for address, name, text in said:
        key = f"{address.chat}:{name}"
        acceptance = await inbox.accept(Message(address, key, text, address.chat, platform_id=name))
        seen.append((acceptance.fresh, acceptance.seq))
    for address, seq in ((here, 0), (here, 1), (here, 9), (there, 0), (Address("web", "local", "nowhere"), 0)):
        turns = await transcript.since(address, seq)
        seen.append([(turn.seq, turn.speaker, turn.text, turn.kind, turn.platform_id) for turn in turns])
    return seen


async def test_the_fake_conversation_can_be_away_as_the_store_can():
    talk = Talk(down=True)
    with pytest.raises(StoreDown):
        await talk.since(Address("x", "y", "z"), 0)
    with pytest.raises(StoreDown):
        await talk.reject("x", b"", "why")
