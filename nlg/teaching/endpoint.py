"""A teacher behind an OpenAI-compatible service: it writes replies, and tells no odds.

Format: `POST <address>/chat/completions` of the OpenAI API, which llama.cpp, vLLM, Ollama and many others speak.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx

from nlg.beam import Found
from nlg.contract import Role
from nlg.data.examples import Example
from nlg.errors import TrainingError
from nlg.tokenizer import ReplyTokenizer

KEY = "PALAVER_TEACHER_KEY"
"""The environment variable with the service's key, if it wants one: a secret has no place in a recipe."""
SECONDS, TRIES, TOGETHER = 120.0, 3, 8
TOLD = (
    "You answer for the customer service of a shop. Answer the last message in its language, in one or two short, warm "
    "sentences. You know no fact about the shop or the order; say where the customer can find it, with these "
    "placeholders as they stand: {places}."
)


class Endpoint:
    """Asks the service `model` at `address` for a reply to each example.

    Raises `TrainingError` when the service cannot be reached or answers with something else. What it wrote before
    is kept by whoever asked.
    """

    def __init__(self, address: str, model: str, tokenizer: ReplyTokenizer, instruction: str) -> None:
        key = os.environ.get(KEY, "")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._address, self._headers = address, headers
        self._model, self._tokenizer, self._instruction = model, tokenizer, instruction

    def __call__(self, examples: Sequence[Example]) -> list[list[Found]]:
        retries = httpx.HTTPTransport(retries=TRIES)
        with (
            httpx.Client(base_url=self._address, headers=self._headers, timeout=SECONDS, transport=retries) as client,
            ThreadPoolExecutor(TOGETHER) as pool,
        ):
            return list(pool.map(partial(self._ask, client), examples))

    def _ask(self, client: httpx.Client, example: Example) -> list[Found]:
        roles = {Role.USER: "user", Role.ASSISTANT: "assistant"}
        said = [{"role": roles[line.role], "content": line.text} for line in example.lines]
        body = {"model": self._model, "messages": [{"role": "system", "content": self._instruction}, *said]}
        choice = self._choice(client, body)
        tokens = [*self._tokenizer.topic(example.domain), *self._tokenizer.encode(choice["message"]["content"].strip())]
        return [Found(tokens, 0.0, choice.get("finish_reason", "stop") == "stop")]

    def _choice(self, client: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = client.post("chat/completions", json=body)
            answer.raise_for_status()
            choice: dict[str, Any] = answer.json()["choices"][0]
            choice["message"]["content"].strip()
        except (httpx.HTTPError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise TrainingError(
                f"the teacher at {self._address} gave no reply: {reason}. See that "
                f"it runs, that {KEY} holds its key, and go on with --resume."
            ) from error
        return choice
