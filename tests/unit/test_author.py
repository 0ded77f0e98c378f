"""Writes for others: the same responders, and never silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.author import ReplyAuthor
from bot.messages import Address, Conversation, Question, Reply, Speaker, Taste, Turn
from bot.personas import load_personas
from bot.testing import ScriptedResponder
from connectors.rasa.tracker import BEGINNING
from nlg.contract import Busy


def asked(words: str, language: str = "", earlier: str = "") -> Question:
    before = (Turn(0, 0, Speaker.USER, earlier, BEGINNING),) if earlier else ()
    conversation = Conversation(0, Address("rasa", "x", "y"), before, language)
    return Question(conversation, (Turn(1, 1, Speaker.USER, words, BEGINNING),), "q")


def author(*responders) -> ReplyAuthor:
    """An author who knows the versions `first`, which answers, and `second`."""

    def assign(address: Address, wish: str) -> str:
        return wish if wish == "second" else "first"

    return ReplyAuthor(lambda most: responders, assign, load_personas())


async def test_the_first_that_answers_wins():
    replies = [ScriptedResponder([None]), ScriptedResponder([Reply("two", "b")]), ScriptedResponder([])]
    assert (await author(*replies).write(asked("hi"), lambda _: None, Taste())).text == "two"


@pytest.mark.parametrize(("words", "begins"), [("hello there", "Sorry"), ("你好吗", "抱歉"), ("123", "Sorry")])
async def test_when_all_fail_a_sentence_in_the_persons_language_is_left(words, begins):
    reply = await author(ScriptedResponder([Busy("full")])).write(asked(words), lambda _: None, Taste())
    assert reply.text.startswith(begins)
    assert (reply.responder, reply.reason, reply.version) == ("fallback", "busy", "first")


async def test_the_language_given_counts_more_than_the_words_and_earlier_words_more_than_none():
    silent = author(ScriptedResponder(lambda question: Reply("", "none")))
    assert (await silent.write(asked("hello", "zh"), lambda _: None, Taste())).text.startswith("抱歉")
    assert (await silent.write(asked("123", "", "你好"), lambda _: None, Taste())).text.startswith("抱歉")


async def test_a_version_that_is_wished_for_writes_and_an_unknown_one_leaves_its_trace():
    both = author(ScriptedResponder(lambda question: Reply(question.version, "a")))
    known = await both.write(asked("hi"), lambda _: None, Taste("second"))
    unknown = await both.write(asked("hi"), lambda _: None, Taste("third"))
    assert (known.text, known.reason) == ("second", "")
    assert (unknown.text, unknown.reason) == ("first", "unknown model")


def test_fixed_sentences_are_said_in_the_language_or_that_of_the_words():
    nobody = author()
    assert nobody.phrase("forget", "zh").text == nobody.phrase("forget", words="删除吧").text
    assert nobody.phrase("handover").text.startswith("A person")


async def test_a_persona_says_the_sentences_and_names_the_model_that_answers():
    Path("palaver.toml").write_text(
        '[personas.luna]\nwhere = ["rasa"]\nmodel = "second"\n[personas.luna.phrases.en]\nfallback = "Luna is lost."\n'
    )
    luna = author(ScriptedResponder([Busy("full")]))
    reply = await luna.write(asked("hello there"), lambda _: None, Taste("first"))
    assert (reply.text, reply.version, reply.reason) == ("Luna is lost.", "second", "busy")
    by_name = author().phrase("fallback", "en", address=Address("slack", "T1", "C1"), persona="luna")
    assert by_name.text == "Luna is lost."
    assert author().phrase("fallback", "en", address=Address("slack", "T1", "C1")).text != "Luna is lost."
