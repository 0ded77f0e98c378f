"""Shows the log, filtered by who, what, to what and when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from bot.admin.paging import read_slice
from bot.admin.visit import Visit
from bot.store.staff.audit import audit_actions, audit_rows
from bot.store.staff.users import Users
from bot.store.tables.staff import AuditRow


async def audit(visit: Visit) -> Response:
    query = visit.request.query_params
    user, action, subject = query.get("user", ""), query.get("action", ""), query.get("subject", "").strip()[:100]
    since, until = _day(query.get("from", "")), _day(query.get("to", ""))
    rows = audit_rows(
        int(user) if user.isascii() and user.isdigit() and len(user) < 16 else None,
        action,
        subject,
        since.timestamp() if since else None,
        (until + timedelta(days=1)).timestamp() if until else None,
    )
    async with visit.database.read() as connection:
        lines = await read_slice(visit, connection, rows, [AuditRow.__table__.c.id])
        actions = await audit_actions(connection)
    names = {name: visit.named_action(name) for name in actions}
    return visit.page(
        "audit/audit.html",
        slice=lines,
        subjects={row.id: _subject(visit, row.subject) for row in lines.rows},
        details={row.id: _details(visit, json.loads(row.detail)) for row in lines.rows},
        users=await Users(visit.database).every(),
        names=dict(sorted(names.items(), key=lambda one: one[1])),
        chosen={
            "user": user,
            "action": action,
            "subject": subject,
            "from": query.get("from", ""),
            "to": query.get("to", ""),
        },
    )


def _subject(visit: Visit, subject: str) -> tuple[str, str]:
    """Return what a line is about in the user's language, and where that can be read; empty where nowhere."""
    kind, _, name = subject.partition(" ")
    called = visit.named("audit.subjects", kind)
    numbered = name.isascii() and name.isdigit()
    link = visit.url(f"/conversations/{name}") if kind == "conversation" and numbered else ""
    return f"{called} {name}".strip(), link


def _details(visit: Visit, detail: Mapping[str, object]) -> dict[str, str]:
    """Return what there is to say about a line, by its name in the user's language."""
    return {
        visit.named("audit.details", name): _value(visit, value)
        for name, value in detail.items()
        if value not in ("", [], None)
    }


def _value(visit: Visit, value: object) -> str:
    if isinstance(value, bool):
        return visit.say("audit.yes" if value else "audit.no")
    if isinstance(value, list):
        return ", ".join(visit.named("conversations.filter", str(one)) for one in value)
    return str(value)


def _day(text: str) -> datetime | None:
    """Return the beginning of a day in UTC, `None` for what is none."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
