"""Questions of customers, on every road and every place, answered by the model that comes with the package."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import quantiles

import pytest
from rich.console import Console
from rich.table import Table

from connectors.slack.standin import StandIn as SlackStandIn
from connectors.telegram.standin import StandIn as TelegramStandIn
from nlg import default_model
from tests.acceptance.questions import questions
from tests.acceptance.roads import Road, Slack, Telegram, Travelled, slack_settings, telegram_settings, travel
from tests.rig.brokers import BROKERS
from tests.rig.children import Children
from tests.rig.databases import DATABASES, Books
from tests.rig.front import Front
from tests.rig.palaver import start_bot, start_worker
from tests.rig.servers import Unavailable

MODEL_FOR_ALL = {"PALAVER_RECEPTION_WORDS": "[]"}
"""Who asks for a person is not handed over here: the model is to answer."""
PLACES = [("sqlite", "embedded"), ("postgresql", "redis"), ("postgresql", "rabbitmq")]


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("store", "broker"), PLACES, ids=["-".join(place) for place in PLACES])
async def test_every_question_is_answered_once_in_its_turn_by_the_model(
    store: str, broker: str, tmp_path: Path
) -> None:
    if not (default_model() / "manifest.json").exists():
        pytest.skip("no model has been trained into nlg/default yet")
    asked = questions()
    try:
        async with set_up(store, broker, tmp_path) as roads:
            travelled = await asyncio.gather(*(travel(road, asked, books) for road, books in roads))
    except Unavailable as missing:
        pytest.skip(str(missing))
    show(f"{store} + {broker}", travelled)
    assert [road for road in travelled if not road.good] == []


@asynccontextmanager
async def set_up(store: str, broker: str, folder: Path) -> AsyncIterator[list[tuple[Road, Books]]]:
    """Start a bot that fetches and a bot that is delivered to, each on a database of its own, with one worker."""
    async with AsyncExitStack() as stack:
        children = stack.enter_context(Children(folder))
        opened = await stack.enter_async_context(BROKERS[broker](children, folder))
        worker = start_worker(children, "worker", opened.url) if opened.url else None
        roads: list[tuple[Road, Books]] = []
        bots = []
        for delivered in (False, True):
            place = folder / ("delivered" if delivered else "fetched")
            place.mkdir()
            books = await stack.enter_async_context(DATABASES[store](place))
            front = await stack.enter_async_context(Front([]))
            telegram = await stack.enter_async_context(TelegramStandIn())
            slack = await stack.enter_async_context(SlackStandIn(f"{front.url}/slack/events" if delivered else ""))
            settings = telegram_settings(telegram, front.url if delivered else "") | slack_settings(slack, delivered)
            places = {"PALAVER_DATABASE_URL": books.url, "PALAVER_BROKER_URL": opened.url, **MODEL_FOR_ALL}
            bots.append(start_bot(children, place.name, settings | places, ["telegram", "slack"]))
            front.targets = [("127.0.0.1", bots[-1].port)]
            roads += [(Telegram(telegram, delivered), books), (Slack(slack, delivered), books)]
        await asyncio.gather(*(process.ready() for process in (*bots, worker) if process))
        yield roads


def show(place: str, travelled: Sequence[Travelled]) -> None:
    table = Table("road", "asked", "answers", "by the model", "out of turn", "median wait", "95 %", title=place)
    for road in travelled:
        cuts = quantiles(road.waits, n=20, method="inclusive")
        by_model = sum(count for (responder, _), count in road.by.items() if responder == "generative")
        counts = (road.asked, len(road.answers), by_model, road.out_of_turn)
        table.add_row(road.road, *map(str, counts), f"{cuts[9]:.2f} s", f"{cuts[18]:.2f} s")
    Console(width=110).print(table)
