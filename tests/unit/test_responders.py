from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.business import load_business
from bot.messages import Address, Conversation, Effect, Kind, Question, Speaker, State, Turn
from bot.phrases import load_phrases
from bot.responders.crisis import Crisis
from bot.responders.fallback import Fallback
from bot.responders.generative import Empty, Generative, Repeated
from bot.responders.scripted import Scripted
from bot.speech import Speech
from bot.testing import FunctionWriter
from nlg.contract import Decoding, Draft, Finish, OnChunk, Prompt, Role

HERE = Address("telegram", "1", "77")


def user(text: str, kind: Kind = Kind.TEXT, command: str = "") -> Turn:
    return Turn(1, 1, Speaker.USER, text, datetime.now(UTC), kind, command)


def bot(text: str, responder: str = "generative", draft: str = "") -> Turn:
    return Turn(2, 2, Speaker.BOT, text, datetime.now(UTC), responder=responder, draft=draft)


def question(*messages: Turn, past: tuple[Turn, ...] = (), language: str = "en", attempts: int = 1) -> Question:
    return Question(Conversation(1, HERE, past, language), messages, "q1", attempts=attempts)


@pytest.fixture
def speech() -> Speech:
    return Speech(load_phrases(), load_business())


def ignore(text: str) -> None:
    return None


def prompt_of(writer: FunctionWriter) -> list[tuple[Role, str]]:
    return [(line.role, line.text) for line in writer.prompts[0].lines]


@pytest.mark.parametrize("command", ["start", "help", "reset", "forget", "stop"])
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_every_command_has_an_answer_in_both_languages(speech: Speech, command: str, language: str) -> None:
    reply = await Scripted(speech).respond(question(user("", Kind.COMMAND, command), language=language), ignore)
    assert reply is not None
    assert reply.text


async def test_reset_and_forget_do_what_they_say(speech: Speech) -> None:
    scripted = Scripted(speech)
    for command, effect in (("reset", Effect.RESET), ("forget", Effect.FORGET), ("help", Effect.NONE)):
        reply = await scripted.respond(question(user("", Kind.COMMAND, command)), ignore)
        assert reply is not None
        assert reply.effect is effect


async def test_an_unknown_command_is_told_so(speech: Speech) -> None:
    reply = await Scripted(speech).respond(question(user("", Kind.COMMAND, "dance")), ignore)
    assert reply is not None
    assert "/help" in reply.text


@pytest.mark.parametrize("turn", [user("", Kind.MEDIA), user("   ")])
async def test_what_is_not_text_gets_one_kind_sentence(speech: Speech, turn: Turn) -> None:
    reply = await Scripted(speech).respond(question(turn), ignore)
    assert reply is not None
    assert "text" in reply.text


@pytest.mark.parametrize(
    "text", ["I want to kill myself", "i'm going to end my life", "suicidal", "我不想活了", "想死"]
)
async def test_a_cry_for_help_is_never_left_to_the_model(speech: Speech, text: str) -> None:
    reply = await Crisis(speech).respond(question(user("my parcel is late"), user(text)), ignore)
    assert reply is not None
    assert "emergency" in reply.text


@pytest.mark.parametrize("text", ["Where is my order?", "this zip is killing me", "我的订单在哪", "its life ended"])
async def test_everything_else_is_no_alarm(speech: Speech, text: str) -> None:
    assert await Crisis(speech).respond(question(user(text)), ignore) is None


async def test_text_is_left_to_the_model(speech: Speech) -> None:
    assert await Scripted(speech).respond(question(user("hello")), ignore) is None


async def test_the_model_sees_the_conversation_and_a_burst_as_one_line(speech: Speech) -> None:
    writer = FunctionWriter(lambda prompt: "ok")
    past = (user("hi"), bot("Hello, this is ACME", draft="Hello, this is {{company}}"))
    await Generative(writer, speech, Decoding()).respond(question(user("where"), user("is it"), past=past), ignore)
    assert prompt_of(writer) == [
        (Role.USER, "hi"),
        (Role.ASSISTANT, "Hello, this is {{company}}"),
        (Role.USER, "where is it"),
    ]


async def test_commands_and_fixed_sentences_are_not_shown_to_the_model(speech: Speech) -> None:
    writer = FunctionWriter(lambda prompt: "ok")
    past = (user("/help", Kind.COMMAND, "help"), bot("Just write", "scripted"), bot("sorry", "fallback"))
    await Generative(writer, speech, Decoding()).respond(question(user("hello"), past=past), ignore)
    assert prompt_of(writer) == [(Role.USER, "hello")]


async def test_facts_are_filled_in_while_writing_and_in_the_reply(speech: Speech) -> None:
    shown: list[str] = []
    writer = FunctionWriter(lambda prompt: "See {{website}} for more.")
    reply = await Generative(writer, speech, Decoding()).respond(question(user("hello")), shown.append)
    assert reply is not None
    assert reply.text == "See our website for more."
    assert reply.draft == "See {{website}} for more."
    assert reply.writing is not None
    assert reply.writing.model == "function@0"
    assert not any("{" in text for text in shown)


async def test_a_reply_whose_fact_is_not_set_is_put_in_words(speech: Speech) -> None:
    writer = FunctionWriter(lambda prompt: "You have {{return_days}} days.")
    reply = await Generative(writer, speech, Decoding()).respond(question(user("how long")), ignore)
    assert reply is not None
    assert reply.text == "You have the number of days shown on our website."
    assert (reply.responder, reply.reason) == ("generative", "")


async def test_where_words_do_not_fit_it_gives_way_to_one_that_needs_none(speech: Speech) -> None:
    writer = FunctionWriter(lambda prompt: "There is a {{return_days}}-day limit.")
    reply = await Generative(writer, speech, Decoding()).respond(question(user("how long")), ignore)
    assert reply is not None
    assert reply.text == "I would rather not guess at that. You can get the exact answer at our website."
    assert (reply.responder, reply.reason) == ("neutral", "fact return_days")
    assert reply.draft == "There is a {{return_days}}-day limit."


async def test_a_number_that_nobody_gave_is_neither_sent_nor_shown_while_it_is_written(speech: Speech) -> None:
    shown: list[str] = []
    writer = FunctionWriter(lambda prompt: "That is 49 euros and twenty cents for you.")
    reply = await Generative(writer, speech, Decoding()).respond(question(user("how much")), shown.append)
    assert reply is not None
    assert (reply.responder, reply.reason) == ("neutral", "number")
    assert shown
    assert not any("4" in text or "twenty" in text for text in (reply.text, *shown))


@pytest.mark.parametrize("earlier", [False, True])
async def test_a_number_that_the_person_said_in_this_conversation_may_be_sent(speech: Speech, earlier: bool) -> None:
    writer = FunctionWriter(lambda prompt: "Is 4711 the order?")
    said = user("it is 4711")
    asked = question(user("hello"), past=(said,)) if earlier else question(said)
    reply = await Generative(writer, speech, Decoding()).respond(asked, ignore)
    assert reply is not None
    assert reply.text == "Is 4711 the order?"
    for other in (replace(said, removed=True), replace(said, speaker=Speaker.BOT)):
        reply = await Generative(writer, speech, Decoding()).respond(question(user("hi"), past=(other,)), ignore)
        assert reply is not None
        assert reply.reason == "number"


async def test_the_model_is_not_told_that_it_said_what_gave_way(speech: Speech) -> None:
    writer = FunctionWriter(lambda prompt: "ok")
    past = (user("how much"), bot("I would rather not guess.", "neutral", "49 euros"))
    await Generative(writer, speech, Decoding()).respond(question(user("hello"), past=past), ignore)
    assert prompt_of(writer) == [(Role.USER, "how much hello")]


async def test_a_stopped_reply_keeps_what_was_said_and_is_marked(speech: Speech) -> None:
    class StoppedAfterTwo(FunctionWriter):
        async def write(self, prompt: Prompt, on_chunk: OnChunk) -> Draft:
            draft = await super().write(prompt, on_chunk)
            return replace(draft, text="one two", finish=Finish.STOPPED)

    writer = StoppedAfterTwo(lambda prompt: "one two three four")
    reply = await Generative(writer, speech, Decoding()).respond(question(user("hello")), ignore)
    assert reply is not None
    assert reply.text == "one two …"


async def test_a_reply_stopped_before_its_first_word_is_not_said(speech: Speech) -> None:
    class StoppedAtOnce(FunctionWriter):
        async def write(self, prompt: Prompt, on_chunk: OnChunk) -> Draft:
            return replace(await super().write(prompt, on_chunk), text="", finish=Finish.STOPPED)

    writer = StoppedAtOnce(lambda prompt: "one two")
    reply = await Generative(writer, speech, Decoding()).respond(question(user("hello")), ignore)
    assert reply is not None
    assert (reply.text, reply.ends) == ("", State.IGNORED)


async def test_a_question_that_brought_the_process_down_thrice_is_not_asked_again(speech: Speech) -> None:
    writer = FunctionWriter(lambda prompt: "ok")
    with pytest.raises(Repeated):
        await Generative(writer, speech, Decoding()).respond(question(user("x"), attempts=4), ignore)
    assert writer.prompts == []


async def test_a_model_that_says_nothing_is_an_error_for_the_next_responder(speech: Speech) -> None:
    writer = FunctionWriter(lambda prompt: "\u202e  ")
    with pytest.raises(Empty):
        await Generative(writer, speech, Decoding()).respond(question(user("x")), ignore)


async def test_the_fallback_names_a_way_to_reach_a_person_and_keeps_the_reason(speech: Speech) -> None:
    asked = Question(Conversation(1, HERE), (user("x"),), "q", reason="late")
    reply = await Fallback(speech).respond(asked, ignore)
    assert reply is not None
    assert "our service line" in reply.text
    assert reply.reason == "late"


async def test_who_hears_only_the_fallback_is_left_to_a_person(speech: Speech) -> None:
    reply = await Fallback(speech).respond(Question(Conversation(1, HERE), (user("x"),), "q"), ignore)
    assert reply is not None
    assert reply.ends is State.HANDED_OVER
