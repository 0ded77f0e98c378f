"""What the owner says about Rasa: its NLG server, which `palaver run` serves, and `palaver actions`."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from bot.settings import Section

SHORTEST_TOKEN = 16
Names = Annotated[tuple[str, ...], NoDecode]


def _secret(value: object) -> object:
    return (value.strip() or None) if isinstance(value, str) else value


def _long_enough(value: SecretStr | None) -> SecretStr | None:
    if value is not None and len(value.get_secret_value()) < SHORTEST_TOKEN:
        raise ValueError(f"must have {SHORTEST_TOKEN} characters or more; `openssl rand -hex 32` makes one")
    return value


class RasaSettings(Section, table="rasa", env_prefix="PALAVER_RASA_", env_ignore_empty=True):
    """`token` is what Rasa and the action server send as `Authorization: Bearer`; it turns the endpoints on.

    `domain`: Rasa's domain, a file or a folder; it holds the templates. Responses are named by patterns (`utter_faq_*`)
    in `generate` (a model answers freely), `rewrite` (the template in other words) and `verbatim`, which goes first.
    `seconds`: how long one answer may take. `custom_channels`: on these channels of Rasa the reply's `custom` says
    model and fallback; elsewhere Rasa would show it to the person. `language` of sentences where nobody said anything.
    """

    token: SecretStr | None = None
    domain: str = ""
    assistant: str = Field("default", pattern=r"^[\w.-]{1,64}$")
    generate: Names = ()
    rewrite: Names = ("*",)
    verbatim: Names = ()
    likeness: float = Field(0.35, ge=0, le=1)
    seconds: float = Field(8.0, gt=0, le=50)
    body_megabytes: float = Field(16.0, gt=0, le=256)
    language: str = Field("en", pattern="^(en|zh)$")
    language_slot: str = "lang"
    custom_channels: Names = ("rest", "collector", "queue", "callback", "telegram")

    _tidy = field_validator("token", mode="before")(_secret)
    _guessed = field_validator("token")(_long_enough)

    @field_validator("generate", "rewrite", "verbatim", "custom_channels", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """In the environment: names with commas between them, or a JSON list."""
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith("["):
            return json.loads(value)
        return [name for name in (part.strip() for part in value.split(",")) if name]

    @property
    def body_limit(self) -> int:
        """Bytes."""
        return int(self.body_megabytes * 1024 * 1024)


class ActionsSettings(Section, table="actions", env_prefix="PALAVER_ACTIONS_", env_ignore_empty=True):
    """`palaver actions`. `bot_url` and `bot_token`: where `palaver run` is, and its PALAVER_RASA_TOKEN.

    `token`: when set, Rasa has to send it (`headers: {Authorization: "Bearer ..."}` of `action_endpoint`). `cors`: web
    sites that may ask from a browser; none unless you name some. `module`: Python module with your own actions.
    `endpoints`: Rasa's file of that name, for its `tracing`. `seconds`: how long a reply may take.
    """

    host: str = "127.0.0.1"
    port: int = Field(5055, ge=0, le=65535)
    transport: str = Field("http", pattern="^(http|grpc)$")
    bot_url: str = "http://127.0.0.1:8080"
    bot_token: SecretStr | None = None
    token: SecretStr | None = None
    cors: Names = ()
    module: str = ""
    endpoints: str = ""
    seconds: float = Field(30.0, gt=0, le=50)
    body_megabytes: float = Field(16.0, gt=0, le=256)
    certificate: str = ""
    key: str = ""
    authority: str = ""

    _tidy = field_validator("token", "bot_token", mode="before")(_secret)
    _guessed = field_validator("token")(_long_enough)

    @field_validator("cors", mode="before")
    @classmethod
    def _listed(cls, value: object) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @property
    def body_limit(self) -> int:
        """Bytes, after unpacking."""
        return int(self.body_megabytes * 1024 * 1024)
