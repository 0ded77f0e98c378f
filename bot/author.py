"""Writes for conversations that somebody else leads: the same responders, without a queue and without a delivery."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.chain import first_reply
from bot.interfaces import Responder
from bot.language import detect
from bot.messages import Kind, Question, Reply, Speaker, Taste
from bot.speech import Speech

DEFAULT = ""
"""The name of the model that the settings put first."""

Responders = Callable[[int], Sequence[Responder]]
"""Makes the responders of one model, in their order, for replies of so many tokens at most (0: as the settings say)."""


class ReplyAuthor:
    """Asks the responders of the model that is wanted; `models` holds them by its name, `DEFAULT` among them."""

    def __init__(self, models: Mapping[str, Responders], speech: Speech) -> None:
        self._models = models
        self._speech = speech

    async def write(self, question: Question, show: Callable[[str], None], taste: Taste) -> Reply:
        """Return the first reply, else the fallback sentence with the reason why there is none."""
        question = _in_its_language(question)
        unknown = "" if taste.model in self._models else "unknown model"
        responders = self._models.get(taste.model, self._models[DEFAULT])(taste.most_tokens)
        reply = await self._ask(responders, question, show)
        return replace(reply, reason=reply.reason or unknown)

    def phrase(self, name: str, language: str = "", words: str = "", reason: str = "") -> Reply:
        """Return the sentence, in English where neither language nor words tell."""
        text = self._speech.say(name, language or detect(words) or "en")
        return Reply(text, "fallback" if name == "fallback" else "scripted", reason or name)

    async def _ask(self, responders: Sequence[Responder], question: Question, show: Callable[[str], None]) -> Reply:
        reply, reason = await first_reply(responders, question, show)
        if reply is not None and reply.text:
            return reply
        return self.phrase("fallback", question.conversation.language, reason=reply.reason if reply else reason)


def _in_its_language(question: Question) -> Question:
    """Fill in the language where the leader did not say it: that of the person's newest words that tell."""
    conversation = question.conversation
    if conversation.language:
        return question
    said = [turn for turn in reversed((*conversation.turns, *question.messages)) if turn.kind is Kind.TEXT]
    persons_first = sorted(said, key=lambda turn: turn.speaker is not Speaker.USER)
    language = next(filter(None, (detect(turn.text) for turn in persons_first)), "en")
    return replace(question, conversation=replace(conversation, language=language))
