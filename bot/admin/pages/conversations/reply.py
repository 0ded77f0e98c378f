"""Why a reply was given, and what another model would have said. Nothing of this is sent to the person."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from starlette.responses import Response

from bot.admin.errors import Refused, not_there
from bot.admin.pages.conversations.odds import Shaded, shaded
from bot.admin.pages.conversations.verdict import verdict_of
from bot.admin.visit import Visit
from bot.messages import Asked, Speaker, Writing
from bot.store.closeup import Told, read_asked, read_told
from bot.store.rollout.versions import Versions
from bot.versions import Stage
from bot.writings import prompt_of, writing_of
from nlg.contract import WritingError

SECONDS = 30.0
"""How long another model may take."""
GREATEST = 2**53


@dataclass(frozen=True, slots=True)
class Again:
    """What a version wrote when it was asked the same once more."""

    version: str
    text: str
    writing: Writing
    odds: list[Shaded]


@dataclass(frozen=True, slots=True)
class Why:
    """A reply with what its model was asked; `asked` is `None` where that was not kept."""

    conversation: int
    told: Told
    asked: Asked | None
    odds: list[Shaded]


async def reply(visit: Visit) -> Response:
    """Show why a reply was given."""
    why = await _why(visit)
    await visit.saw("reply.viewed", f"conversation {why.conversation}", turn=why.told.turn.id)
    return await _page(visit, why)


async def write_again(visit: Visit) -> Response:
    """Ask a version the same once more, and show both side by side."""
    why, version = await _why(visit), await visit.field("version")
    if why.asked is None:
        raise Refused(409, "conversations.why.not_kept")
    try:
        prompt = prompt_of(why.asked, uuid4().hex, SECONDS)
        draft = await (await visit.desk.writer(version)).write(prompt, lambda chunk: None)  # noqa: ARG005 - unused
    except (TypeError, ValueError):
        raise Refused(409, "conversations.again.another_version") from None
    except WritingError as error:
        return await _page(visit, why, failed=error.reason, version=version, status=502)
    await visit.saw("reply.written_again", f"conversation {why.conversation}", turn=why.told.turn.id, version=version)
    return await _page(visit, why, again=Again(version, draft.text, writing_of(draft), shaded(draft.odds)))


async def _why(visit: Visit) -> Why:
    """Return the reply that the path names. Raises `Refused` where there is none, or it is a person's turn."""
    conversation, turn = visit.request.path_params["conversation"], visit.request.path_params["turn"]
    if max(conversation, turn) >= GREATEST:
        raise not_there()
    async with visit.database.read() as connection:
        told = await read_told(connection, conversation, turn)
        if told is None or told.turn.speaker is Speaker.USER:
            raise not_there()
        kept = await read_asked(connection, turn)
    asked, odds = kept or (None, [])
    return Why(conversation, told, asked, shaded(odds))


async def _page(
    visit: Visit, why: Why, *, again: Again | None = None, failed: str = "", version: str = "", status: int = 200
) -> Response:
    versions = [one for one in await Versions(visit.database).all() if one.stage is not Stage.RETIRED]
    return visit.page(
        "conversations/reply.html",
        status,
        why=why,
        again=again,
        failed=failed,
        version=again.version if again else version,
        versions=versions,
        verdict_of=verdict_of,
    )
