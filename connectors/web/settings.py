"""What the owner may say about the web chat. Everything has a default."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator
from pydantic_settings import NoDecode

from bot.settings import Section

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Questions = Annotated[tuple[Words, ...], Field(max_length=6), NoDecode]


class WebSettings(Section, table="web", env_prefix="PALAVER_WEB_", env_ignore_empty=True):
    """The face of the web chat in English and Chinese. `days` is how long a browser keeps its conversation.

    `thumbs`: below a model's reply people may say what they think of it. `questions` are suggested while nothing was
    said yet; in the environment they are JSON, such as `["Hello?"]`.
    """

    enabled: bool = True
    title: Words = "Customer service"
    title_zh: Words = "在线客服"
    greeting: Words = "Hello! What can we help you with?"
    greeting_zh: Words = "您好！有什么可以帮您？"
    questions: Questions = (
        "Where is my order?",
        "How do I return something?",
        "Which ways can I pay?",
    )
    questions_zh: Questions = ("我的订单到哪里了？", "怎么办理退货？", "可以用哪些方式付款？")
    thumbs: bool = True
    days: int = Field(30, ge=1, le=400)

    @field_validator("questions", "questions_zh", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError('must be a list such as ["Where is my order?", "How can I pay?"]') from None
