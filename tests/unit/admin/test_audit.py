"""The audit log: everything is in it, filters, pages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

import bot.admin
from bot.admin.paging import read_cursor, write_cursor
from bot.staff import Role, User
from bot.store.staff.audit import note
from bot.store.tables.staff import AuditRow
from tests.rig.admin import Office, every_page

SUBJECT = re.compile(r'<td data-name="To what">(?:<a [^>]*>)?([^<]*)<')
LINK = re.compile(r'rel="(prev|next)" data-key="[pn]" href="([^"]*)"')
MARTA = User(2, "reviewer", Role.REVIEWER)


async def shown(office: Office, address: str) -> tuple[list[str], dict[str, str]]:
    """The subjects on the page, and its links to newer and older."""
    async with office.visitor(Role.ADMIN) as admin:
        page = (await admin.get(address)).text
    return SUBJECT.findall(page), {rel: href.replace("&amp;", "&") for rel, href in LINK.findall(page)}


@pytest.fixture
async def log(office: Office) -> None:
    async with office.database.begin() as connection:
        for number in range(130):
            action = "conversation.viewed" if number % 2 else "review.saved"
            await note(connection, MARTA, action, f"conversation {number}", {"n": number}, "192.0.2.9")


async def test_a_long_log_is_paged_there_and_back_with_its_filters(office: Office, log: None) -> None:
    first, links = await shown(office, "/audit?action=review.saved")
    assert first == [f"conversation {n}" for n in range(128, 28, -2)]
    assert set(links) == {"next"}
    second, back = await shown(office, f"/audit{links['next']}")
    assert second == [f"conversation {n}" for n in range(28, -2, -2)]
    assert set(back) == {"prev"}
    again, links = await shown(office, f"/audit{back['prev']}")
    assert again == first
    assert set(links) == {"next"}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("user=2", 50),
        ("user=3&action=review.saved", 0),
        ("subject=conversation 12", 11),
        ("subject=conversation%25", 0),
        ("subject=conversation_1", 0),
        ("from=2020-01-01&to=2020-12-31", 0),
        ("from=2020-01-01&to=2999-12-31&user=2", 50),
        ("from=nonsense&user=2", 50),
        ("user=nobody&subject=conversation 7", 11),
        ("user=99999999999999999999", 50),
        ("older=rubbish&user=2", 50),
    ],
)
async def test_filters_find_what_fits(office: Office, log: None, query: str, count: int) -> None:
    subjects, _ = await shown(office, f"/audit?{query}")
    assert len(subjects) == count


async def test_actions_are_named_in_the_language_of_the_user(office: Office) -> None:
    async with office.visitor(Role.ADMIN) as admin:
        assert "signed in" in (await admin.get("/audit")).text
        await admin.post("/account/reading", language="zh", zone="")
        assert "更改了语言或时区" in (await admin.get("/audit")).text


async def test_a_line_about_a_conversation_leads_there_and_nowhere_else(office: Office) -> None:
    async with office.database.begin() as connection:
        for subject in ("conversation 7", "conversation ../../x", "conversation", "alert 7"):
            await note(connection, MARTA, "conversation.viewed", subject)
    async with office.visitor(Role.ADMIN) as admin:
        page = (await admin.get("/audit", action="conversation.viewed")).text
    assert re.findall(r'<a class="nowrap" href="([^"]*)">', page) == ["/admin/conversations/7"]
    assert "conversation ../../x" in page


async def test_a_change_that_notes_nothing_is_noted_all_the_same(office: Office) -> None:
    async with office.visitor(Role.ADMIN) as admin:
        await admin.get("/account")
        await admin.post("/login", name="admin", password="wrong")
    async with office.visitor() as nobody:
        await nobody.get("/login")
        await nobody.post("/logout")
    noted = select(func.count()).select_from(AuditRow).where(AuditRow.action == "entry.logout")
    async with office.database.read() as connection:
        assert (await connection.execute(noted)).scalar_one() == 1


def actions_in_code() -> set[str]:
    """The actions that pages write down."""
    found = set()
    for path in Path(bot.admin.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                place = {"change": 0, "saw": 0, "note": 1}.get(node.func.attr)
                if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                    found.add(node.args[place].value)  # type: ignore[attr-defined]
    return found


def test_every_action_has_a_name() -> None:
    words = every_page().words
    assert [action for action in sorted(actions_in_code()) if not words.action(action)] == []


KEYS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())


@given(st.lists(KEYS, min_size=1, max_size=3))
def test_a_cursor_comes_back_as_it_was(values: list[float | int | str]) -> None:
    assert read_cursor(write_cursor(values), len(values)) == values


@pytest.mark.fuzz
@given(st.text(max_size=200))
def test_what_is_no_cursor_begins_at_the_beginning(text: str) -> None:
    found = read_cursor(text, 2)
    assert found is None or len(found) == 2
