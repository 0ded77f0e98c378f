"""The pages of conversations: what they show, to whom, and what of it is noted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import insert, text

from bot.admin.pages.conversations.odds import shaded
from bot.admin.pages.conversations.snippet import snippet
from bot.admin.pages.conversations.verdict import verdict_of
from bot.admin.visible import visible
from bot.messages import Address, Removal, Reply, State
from bot.staff import Role
from bot.store.accepting import Acceptor
from bot.store.closeup import read_told
from bot.store.rollout.versions import Versions
from bot.store.tables.summaries import SummaryRow
from bot.testing import FunctionWriter
from bot.versions import Version
from nlg.contract import Prompt, Unreachable, Writer
from tests.rig.admin import Office
from tests.rig.past import ANN, LIU, Past, written


@pytest.fixture
def past(office: Office) -> Past:
    return Past(office.database)


async def noted(office: Office) -> list[tuple[str, str, str]]:
    async with office.database.read() as connection:
        rows = await connection.execute(text("SELECT action, subject, detail FROM audit ORDER BY id"))
        return [tuple(row) for row in rows]  # type: ignore[misc]


def lend(office: Office, write: Callable[[Prompt], str]) -> FunctionWriter:
    """Lend a model under the name `service-4`, and no other."""
    writer = FunctionWriter(write)

    async def lent(name: str) -> Writer:
        if name != "service-4":
            raise Unreachable(f"there is no version {name} to ask")
        return writer

    object.__setattr__(office.desk, "writer", lent)
    return writer


async def test_a_conversation_shows_what_the_model_is_told_of_its_beginning(office: Office, past: Past) -> None:
    await past.talk(ANN, "Where is my order?", "On its way.")
    async with office.database.begin() as connection:
        at = {"until_seq": 1, "said_at": 1.0, "at": 2.0, "model": "large@1"}
        await connection.execute(insert(SummaryRow).values(conversation_id=1, text="Asked <b>once</b>.", **at))
    async with office.visitor(Role.VIEWER) as visitor:
        page = (await visitor.get("/conversations/1")).text
    assert "Asked &lt;b&gt;once&lt;/b&gt;." in page
    assert "large@1" in page


async def test_the_list_shows_who_wrote_and_what_was_said_last(office: Office, past: Past) -> None:
    await past.talk(ANN, "Where is my order?", "On its way.")
    async with office.visitor(Role.VIEWER) as visitor:
        page = (await visitor.get("/conversations")).text
    assert "On its way." in page
    assert ANN.chat in page
    assert "One conversation." in page
    assert await noted(office) == [] or all(action != "conversation.searched" for action, _, _ in await noted(office))


@pytest.mark.parametrize(("words", "marked"), [("order", "order"), ("退款", "退款")])
async def test_a_search_marks_what_was_found_and_its_words_are_not_noted(
    office: Office, past: Past, words: str, marked: str
) -> None:
    await past.talk(ANN, "Where is my order?", "On its way.")
    await past.talk(LIU, "我的退款呢？", "已经在路上了。")
    async with office.visitor(Role.VIEWER) as visitor:
        page = (await visitor.get("/conversations", q=words)).text
    assert f"<mark>{marked}</mark>" in page
    assert "?at=1#t1" in page
    (searched,) = [row for row in await noted(office) if row[0] == "conversation.searched"]
    assert words not in "".join(searched)


async def test_a_long_list_is_paged_without_loss(office: Office, past: Past) -> None:
    for number in range(53):
        await past.said(Address("web", "site", f"visitor-{number}"), "hello")
    async with office.visitor(Role.VIEWER) as visitor:
        first = (await visitor.get("/conversations")).text
        link = first.split('rel="next"')[1].split('href="?')[1].split('"')[0]
        second = (await visitor.http.get(f"/admin/conversations?{link.replace('&amp;', '&')}")).text
    shown = [
        [number for number in range(53) if f">visitor-{number}<" in page.replace("\n", "")] for page in (first, second)
    ]
    assert (len(shown[0]), len(shown[1])) == (50, 3)
    assert not set(shown[0]) & set(shown[1])


@pytest.mark.parametrize("query", [{"state": "no such"}, {"since": "tomorrow"}, {"channel": "a\0b"}])
async def test_a_filter_that_makes_no_sense_is_refused(office: Office, query: dict[str, str]) -> None:
    async with office.visitor(Role.VIEWER) as visitor:
        assert (await visitor.get("/conversations", **query)).status_code == 400


async def test_a_list_is_kept_without_the_words_searched_for(office: Office, past: Past) -> None:
    await past.talk(ANN, "Where is my order?", "On its way.")
    async with office.visitor(Role.VIEWER) as visitor:
        await visitor.get("/conversations", language="en", q="order")
        kept = await visitor.post("/conversations/views", name="English", query="language=en&q=order&nonsense=1")
        assert kept.headers["location"] == "/admin/conversations?language=en"
        page = (await visitor.get("/conversations")).text
        assert "English" in page
        view = page.split("/conversations/views/")[1].split("/remove")[0]
        await visitor.post(f"/conversations/views/{view}/remove")
        assert "/conversations/views/" not in (await visitor.get("/conversations")).text
    async with office.visitor(Role.VIEWER) as visitor:
        await visitor.get("/conversations")
        assert (await visitor.post("/conversations/views", name="Everything", query="")).status_code == 400


async def test_a_transcript_is_noted_each_time_it_is_seen(office: Office, past: Past) -> None:
    conversation, turn = await past.talk(ANN, "Where is my order?", "On its way.")
    async with office.visitor(Role.VIEWER) as visitor:
        await visitor.get(f"/conversations/{conversation}")
        await visitor.get(f"/conversations/{conversation}/replies/{turn}")
    actions = [(action, subject) for action, subject, _ in await noted(office)]
    subject = f"conversation {conversation}"
    assert actions[-2:] == [("conversation.viewed", subject), ("reply.viewed", subject)]


async def test_what_cannot_be_seen_is_shown_and_what_was_removed_is_not(office: Office, past: Past) -> None:
    conversation = await past.said(ANN, "pay\u202eexe.gpj\u202c now")
    await past.said(ANN, "my card is 4111", platform_id="card")
    await Acceptor(office.database).accept(Removal(ANN, "gone", "card"))
    async with office.visitor(Role.VIEWER) as visitor:
        page = (await visitor.get(f"/conversations/{conversation}")).text
    assert "\u202e" not in page
    assert 'title="Right-to-left override">U+202E<' in page
    assert "4111" not in page
    assert "Removed by its writer" in page


async def test_why_shows_the_prompt_the_settings_and_the_seed(office: Office, past: Past) -> None:
    conversation, turn = await past.talk(ANN, "Where is my order?", "It is on its way.")
    async with office.visitor(Role.VIEWER) as visitor:
        page = (await visitor.get(f"/conversations/{conversation}/replies/{turn}")).text
    assert "Where is my order?" in page
    assert '<dt class="mono">seed</dt><dd class="mono">42</dd>' in page
    assert 'class="shade-0" title="100.0%"><span class="text">It</span>' in page
    assert '<rect class="likely" width="98.0" height="4"/>' in page
    assert "Write again" not in page  # a viewer asks no models


async def test_another_version_is_asked_the_same_and_nothing_is_sent_or_kept(office: Office, past: Past) -> None:
    conversation, turn = await past.talk(ANN, "Where is my order?", "It is on its way.")
    await Versions(office.database).register([Version("service-4")])
    writer = lend(office, lambda prompt: "Tomorrow morning.")
    async with office.visitor(Role.REVIEWER) as visitor:
        await visitor.get(f"/conversations/{conversation}/replies/{turn}")
        page = await visitor.post(f"/conversations/{conversation}/replies/{turn}/again", version="service-4")
        assert "Tomorrow morning." in page.text
        assert "It is on its way." in page.text
        failed = await visitor.post(f"/conversations/{conversation}/replies/{turn}/again", version="other")
        assert failed.status_code == 502
        assert "unreachable" in failed.text
    (prompt,) = writer.prompts
    assert [line.text for line in prompt.lines] == ["Where is my order?"]
    assert (prompt.decoding.seed, prompt.decoding.temperature) == (42, 0.7)
    async with office.database.read() as connection:
        for table in ("turns", "parts"):
            found = await connection.execute(text(f"SELECT count(*) FROM {table} WHERE text LIKE 'Tomorrow%'"))
            assert found.scalar_one() == 0
    assert ("reply.written_again", f"conversation {conversation}") in [row[:2] for row in await noted(office)]


async def test_a_person_s_turn_and_another_conversation_s_reply_have_no_why(office: Office, past: Past) -> None:
    conversation, turn = await past.talk(ANN, "Where is my order?", "On its way.")
    other, _ = await past.talk(LIU, "hi", "Hello.")
    async with office.visitor(Role.VIEWER) as visitor:
        for path in (
            f"{conversation}/replies/{turn - 1}",
            f"{other}/replies/{turn}",
            f"{conversation}/replies/{2**60}",
        ):
            assert (await visitor.get(f"/conversations/{path}")).status_code == 404
        assert (await visitor.get(f"/conversations/{2**60}")).status_code == 404


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (Reply("Hi.", "generative", draft="Hi.", writing=written("Hi.")), "passed"),
        (Reply("Hi. Call us.", "generative", "number", draft="Hi. 300.", writing=written("Hi.")), "trimmed"),
        (Reply("Ask us.", "neutral", "number", draft="300.", writing=written("300.")), "held"),
        (Reply("Call 116 123.", "crisis", "crisis"), "crisis"),
        (Reply("A colleague will write.", "fallback", "late", ends=State.HANDED_OVER), "fallback"),
        (Reply("Write what you need.", "scripted", "help"), "fixed"),
    ],
)
async def test_a_verdict_says_what_became_of_the_draft(past: Past, reply: Reply, word: str) -> None:
    conversation = await past.said(ANN, "hi")
    turn = await past.answered(replace(reply))
    async with past.database.read() as connection:
        told = await read_told(connection, conversation, turn)
    assert told is not None
    assert verdict_of(told).word == word


@pytest.mark.parametrize("shown", ["plain", "家", "👩‍👩‍👧", "क्\u200dष", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "two\nlines", "e\u0301"])
def test_what_can_be_seen_stays_as_it_is(shown: str) -> None:
    assert [piece.sign for piece in visible(shown)] == [""]


@pytest.mark.parametrize(
    ("hidden", "sign"),
    [("\u200b", "U+200B"), ("\U000e0041", "U+E0041"), ("\x07", "U+0007"), ("\u3164", "U+3164"), ("\ue000", "U+E000")],
)
def test_what_cannot_be_seen_is_named_and_nothing_is_lost(hidden: str, sign: str) -> None:
    pieces = visible(f"a{hidden}b")
    assert [piece.sign for piece in pieces] == ["", sign, ""]
    assert "".join(piece.text for piece in pieces) == f"a{hidden}b"


def test_a_snippet_begins_before_the_first_hit() -> None:
    pieces = snippet("word " * 40 + "the refund you asked for " + "word " * 60, ["refund"])
    assert [piece.text for piece in pieces if piece.hit] == ["refund"]
    assert pieces[0].text == pieces[-1].text == "…"
    assert sum(len(piece.text) for piece in pieces) <= 202


def test_a_snippet_marks_words_from_their_beginning_and_chinese_anywhere() -> None:
    assert [piece.text for piece in snippet("Prefund, refunds; 我要退款", ["refund", "退款"]) if piece.hit] == [
        "refund",
        "退款",
    ]


def test_the_surest_piece_has_the_lightest_shade() -> None:
    pieces = shaded([("a", -0.01), ("b", -0.3), ("c", -0.9), ("d", -1.5), ("e", -5.0), ("f", float("nan"))])
    assert [piece.shade for piece in pieces] == [0, 1, 2, 3, 4, 4]
