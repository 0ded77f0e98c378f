"""Writes for conversations that somebody else leads: the same responders, without a queue and without a delivery."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.chain import first_reply
from bot.interfaces import Responder
from bot.language import detect
from bot.messages import Address, Kind, Question, Reply, Speaker, Taste
from bot.personas import Personas

Responders = Callable[[int], Sequence[Responder]]
"""Makes the responders, in their order, for replies of so many tokens at most (0: as the settings say)."""

Assign = Callable[[Address, str], str]
"""Names the version that answers at an address: the one wished for, if it can be asked."""

NOWHERE = Address("", "", "")


class ReplyAuthor:
    """Asks the responders, with the version of a model that is wanted, else with the one that answers there."""

    def __init__(self, responders: Responders, assign: Assign, personas: Personas) -> None:
        self._responders = responders
        self._assign = assign
        self._personas = personas

    async def write(self, question: Question, show: Callable[[str], None], taste: Taste) -> Reply:
        """Return the first reply, else the fallback sentence with the reason why there is none."""
        question = replace(_in_its_language(question), persona=taste.persona)
        wish = self._personas.of(question).model or taste.model
        version = self._assign(question.conversation.address, wish)
        unknown = "" if taste.model in ("", version) else "unknown model"
        reply = await self._ask(replace(question, version=version), taste, show)
        return replace(reply, reason=reply.reason or unknown)

    def phrase(
        self,
        name: str,
        language: str = "",
        words: str = "",
        reason: str = "",
        address: Address = NOWHERE,
        persona: str = "",
    ) -> Reply:
        """Return the sentence, in English where neither language nor words tell."""
        speech = self._personas.at(address, persona).speech
        text = speech.say(name, language or detect(words) or "en")
        return Reply(text, "fallback" if name == "fallback" else "scripted", reason or name)

    async def _ask(self, question: Question, taste: Taste, show: Callable[[str], None]) -> Reply:
        reply, reason = await first_reply(self._responders(taste.most_tokens), question, show)
        if reply is not None and reply.text:
            return reply
        reason = reply.reason if reply else reason
        told = question.conversation
        sentence = self.phrase("fallback", told.language, "", reason, told.address, question.persona)
        return replace(sentence, version=question.version)


def _in_its_language(question: Question) -> Question:
    """Fill in the language where the leader did not say it: that of the person's newest words that tell."""
    conversation = question.conversation
    if conversation.language:
        return question
    said = [turn for turn in reversed((*conversation.turns, *question.messages)) if turn.kind is Kind.TEXT]
    persons_first = sorted(said, key=lambda turn: turn.speaker is not Speaker.USER)
    language = next(filter(None, (detect(turn.text) for turn in persons_first)), "en")
    return replace(question, conversation=replace(conversation, language=language))
