"""Reviewing, comparing and exporting over HTTP."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from bot.admin.desk import Desk
from bot.admin.passwords import Passwords
from bot.admin.settings import AdminSettings
from bot.staff import Role
from bot.store.database import Database
from bot.store.reviewing.comparing import keep_pair, open_pair, standings
from bot.store.reviewing.reading import mark_of, reviews_of
from bot.store.rollout.shadows import Shadows
from bot.store.rollout.versions import Change, Versions
from bot.store.tables.feedback import FeedbackRow
from bot.store.tables.staff import AuditRow
from bot.versions import Version
from nlg.contract import Draft, Finish, OnChunk, Prompt, Unreachable, Writer
from tests.rig.admin import QUICK, Office, open_office
from tests.rig.reviewing import Exchange, converse

TALK = [
    Exchange("where is it", "Look at http://x/1.", "Look at {{tracking_page}}.", -2.0),
    Exchange("nothing there", "Sorry?", responder="fallback"),
]


async def audited(office: Office, action: str) -> list[str]:
    async with office.database.read() as connection:
        statement = select(AuditRow.subject, AuditRow.detail).where(AuditRow.action == action)
        return [f"{row.subject} {row.detail}" for row in await connection.execute(statement)]


async def test_the_queue_leads_from_reply_to_reply_until_none_is_left(office: Office) -> None:
    _, [first, second] = await converse(office.database, "5", TALK)
    async with office.visitor(Role.REVIEWER) as visitor:
        shown = (await visitor.get("/review")).headers["location"]
        assert shown.endswith(f"/review/replies/{first}?policy=&why=low_score")
        page = await visitor.get(f"/review/replies/{first}", why="low_score")
        assert "The model was unsure" in page.text
        answer = await visitor.post(f"/review/replies/{first}", verdict="good", policy="fallbacks")
        assert answer.headers["location"].endswith("/review?policy=fallbacks")
        answer = await visitor.post(f"/review/replies/{second}/later", policy="nonsense")
        assert answer.headers["location"].endswith("/review")
        assert "Nothing is left to review here." in (await visitor.get("/review")).text
        assert (await visitor.get("/review", policy="nonsense")).status_code == 400
    async with office.visitor(Role.ADMIN) as other:
        assert f"/replies/{second}?" in (await other.get("/review")).headers["location"]


async def test_a_correction_is_kept_with_all_that_was_said_and_the_audit_log_has_no_words(office: Office) -> None:
    _, [first, _] = await converse(office.database, "5", TALK)
    async with office.visitor(Role.REVIEWER) as visitor:
        await visitor.get(f"/review/replies/{first}")
        said = {"correction": "It is late, canary.", "tags": "Tone, too long", "note": "canary", "flagged": "1"}
        answer = await visitor.post(f"/review/replies/{first}", back="talk", **said)
        assert answer.headers["location"].endswith("/conversations/1?at=2#t2")
        page = (await visitor.get(f"/review/replies/{first}")).text
    async with office.database.read() as connection:
        [one] = (await reviews_of(connection, [first]))[first]
    assert one.review.correction == "It is late, canary."
    assert (one.review.verdict, one.review.tags, one.review.flagged) == ("bad", ("tone", "too long"), True)
    assert 'data-new="It is late, canary."' in page
    assert 'data-old="Look at {{tracking_page}}."' in page, "the model's own words, with places for facts"
    [line] = await audited(office, "reply.reviewed")
    assert "canary" not in line
    assert json.loads(line.split(" ", 2)[2]) == {"turn": first, "verdict": "bad", "flagged": True, "corrected": True}


async def test_words_that_were_not_changed_are_no_correction(office: Office) -> None:
    _, [first, second] = await converse(office.database, "5", TALK)
    async with office.visitor(Role.REVIEWER) as visitor:
        await visitor.get(f"/review/replies/{first}")
        await visitor.post(f"/review/replies/{first}", verdict="good", correction=" Look at {{tracking_page}}. ")
        await visitor.post(f"/review/replies/{second}", correction="Sorry?")
    async with office.database.read() as connection:
        found = await reviews_of(connection, [first, second])
    assert [(found[turn][0].review.verdict, found[turn][0].review.correction) for turn in (first, second)] == [
        ("good", ""),
        ("", ""),
    ]


async def test_a_conversation_is_assigned_and_finished_from_the_page(office: Office) -> None:
    conversation, [first, _] = await converse(office.database, "5", TALK)
    mine = office.users[Role.REVIEWER]
    async with office.visitor(Role.REVIEWER) as visitor:
        await visitor.get(f"/review/replies/{first}")
        to = f"/review/conversations/{conversation}"
        answer = await visitor.post(f"{to}/assign", assignee=str(mine), turn=str(first))
        assert answer.headers["location"].endswith(f"/review/replies/{first}")
        assert (await visitor.post(f"{to}/assign", assignee=str(office.users[Role.VIEWER]))).status_code == 400
        assert (await visitor.post(f"{to}/assign", assignee="²")).status_code == 400
        await visitor.post(f"{to}/finish")
        assert (await visitor.post("/review/conversations/999/finish")).status_code == 404
        async with office.database.read() as connection:
            mark = await mark_of(connection, conversation)
        assert (mark.assignee, mark.reviewed_at is not None) == (mine, True)
        await visitor.post(f"{to}/assign", assignee="")
        await visitor.post(f"{to}/finish", open="1")
    async with office.database.read() as connection:
        mark = await mark_of(connection, conversation)
    assert (mark.assignee, mark.reviewed_at) == (None, None)


async def test_the_page_of_a_conversation_shows_what_was_said_of_its_replies(office: Office) -> None:
    conversation, [first, _] = await converse(office.database, "5", TALK)
    async with office.visitor(Role.REVIEWER) as visitor:
        page = (await visitor.get(f"/conversations/{conversation}")).text
        assert page.count('value="good"') == 2
        answer = await visitor.post(f"/review/replies/{first}", verdict="bad", back="talk")
        assert answer.headers["location"].endswith(f"/conversations/{conversation}?at=2#t2")
        await visitor.post(f"/review/replies/{first}", correction="Tomorrow.", back="talk", flagged="1")
        page = (await visitor.get(f"/conversations/{conversation}")).text
    assert page.count('value="good"') == 1, "what was reviewed is changed on its own page, so that nothing is lost"
    assert 'data-new="Tomorrow."' in page
    assert "Change the review" in page
    async with office.visitor(Role.VIEWER) as viewer:
        page = (await viewer.get(f"/conversations/{conversation}")).text
    assert 'data-new="Tomorrow."' in page
    assert "/review/" not in page.replace("/static/", "").split("<main", 1)[1]


async def test_conversations_are_found_by_what_was_said_of_them(office: Office) -> None:
    _, [first, _] = await converse(office.database, "flagged-chat", TALK)
    second, _ = await converse(office.database, "assigned-chat", TALK)
    third, [reply, _] = await converse(office.database, "liked-chat", TALK)
    row = {"turn_id": reply, "sender": "a", "thumb": "down", "at": 1.0, "changed_at": 1.0}
    async with office.database.begin() as connection:
        await connection.execute(insert(FeedbackRow).values(**row))
    async with office.visitor(Role.REVIEWER) as visitor:
        await visitor.get("/account")
        await visitor.post(f"/review/replies/{first}", flagged="1")
        await visitor.post(f"/review/conversations/{second}/assign", assignee=str(office.users[Role.REVIEWER]))
        await visitor.post(f"/review/conversations/{third}/finish")
        for query, found in (
            ({"flagged": "yes"}, "flagged-chat"),
            ({"assigned": "reviewer"}, "assigned-chat"),
            ({"reviewed": "yes"}, "liked-chat"),
            ({"feedback": "down"}, "liked-chat"),
            ({"reviewed": "no", "flagged": "yes"}, "flagged-chat"),
            ({"feedback": "up"}, ""),
        ):
            page = (await visitor.get("/conversations", **query)).text
            shown = {chat for chat in ("flagged-chat", "assigned-chat", "liked-chat") if chat in page}
            assert shown == {found} - {""}


@pytest.mark.parametrize("number", [0, 1, 2**53, 10**30])
async def test_what_is_no_reply_cannot_be_reviewed(office: Office, number: int) -> None:
    async with office.visitor(Role.REVIEWER) as visitor:
        assert (await visitor.get(f"/review/replies/{number}")).status_code == 404
        await visitor.get("/account")
        for to in (f"/review/replies/{number}", f"/review/replies/{number}/later", f"/compare/{number}"):
            assert (await visitor.post(to, side="left")).status_code == 404


async def test_a_verdict_that_does_not_exist_is_refused(office: Office) -> None:
    _, [first, _] = await converse(office.database, "5", TALK)
    async with office.visitor(Role.REVIEWER) as visitor:
        await visitor.get(f"/review/replies/{first}")
        assert (await visitor.post(f"/review/replies/{first}", verdict="splendid")).status_code == 400


async def test_agreement_is_shown_for_two_who_judged_the_same(office: Office) -> None:
    _, [first, second] = await converse(office.database, "5", TALK)
    for role, verdicts in ((Role.REVIEWER, "good bad"), (Role.ADMIN, "good bad")):
        async with office.visitor(role) as visitor:
            assert "No reply was judged by two" in (await visitor.get("/review/agreement")).text
            for turn, verdict in zip((first, second), verdicts.split(), strict=True):
                await visitor.post(f"/review/replies/{turn}", verdict=verdict)
            page = await visitor.get("/review/agreement")
    assert "admin · reviewer" in page.text
    assert "1.00" in page.text


class Scribe:
    """A model that says the last words of the prompt in its own manner, and remembers what it was asked."""

    def __init__(self, manner: str) -> None:
        self.manner = manner
        self.asked: list[Prompt] = []

    @property
    def trouble(self) -> str:
        return ""

    async def write(self, prompt: Prompt, on_chunk: OnChunk) -> Draft:
        self.asked.append(prompt)
        return Draft(prompt.id, self.manner.format(prompt.lines[-1].text), -0.1, "m@1", Finish.END)

    async def stop(self, prompt_id: str) -> None: ...

    async def close(self) -> None: ...


async def comparing(database: Database, writers: dict[str, Scribe]) -> Office:
    async def lend(name: str) -> Writer:
        if name not in writers:
            raise Unreachable(f"no {name}")
        return writers[name]

    for name in (*writers, "away"):
        await Versions(database).add(Version(name), Change("a test"))
    desk = replace(Desk(database, AdminSettings(), Passwords(QUICK)), writer=lend)
    return await open_office(database, desk)


async def test_two_models_answer_the_same_prompts_and_nothing_says_which_is_which(database: Database) -> None:
    writers = {"calm": Scribe("calm: {}"), "loud": Scribe("loud: {}!")}
    office = await comparing(database, writers)
    await converse(database, "5", [Exchange(f"question {at}", f"answer {at}") for at in range(3)])
    async with office.visitor(Role.REVIEWER) as visitor:
        await visitor.get("/compare")
        await visitor.post("/compare/start", first="calm", second="loud", amount="5")
        assert {len(scribe.asked) for scribe in writers.values()} == {3}
        assert {prompt.lines[-1].text for prompt in writers["calm"].asked} == {f"question {at}" for at in range(3)}
        for _ in range(3):
            page = (await visitor.get("/compare")).text
            blind = page[page.index("<main") : page.index('action="/admin/compare/start"')]
            assert "loud:" in blind
            assert 'value="calm"' not in blind
            async with database.read() as connection:
                pair = await open_pair(connection, office.users[Role.REVIEWER])
            assert pair is not None
            side = "left" if pair.left.startswith("loud") else "right"
            answer = await visitor.post(f"/compare/{pair.id}", side=side)
            assert answer.status_code == 303
        page = (await visitor.get("/compare")).text
    assert "You have judged every pair" in page
    assert "0% (0–56%)" in page, "none of three for the first by name, with its interval"
    async with database.read() as connection:
        [one] = await standings(connection)
    assert (one.first, one.second, one.won.hits, one.lost) == ("calm", "loud", 0, 3)


async def test_the_same_words_are_no_pair_and_what_a_shadow_wrote_is_not_written_again(
    database: Database,
) -> None:
    writers = {"calm": Scribe("same"), "loud": Scribe("same")}
    office = await comparing(database, writers)
    conversation, [first, _] = await converse(database, "5", [Exchange("a", "b"), Exchange("c", "d")])
    await Shadows(database).keep(conversation, first, "loud", Exchange("a", "sent", "from the shadow").reply)
    async with office.visitor(Role.REVIEWER) as visitor:
        await visitor.get("/compare")
        await visitor.post("/compare/start", first="calm", second="loud", amount="5")
        page = (await visitor.get("/compare")).text
    assert "One new pair; 1 prompts told nothing new." in page
    assert "from the shadow" in page
    assert (len(writers["calm"].asked), len(writers["loud"].asked)) == (2, 1)


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"first": "calm", "second": "calm", "amount": "5"}, 400),
        ({"first": "calm", "second": "", "amount": "5"}, 400),
        ({"first": "calm", "second": "away", "amount": "5000"}, 400),
        ({"first": "calm", "second": "away", "amount": "5"}, 502),
    ],
)
async def test_a_comparison_that_cannot_be_is_refused_and_keeps_nothing(
    database: Database, form: dict[str, str], status: int
) -> None:
    office = await comparing(database, {"calm": Scribe("calm {}")})
    await converse(database, "5", [Exchange("a", "b")])
    async with office.visitor(Role.REVIEWER) as visitor:
        await visitor.get("/compare")
        assert (await visitor.post("/compare/start", **form)).status_code == status
        async with database.read() as connection:
            assert await open_pair(connection, office.users[Role.REVIEWER]) is None


async def test_a_side_that_does_not_exist_is_refused(office: Office) -> None:
    _, [first, _] = await converse(office.database, "5", TALK)
    async with office.database.begin() as connection:
        pair = await keep_pair(connection, first, {"a": "one", "b": "two"})
    async with office.visitor(Role.REVIEWER) as visitor:
        await visitor.get("/compare")
        assert (await visitor.post(f"/compare/{pair}", side="up")).status_code == 400


async def fetched(office: Office, **form: str) -> tuple[str, str]:
    """Download as an admin; return the file's name and what is in it."""
    filled = {"kind": "preferences", "form": "jsonl", "redact": "rules", **form}
    async with office.visitor(Role.ADMIN) as visitor:
        await visitor.get("/export")
        answer = await visitor.post("/export/file", **filled)
        assert answer.status_code == 200, answer.text
        return answer.headers["content-disposition"], answer.text


async def corrected(office: Office, texts: Sequence[str]) -> None:
    async with office.visitor(Role.REVIEWER) as visitor:
        for chat, text in enumerate(texts):
            _, [first, _] = await converse(office.database, f"c{chat}", TALK)
            await visitor.get(f"/review/replies/{first}")
            await visitor.post(f"/review/replies/{first}", correction=text)


async def test_a_data_set_is_downloaded_with_its_version_and_noted(office: Office) -> None:
    await corrected(office, ["Tomorrow.", "=1+1"])
    name, text = await fetched(office)
    rows = [json.loads(line) for line in text.splitlines()]
    assert [row["chosen"][0]["content"] for row in rows] == ["Tomorrow.", "=1+1"]
    version = rows[0]["dataset"]
    assert name == f'attachment; filename="{version}.jsonl"'
    assert await audited(office, "data.exported") == [
        f"{version} {json.dumps({'kind': 'preferences', 'redaction': 'rules-1', 'rows': 2})}"
    ]
    name, text = await fetched(office, form="csv")
    assert name == f'attachment; filename="{version}.csv"', "the same content in another form is the same version"
    assert "'=1+1" in text
    async with office.visitor(Role.ADMIN) as visitor:
        page = (await visitor.get("/export")).text
    assert page.count(version) == 1


async def test_a_download_can_be_narrowed_down_to_days(office: Office) -> None:
    await corrected(office, ["Tomorrow."])
    assert len((await fetched(office, since="2020-01-01", until="2999-12-30"))[1].splitlines()) == 1
    assert (await fetched(office, since="2999-01-01"))[1] == ""
    assert (await fetched(office, model="other"))[1] == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "secrets"},
        {"form": "xlsx"},
        {"redact": "magic"},
        {"since": "yesterday"},
        {"until": "9999-12-31"},
        {"kind": ""},
    ],
)
async def test_a_download_that_cannot_be_is_refused(office: Office, wrong: dict[str, str]) -> None:
    filled = {"kind": "preferences", "form": "jsonl", "redact": "rules", **wrong}
    async with office.visitor(Role.ADMIN) as visitor:
        await visitor.get("/export")
        assert (await visitor.post("/export/file", **filled)).status_code == 400
