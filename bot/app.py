"""Puts the bot together and runs it: the only place that knows every concrete class."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from bot import alerting, handoff
from bot.admin import lacking
from bot.admin.settings import AdminSettings
from bot.alerting import AlertSettings, Herald
from bot.author import ReplyAuthor
from bot.channels import open_channels
from bot.delivery import Delivery, Unconfirmed
from bot.dispatcher import Dispatcher
from bot.flood import GovernedConnector, Governor
from bot.handoff import HandoffSettings, Timer
from bot.http.health import Channels, Check, database_check, writer_check
from bot.http.operations import operations_routes
from bot.http.server import HttpServer, build_app
from bot.http.settings import HttpSettings
from bot.inbox import StoringInbox
from bot.interfaces import (
    ASGIApp,
    Author,
    Closable,
    Connector,
    HttpEndpoints,
    Inbox,
    Keeping,
    LedEndpoints,
    Models,
    Records,
    Responder,
    Transcript,
)
from bot.manager import ConversationManager
from bot.messages import Address, Question
from bot.operations import tidying, worrying
from bot.operations.books import keep_books
from bot.operations.metering import MeteredConnector, MeteredInbox, MeteredRecords, MeteredWriter
from bot.operations.metrics import Metrics
from bot.operations.tidying import Tidier
from bot.operations.worrying import Worrier
from bot.personas import Persona, Personas, load_personas
from bot.precedence import Precedence
from bot.prompting import Opening
from bot.remembering import TalkSettings
from bot.repeating import repeat
from bot.responders.crisis import Crisis
from bot.responders.fallback import Fallback
from bot.responders.generative import Generative
from bot.responders.limits import Limits, LimitSettings
from bot.responders.personal import Personal
from bot.responders.reception import Reception, ReceptionSettings
from bot.responders.scripted import Scripted
from bot.rollout import watching
from bot.rollout.opening import Rollout, open_rollout
from bot.rollout.quiet import Quiet
from bot.rollout.settings import RolloutSettings
from bot.rollout.talking import TalkingModels
from bot.rollout.versioned import Versioned
from bot.rollout.watching import Watch
from bot.running import Bot
from bot.settings import Section
from bot.splitting import limit_of, split
from bot.store.accepting import Acceptor
from bot.store.alerts import Alerts
from bot.store.answering import Answers
from bot.store.budgets import Budgets
from bot.store.database import Database, StoreSettings, open_database
from bot.store.lanes import Lanes
from bot.store.leasing import Leases
from bot.store.ledger import Ledger
from bot.store.lockfile import LockFile
from bot.store.outbox import Outbox
from bot.store.recording import Recorder
from bot.store.revisions import upgrade
from bot.store.summaries import Summaries
from bot.store.tallying import tallies
from bot.store.tallying.tallies import Tallies
from bot.store.transcript import StoredTranscript
from bot.store.vault import Vault, VaultSettings
from bot.summarising import OWN, Summariser
from bot.writers import WriterSettings, open_writer
from nlg.contract import Decoding, Writer


class BotSettings(Section, env_prefix="PALAVER_", table="bot"):
    """How the bot works: seconds an answer may take, conversations at once, what to do with unconfirmed sends."""

    seconds: float = 30.0
    conversations: int = 64
    unconfirmed: Unconfirmed = Unconfirmed.RESEND


class DecodingSettings(Section, env_prefix="PALAVER_DECODING_", table="decoding"):
    """How the model chooses its words; see `nlg.contract.Decoding`."""

    max_tokens: int = 96
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    repetition_penalty: float = 1.0
    seed: int = 0


@asynccontextmanager
async def assemble(
    channels: Sequence[str], store: StoreSettings, *, http: bool = True, limited: bool = True
) -> AsyncIterator[Bot]:
    """Put the bot together for the named channels, or for those that are set up; `http` serves their endpoints.

    `limited`: one person may write only so much, as the settings say.
    Raises `SettingsError`, `ModelRefused` and `StoreDown`.
    """
    personas = load_personas()
    connectors = open_channels(channels)
    database = open_database(store)
    async with AsyncExitStack() as held:
        held.enter_context(LockFile(database.engine.url))
        held.push_async_callback(database.close)
        await _prepare(database)
        metrics = Metrics()
        rollout = await open_rollout(database, _asking(personas), metrics.shadowed, held)
        for connector in connectors.values():
            if isinstance(connector, Keeping):
                connector.keep_in(Vault(database, VaultSettings.load()))
            if isinstance(connector, Closable):
                held.push_async_callback(connector.close)
        rollout = replace(rollout, models=await _talking(personas, database, rollout, held))
        yield _join(personas, connectors, database, rollout, metrics, http=http, limited=limited)


async def _prepare(database: Database) -> None:
    await upgrade(database)
    if database.embedded:
        # The lock says that nobody else is here, so whoever still owns a conversation is dead.
        await Leases(database, "").evict()


def _join(
    personas: Personas,
    connectors: Mapping[str, Connector],
    database: Database,
    rollout: Rollout,
    metrics: Metrics,
    *,
    http: bool,
    limited: bool,
) -> Bot:
    settings, channels = BotSettings.load(), Channels()
    leases, ledger = Leases(database, f"{socket.gethostname()}:{os.getpid()}"), Ledger(database)
    lanes = Lanes(database)
    governor = Governor(lanes)
    metered = {
        name: GovernedConnector(connector, MeteredConnector(connector, metrics), governor)
        for name, connector in connectors.items()
    }
    delivery = Delivery(
        Outbox(database), metered, settings.unconfirmed, lambda channel, m: metrics.ended(channel, m.state, m.seconds)
    )
    model = _model(personas, rollout, metrics)
    responders = _responders(personas, model(0), Budgets(database), limited=limited)
    talk = TalkSettings.load()
    answers = Answers(database, _saying(personas, "handover"), talk.hours, summaries=bool(talk.summary))
    manager = ConversationManager(leases, answers, delivery, metered, responders, rollout.models, settings.seconds)
    precedence = Precedence()
    dispatcher = Dispatcher(leases, ledger, manager.serve, precedence, settings.conversations)
    door = StoringInbox(Acceptor(database), dispatcher.wake, manager.stop, channels.heard, precedence)
    inbox = MeteredInbox(door, metrics)
    background: list[Awaitable[None]] = [keep_books(ledger, channels, metrics), rollout.fleet.follow()]
    greeting = ""
    worrier = Worrier(database)
    timer = Timer(database, HandoffSettings.load().silence, _saying(personas, "given_back"), dispatcher.wake)
    herald = Herald(Alerts(database), metered, AlertSettings.load(), _page_address(), dispatcher.wake)
    background += [
        repeat("giving back", handoff.LOOK, timer.look),
        repeat("telling the team", alerting.LOOK, herald.look),
        repeat("tidying up", tidying.LOOK, Tidier(database, AdminSettings.load()).look),
        repeat("counting hours", tallies.EVERY, Tallies(database).roll),
        repeat("forgetting lanes", 3600.0, lanes.tidy),
        repeat("looking at the clock", worrying.LOOK, worrier.look),
        *_watching(database, metrics),
    ]
    if http:
        own = {"database": database_check(database.ping), "writer": writer_check(rollout.fleet)}
        checks = own | _listening(connectors, channels)
        paths = _endpoints(connectors, inbox, StoredTranscript(database))
        records = MeteredRecords(Recorder(database), metrics)
        paths |= _led_endpoints(connectors, _author(personas, rollout, model), records)
        paths |= _admin(database, rollout, dispatcher, manager, connectors)
        server = _server(paths, checks, metrics, worrier)
        background.append(server.serve())
        greeting = f"Palaver serves {', '.join(connectors)} at {server.address}"
    return Bot([connector.receive(inbox) for connector in metered.values()], dispatcher.run(), background, greeting)


def _saying(personas: Personas, phrase: str) -> Callable[[Address, str], str]:
    """Return what says a phrase at an address in a language."""
    return lambda address, language: personas.at(address).speech.say(phrase, language)


async def _talking(personas: Personas, database: Database, rollout: Rollout, held: AsyncExitStack) -> Models:
    """Return the models as personas wish, with who sums up long conversations where the owner wants that.

    Raises `SettingsError` or `ModelRefused`.
    """
    talk = TalkSettings.load()
    follow: Callable[[Question], None] = _nothing
    if talk.summary:
        chosen = WriterSettings.load() if talk.summary == OWN else WriterSettings.load().only(talk.summary)
        quiet = Quiet() if chosen.apart else rollout.quiet
        writer = await _summing_up(talk.summary, chosen, rollout, held)
        summariser = Summariser(writer, Summaries(database), quiet, talk.tokens, talk.summary_tokens)
        held.push_async_callback(summariser.close)
        follow = summariser.follow
    return TalkingModels(rollout.models, lambda address: personas.at(address).model, follow)


async def _summing_up(
    name: str, chosen: WriterSettings, rollout: Rollout, held: AsyncExitStack
) -> Callable[[Question], Awaitable[Writer]]:
    """Return what lends the writer that sums up the conversation of a question."""
    if name == OWN:
        return lambda question: rollout.fleet.writer(question.version)
    opened = await open_writer(chosen)
    held.push_async_callback(opened.close)

    async def lent(question: Question) -> Writer:  # noqa: ARG001 - the same for all
        return opened

    return lent


def _nothing(question: Question) -> None:
    """Nobody follows."""


def _responders(personas: Personas, model: Responder, budgets: Budgets, *, limited: bool) -> list[Responder]:
    limiting, receiving = LimitSettings.load(), ReceptionSettings.load()
    made: list[Callable[[Persona], Responder]] = [
        lambda who: Scripted(who.speech),
        lambda who: Crisis(who.speech),
        lambda who: Reception(who.speech, receiving),
        *([lambda who: Limits(budgets, who.speech, limiting)] if limited else []),
    ]
    fallback = Personal(personas, lambda who: Fallback(who.speech))
    return [*(Personal(personas, make) for make in made), model, fallback]


def _page_address() -> Callable[[str], str]:
    """Return what tells where the team finds an admin page."""
    http = HttpSettings.load()
    base = AdminSettings.load().url.rstrip("/") or f"http://{http.host}:{http.port}"
    return lambda path: f"{base}/admin/{path}"


def _asking(personas: Personas, most_tokens: int = 0) -> Callable[[Writer], Responder]:
    """Return what makes a responder of a writer, for replies of so many tokens at most; 0 leaves it to the settings."""
    decoding = Decoding(**DecodingSettings.load().model_dump())
    tokens, chosen = TalkSettings.load().tokens, shorter(decoding, most_tokens)

    def asks(writer: Writer, who: Persona) -> Responder:
        return Generative(writer, who.speech, chosen, tokens, Opening(who.opening, who.system))

    return lambda writer: Personal(personas, lambda who: asks(writer, who))


def _model(personas: Personas, rollout: Rollout, metrics: Metrics) -> Callable[[int], Responder]:
    """Return what makes the responder that asks the version of the conversation, for so many tokens at most."""

    def responder(most_tokens: int) -> Responder:
        asking = _asking(personas, most_tokens)
        return Versioned(rollout.fleet.writer, lambda writer: asking(MeteredWriter(writer, metrics)), rollout.quiet)

    return responder


def _watching(database: Database, metrics: Metrics) -> list[Awaitable[None]]:
    """Return what takes canaries back, unless the owner wants to do so alone."""
    settings = RolloutSettings.load()
    watch = Watch(database, settings.error, metrics.rolled_back)
    return [repeat("judging canaries", watching.LOOK, watch.look)] if settings.automatic else []


def _endpoints(connectors: Mapping[str, Connector], inbox: Inbox, transcript: Transcript) -> dict[str, ASGIApp]:
    """Collect what connectors serve over HTTP."""
    paths: dict[str, ASGIApp] = {}
    for connector in connectors.values():
        if isinstance(connector, HttpEndpoints):
            paths |= connector.endpoints(inbox, transcript)
    return paths


def _led_endpoints(connectors: Mapping[str, Connector], author: Author, records: Records) -> dict[str, ASGIApp]:
    """Collect what connectors serve to assistants that lead their own conversations."""
    paths: dict[str, ASGIApp] = {}
    for connector in connectors.values():
        if isinstance(connector, LedEndpoints):
            paths |= connector.led_endpoints(author, records)
    return paths


def _admin(
    database: Database,
    rollout: Rollout,
    dispatcher: Dispatcher,
    manager: ConversationManager,
    connectors: Mapping[str, Connector],
) -> dict[str, ASGIApp]:
    """Return the admin pages where they are wanted and can be served; the doctor says when they cannot."""
    settings = AdminSettings.load()
    if not settings.enabled or lacking():
        return {}
    # Only now: without the extra `admin` these cannot be imported.
    from bot.admin.app import admin_app  # noqa: PLC0415
    from bot.admin.desk import Desk  # noqa: PLC0415

    desk = Desk(
        database,
        settings,
        writer=rollout.fleet.writer,
        wake=dispatcher.wake,
        stop=manager.stop,
        pieces=lambda channel, text: split(text, limit_of(connectors, channel)),
    )
    return {"/admin/": admin_app(desk)}


def _author(personas: Personas, rollout: Rollout, model: Callable[[int], Responder]) -> Author:
    crisis = Personal(personas, lambda who: Crisis(who.speech))
    return ReplyAuthor(lambda most: [crisis, model(most)], rollout.models.assign, personas)


def shorter(decoding: Decoding, most: int) -> Decoding:
    """Return the same with at most so many tokens; 0 changes nothing."""
    return replace(decoding, max_tokens=min(most, decoding.max_tokens)) if most else decoding


def _server(
    paths: Mapping[str, ASGIApp], checks: Mapping[str, Check], metrics: Metrics, worrier: Worrier
) -> HttpServer:
    settings = HttpSettings.load()
    routes = operations_routes(checks, metrics.exposition, settings.metrics_token, worrier.degraded)
    app = build_app(paths, routes)
    return HttpServer(app, settings)


def _listening(connectors: Mapping[str, Connector], channels: Channels) -> dict[str, Check]:
    """Expect to hear from the channels that promise it, and return their checks."""
    names = [name for name, connector in connectors.items() if connector.listens]
    for name in names:
        channels.expect(name)
    return {name: channels.check(name) for name in names}
