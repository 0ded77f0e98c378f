"""What the owner tells us about the Telegram bot."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator

from bot.errors import SettingsError
from bot.settings import Section

OFFICIAL = "https://api.telegram.org"
TOKEN = re.compile(r"[0-9]{3,20}:[A-Za-z0-9_-]{10,}")
CODE = re.compile(r"[A-Za-z0-9_-]{8,64}")
SECRET = re.compile(r"[A-Za-z0-9_-]{32,256}")


class TelegramSettings(Section, table="telegram", env_prefix="PALAVER_TELEGRAM_", env_ignore_empty=True):
    """One bot of BotFather.

    Messages are fetched by long polling, unless `webhook_url` says where Telegram can reach us; then `webhook_secret`
    is needed too. `api_base` is another Bot API server, such as one's own.
    `markdown` shows a model's marks as what they mean, `drafts` growing replies as drafts where there are such, `rich`
    tables as rich messages.
    `thumbs` asks people, by two buttons, what they think of a model's reply.
    `people` and `groups` (their ids) are let in; empty: all. `pairing_code` lets in who sends `/start` and the code.
    """

    token: SecretStr | None = None
    api_base: str = OFFICIAL
    webhook_url: str = ""
    webhook_secret: SecretStr | None = None
    people: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    pairing_code: SecretStr | None = None
    markdown: bool = True
    drafts: bool = False
    rich: bool = False
    thumbs: bool = True

    @field_validator("token", "webhook_secret", mode="before")
    @classmethod
    def _tidy(cls, value: object) -> object:
        return (value.strip() or None) if isinstance(value, str) else value

    @field_validator("token")
    @classmethod
    def _token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError("is not a bot token. Copy it whole from @BotFather: a number, a colon, then letters")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not SECRET.fullmatch(value.get_secret_value()):
            raise ValueError("must be 32 to 256 of A-Z a-z 0-9 _ -. `openssl rand -hex 32` makes one")
        return value

    @field_validator("pairing_code")
    @classmethod
    def _code(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not CODE.fullmatch(value.get_secret_value()):
            raise ValueError("must be 8 to 64 of A-Z a-z 0-9 _ -, as Telegram's links take them")
        return value

    @field_validator("api_base", "webhook_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        value = value.strip().rstrip("/")
        if value and not (value.startswith(("https://", "http://")) and urlsplit(value).hostname):
            raise ValueError("must be a web address that begins with https://")
        return value

    @property
    def asked(self) -> bool:
        """Whether any of the settings is set."""
        return self.token is not None or bool(self.webhook_url) or self.webhook_secret is not None

    @property
    def bot_token(self) -> str:
        """The token itself. Raises `SettingsError` where it is missing."""
        if self.token is None:
            raise _wrong("TOKEN", "is missing. Make a bot with @BotFather and set it to the token it gives you")
        return self.token.get_secret_value()

    def check(self) -> None:
        """Raise `SettingsError` that names the variable which is missing."""
        _ = self.bot_token
        if self.webhook_url and self.webhook_secret is None:
            raise _wrong(
                "WEBHOOK_SECRET", "is missing. Set it beside the webhook URL; `openssl rand -hex 32` makes one"
            )
        if self.webhook_url.startswith("http://") and self.api_base == OFFICIAL:
            raise _wrong("WEBHOOK_URL", "must begin with https://. Telegram delivers to nothing else")


def _wrong(name: str, what: str) -> SettingsError:
    return SettingsError(f"Telegram: PALAVER_TELEGRAM_{name} {what}. See docs/telegram.md.")
