"""How long people wait when 1, 10, 100 and 1,000 conversations go on, with a stub and with the model that comes along.

Each person writes every half a minute, so a thousand write 33 messages a second. Few are made to write more often, so
that there is something to measure.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

from tests.acceptance.questions import CHINESE, ENGLISH
from tests.load.driving import drive, milliseconds
from tests.load.people import evenly
from tests.load.place import STUB, Place, Roads, set_up
from tests.load.report import Found, Row

SIZES = (1, 10, 100, 1000)
PAUSE, LEAST_RATE, SECONDS = 30.0, 1.0, 25.0
MODELS: dict[str, Sequence[str]] = {"stub": STUB, "default model": ("--slots", "64")}
WARM_UP = 20


async def run(scale: float, folder: Path) -> Found:
    seconds, found = max(8.0, scale * SECONDS), {}
    for model, flags in MODELS.items():
        place_folder = folder / model.replace(" ", "-")
        place_folder.mkdir()
        async with set_up(place_folder, flags) as place:
            await _talk(place, 10, WARM_UP / 5.0, 5.0)
            found[model] = {size: await _talk(place, size, seconds, max(LEAST_RATE, size / PAUSE)) for size in SIZES}
    rows = [_row(model, size, roads) for model, sizes in found.items() for size, roads in sizes.items()]
    curves = {
        f"{model}, {name}": [milliseconds(roads.waits, percent) for roads in sizes.values()]
        for model, sizes in found.items()
        for name, percent in (("p50", 50), ("p95", 95))
    }
    return Found(rows, {"conversations": {"at": list(SIZES), **curves}})


async def _talk(place: Place, size: int, seconds: float, rate: float) -> Roads:
    people, after = place.crowd(size), await place.newest()
    texts = (f"{text} {number}" for number, text in enumerate(itertools.cycle([*ENGLISH, *CHINESE])))
    await drive(place.ports, evenly(people, int(seconds * rate), rate, texts))
    await place.drained(after, 90.0)
    return await place.roads(after)


def _row(model: str, size: int, roads: Roads) -> Row:
    p50, p95 = (milliseconds(roads.waits, percent) / 1000 for percent in (50, 95))
    share = f"{roads.by_model} of {roads.stored} by the model"
    name = f"{size:,} conversations, {model}: {roads.stored} messages, commit to receipt, p50 / p95, s"
    return Row(name, "all answered", f"{p50:.2f} / {p95:.2f}; {share}", roads.answered == roads.stored)
