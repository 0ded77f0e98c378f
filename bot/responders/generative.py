"""Lets a dialogue model answer, fills in the owner's facts, and sends no number that nobody gave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from bot.grounding import Said
from bot.messages import Question, Reply, Speaker, State, Writing
from bot.normalise import for_model
from bot.prompting import PLAIN, Opening, lines_of
from bot.sending import Sending
from bot.speech import Speech
from bot.writings import writing_of
from nlg.contract import Decoding, Draft, Finish, Prompt, Writer, WritingError

MOST_ATTEMPTS = 3
"""A question that brought the process down so often is not given to the model again."""
CUT_SHORT = " …"
IN_PLACE_OF = "in place of"
"""Begins the reason of a good reply that another model wrote than the one that should have."""


class Empty(WritingError):
    """The model had nothing to say."""

    reason = "empty"


class Repeated(WritingError):
    """Earlier attempts at this question never ended."""

    reason = "attempts"


class Generative:
    """Asks the model. Raises `WritingError` when no usable draft comes back."""

    def __init__(
        self, writer: Writer, speech: Speech, decoding: Decoding, tokens: int = 0, opening: Opening = PLAIN
    ) -> None:
        """`tokens` of the conversation are told the model at most, as `bot.remembering` counts them; 0: all."""
        self._writer = writer
        self._speech = speech
        self._decoding = decoding
        self._tokens = tokens
        self._opening = opening

    async def respond(self, question: Question, show: Callable[[str], None]) -> Reply | None:
        if question.attempts > MOST_ATTEMPTS:
            raise Repeated(f"tried {question.attempts - 1} times")
        language = question.conversation.language
        sending = Sending(self._speech, language, Said.of(_told(question)))
        said = lines_of((*question.conversation.turns, *question.messages))
        lines = self._opening.before(said, question.conversation.summary, language, self._tokens)
        prompt = Prompt(question.id, lines, question.seconds, language, self._decoding, self._opening.system)
        draft = await self._writer.write(prompt, _watch(show, sending))
        return _reply(draft, sending, writing_of(draft, prompt))


def _watch(show: Callable[[str], None], sending: Sending) -> Callable[[str], None]:
    """Return a function for chunks, callable from any thread, that shows the text so far."""
    loop = asyncio.get_running_loop()
    text = ""

    def grow(chunk: str) -> None:
        nonlocal text
        text += chunk
        loop.call_soon_threadsafe(show, sending.start(text))

    return grow


def _reply(draft: Draft, sending: Sending, writing: Writing) -> Reply:
    words = for_model(draft.text)
    if not words and draft.finish is Finish.STOPPED:
        return Reply("", "generative", "stopped", State.IGNORED)
    if not words:
        raise Empty(f"{draft.model} wrote nothing ({draft.finish})")
    cut = CUT_SHORT if draft.finish in (Finish.STOPPED, Finish.DEADLINE, Finish.LENGTH) else ""
    sent = sending.whole(words)
    reason = sent.reason or (f"{IN_PLACE_OF} {draft.instead}" if draft.instead else "")
    if not sent.drafted:
        return Reply(sent.text, "neutral", sent.reason, draft=words, writing=writing)
    return Reply(sent.text + cut, "generative", reason, draft=words, writing=writing)


def _told(question: Question) -> Iterator[str]:
    """Give what people wrote: the person, and whoever of the team answered in the bot's place."""
    for turn in (*question.conversation.turns, *question.messages):
        if turn.speaker is not Speaker.BOT and not turn.removed:
            yield turn.text
