from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from bot.errors import NotYours, Unsure
from bot.messages import Address, Effect, Message, Receipt, Reply, Speaker, State
from bot.store.alerts import Alerts, Kind
from bot.store.answering import Answers
from bot.store.handing import Silence, give_back, give_back_silent, take, write
from bot.store.outbox import Verdict

HERE = Address("memory", "1", "7")


def message(number: int, words: str = "hello") -> Message:
    return Message(HERE, f"k{number}", words, "9", str(number), order=float(number))


async def rows(store: Any, query: str) -> list[Any]:
    async with store.database.read() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


def said(address: Address, language: str) -> str:
    return f"{address.channel} {language}"


async def do(store: Any, step: Any, *args: Any, **more: Any) -> Any:
    async with store.database.begin() as connection:
        return await step(connection, *args, **more)


async def ago(store: Any, seconds: float) -> None:
    """Let everything have happened so much earlier."""
    async with store.database.begin() as connection:
        for change in (
            f"UPDATE turns SET at = at - {seconds}",
            f"UPDATE conversations SET human_at = human_at - {seconds}, last_message_at = last_message_at - {seconds}",
        ):
            await connection.execute(text(change))


async def answer(store: Any, reply: Reply, pieces: tuple[str, ...] = ("hi",)) -> Any:
    """Answer what is open, as the owner of the conversation does; return the claim."""
    claim = await store.claim_now()
    _, waiting = await store.answers.waiting(claim)
    await store.answers.answer(claim, waiting, reply, pieces)
    return claim


async def states(store: Any) -> list[tuple[str, str]]:
    return await rows(store, "SELECT state, reason FROM turns WHERE speaker = 'user' ORDER BY id")


async def test_a_reply_that_was_being_written_when_a_person_took_over_is_not_stored(store: Any) -> None:
    accepted = await store.acceptor.accept(message(1))
    claim = await store.claim_now()
    _, waiting = await store.answers.waiting(claim)
    await do(store, take, accepted.conversation, "ann")
    await store.answers.answer(claim, waiting, Reply("hi", "generative"), ["hi"])
    assert await states(store) == [("handed_over", "answered by human")]
    assert await rows(store, "SELECT count(*) FROM parts") == [(0,)]


async def test_a_reply_that_was_stored_and_not_sent_when_a_person_took_over_is_withdrawn(store: Any) -> None:
    accepted = await store.acceptor.accept(message(1))
    claim = await answer(store, Reply("hi", "generative"))
    await do(store, take, accepted.conversation, "ann")
    assert await store.outbox.intend(claim) is None
    assert await states(store) == [("handed_over", "a person took over")]
    assert await rows(store, "SELECT state FROM turns WHERE speaker = 'bot'") == [("undeliverable",)]
    assert (await store.ledger.balance()).open == 0


async def test_a_part_whose_sending_failed_is_not_sent_again_after_a_person_took_over(store: Any) -> None:
    accepted = await store.acceptor.accept(message(1))
    claim = await answer(store, Reply("hi", "generative"))
    intent = await store.outbox.intend(claim)
    await do(store, take, accepted.conversation, "ann")
    await store.outbox.failed(claim, intent, Verdict("unsure", str(Unsure("reset"))))
    assert await store.outbox.intend(claim) is None


async def test_taking_over_asks_for_replies_to_all_messages_so_far_to_be_stopped(store: Any) -> None:
    accepted = [await store.acceptor.accept(message(number)) for number in (1, 2)]
    claim = await store.claim_now()
    taken = await do(store, take, accepted[0].conversation, "ann")
    assert taken.address == HERE
    assert taken.acceptance.seq > accepted[-1].seq
    assert taken.acceptance.fence == claim.fence
    assert await store.leases.extend(claim) == taken.acceptance.seq


async def test_the_words_of_a_person_go_out_in_order_behind_what_the_bot_has_said(store: Any) -> None:
    accepted = await store.acceptor.accept(message(1))
    await do(store, take, accepted.conversation, "ann")
    await answer(store, Reply("", "nobody", ends=State.HANDED_OVER), ())
    turn = await do(store, write, accepted.conversation, "ann", "How can I help?", ["How can I help?"])
    claim = await store.claim_now()
    intent = await store.outbox.intend(claim)
    assert (intent.part.text, intent.turn) == ("How can I help?", turn)
    await store.outbox.sent(claim, intent, Receipt("77"))
    said = await rows(store, f"SELECT speaker, responder, sender, state FROM turns WHERE id = {turn}")
    assert said == [(Speaker.HUMAN, "human", "ann", "answered")]
    assert await rows(store, "SELECT state, reply_id FROM turns WHERE speaker = 'user'") == [("handed_over", turn)]


async def test_one_of_the_team_does_not_get_into_the_conversation_of_another_unawares(store: Any) -> None:
    conversation = (await store.acceptor.accept(message(1))).conversation
    await do(store, take, conversation, "ann")
    await do(store, take, conversation, "ann")
    with pytest.raises(NotYours, match="ann") as refused:
        await do(store, take, conversation, "bo")
    assert refused.value.by == "ann"
    for step, more in ((give_back, ()), (write, ("hello", ["hello"]))):
        with pytest.raises(NotYours, match="ann"):
            await do(store, step, conversation, "bo", *more)
    await do(store, take, conversation, "bo", from_others=True)
    await do(store, give_back, conversation, "bo")
    with pytest.raises(NotYours, match="nobody"):
        await do(store, write, conversation, "bo", "hello", ["hello"])
    with pytest.raises(NotYours, match="no such"):
        await do(store, take, 999, "bo")


async def test_two_who_take_over_at_once_do_not_both_get_it(store: Any) -> None:
    conversation = (await store.acceptor.accept(message(1))).conversation
    names = [f"user{number}" for number in range(8)]
    outcomes = await asyncio.gather(*(do(store, take, conversation, one) for one in names), return_exceptions=True)
    assert sum(isinstance(one, NotYours) for one in outcomes) == len(names) - 1


async def test_after_giving_back_the_bot_answers_the_next_message(store: Any) -> None:
    conversation = (await store.acceptor.accept(message(1))).conversation
    await do(store, take, conversation, "ann")
    await answer(store, Reply("", "nobody", ends=State.HANDED_OVER), ())
    await do(store, give_back, conversation, "ann")
    await store.acceptor.accept(message(2))
    claim = await store.claim_now()
    _, waiting = await store.answers.waiting(claim)
    await store.answers.answer(claim, waiting, Reply("hi", "generative"), ["hi"])
    assert (await store.outbox.intend(claim)).part.text == "hi"


async def test_who_waits_and_hears_nothing_is_given_back_told_so_and_the_team_is_told(store: Any) -> None:
    conversation = (await store.acceptor.accept(message(1))).conversation
    await do(store, take, conversation, "ann")
    assert await do(store, give_back_silent, Silence(60, 600), said) == []
    await ago(store, 61)
    (back,) = await do(store, give_back_silent, Silence(60, 600), lambda address, language: f"back [{language}]")
    assert (back.conversation, back.by, back.waiting) == (conversation, "ann", True)
    assert await rows(store, "SELECT text, responder FROM turns WHERE speaker = 'bot'") == [("back [en]", "scripted")]
    (alert,) = await Alerts(store.database).open()
    assert (alert.kind, alert.reason) == (Kind.HANDED_OVER, "left without an answer")
    assert await do(store, give_back_silent, Silence(60, 600), said) == []


async def test_an_answer_of_a_person_starts_the_clock_anew_and_a_new_message_does_so_again(store: Any) -> None:
    conversation = (await store.acceptor.accept(message(1))).conversation
    await do(store, take, conversation, "ann")
    await ago(store, 50)
    await do(store, write, conversation, "ann", "yes?", ["yes?"])
    await ago(store, 50)
    await store.acceptor.accept(message(2))
    await ago(store, 50)
    assert await do(store, give_back_silent, Silence(60, 600), said) == []
    await ago(store, 11)
    assert len(await do(store, give_back_silent, Silence(60, 600), said)) == 1


async def test_where_both_are_silent_it_is_given_back_without_a_word(store: Any) -> None:
    conversation = (await store.acceptor.accept(message(1))).conversation
    await do(store, take, conversation, "ann")
    await do(store, write, conversation, "ann", "Done.", ["Done."])
    await ago(store, 601)
    (back,) = await do(store, give_back_silent, Silence(60, 600), said)
    assert not back.waiting
    assert await rows(store, "SELECT count(*) FROM turns WHERE speaker = 'bot'") == [(0,)]
    assert await Alerts(store.database).open() == []


async def test_whoever_asks_to_be_forgotten_is_answered_by_the_bot_also_while_a_person_answers(store: Any) -> None:
    conversation = (await store.acceptor.accept(message(1, "my secret"))).conversation
    await do(store, take, conversation, "ann")
    claim = await answer(store, Reply("Erased.", "scripted", effect=Effect.FORGET), ("Erased.",))
    assert (await store.outbox.intend(claim)).part.text == "Erased."
    assert await rows(store, "SELECT answering, taken_by FROM conversations") == [("bot", None)]


async def test_a_beginning_that_can_be_seen_gives_way_to_a_sentence_when_a_person_takes_over(store: Any) -> None:
    answers = Answers(store.database, lambda address, language: f"A person takes over [{language}].")
    accepted = await store.acceptor.accept(message(1))
    claim = await store.claim_now()
    _, waiting = await answers.waiting(claim)
    await answers.show(claim, "77")
    await do(store, take, accepted.conversation, "ann")
    await answers.answer(claim, waiting, Reply("It is on its way", "generative"), ["It is on its way"])
    part = (await store.outbox.intend(claim)).part
    assert (part.text, part.live) == ("A person takes over [en].", "77")
    assert await states(store) == [("handed_over", "answered by human")]


async def test_a_reply_whose_beginning_can_be_seen_is_finished(store: Any) -> None:
    accepted = await store.acceptor.accept(message(1))
    claim = await store.claim_now()
    await store.answers.show(claim, "77")
    _, waiting = await store.answers.waiting(claim)
    await store.answers.answer(claim, waiting, Reply("hi there", "generative"), ["hi there"])
    await do(store, take, accepted.conversation, "ann")
    assert (await store.outbox.intend(claim)).part.live == "77"


async def test_a_notice_that_answers_nobody_is_sent_whoever_answers(store: Any) -> None:
    conversation = (await store.acceptor.accept(message(1))).conversation
    await do(store, take, conversation, "ann")
    await ago(store, 61)
    await do(store, give_back_silent, Silence(60, 600), lambda address, language: "I am back.")
    await do(store, take, conversation, "bo")
    claim = await store.claim_now()
    assert (await store.outbox.intend(claim)).part.text == "I am back."
