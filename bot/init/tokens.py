"""The tokens that are asked for, and whether a value has the form of one.

What a token looks like is known to the settings of its platform, and asked there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

import regex
from pydantic import ValidationError

from bot.facts import Both
from bot.settings import Section


@dataclass(frozen=True, slots=True)
class Token:
    """One secret: its variable, what it is and where it is found, what it looks like, and who knows its form."""

    variable: str
    what: Both
    example: str
    module: str
    section: str
    field: str
    form: str = r"[A-Za-z0-9:_.+/=-]+"


_TOKENS = (
    Token(
        "PALAVER_TELEGRAM_TOKEN",
        (
            "Telegram: the token that @BotFather gives you after /newbot",
            "Telegram：向 @BotFather 发送 /newbot 后得到的令牌",
        ),
        "123456:ABC...",
        "connectors.telegram.settings",
        "TelegramSettings",
        "token",
    ),
    Token(
        "PALAVER_SLACK_BOT_TOKEN",
        (
            "Slack: the bot token, under OAuth & Permissions of your app",
            "Slack：机器人令牌，在应用的 OAuth & Permissions 页",
        ),
        "xoxb-...",
        "connectors.slack.settings",
        "SlackSettings",
        "bot_token",
    ),
    Token(
        "PALAVER_SLACK_APP_TOKEN",
        (
            "Slack over Socket Mode: an app-level token with connections:write, under Basic Information",
            "Slack 的 Socket Mode：带 connections:write 的应用级令牌，在 Basic Information 页",
        ),
        "xapp-...",
        "connectors.slack.settings",
        "SlackSettings",
        "app_token",
    ),
    Token(
        "PALAVER_SLACK_SIGNING_SECRET",
        (
            "Slack over HTTP instead: the signing secret, under Basic Information",
            "Slack 改用 HTTP 时：Signing Secret，在 Basic Information 页",
        ),
        "0123456789abcdef0123456789abcdef",
        "connectors.slack.settings",
        "SlackSettings",
        "signing_secret",
        form=r"[0-9a-f]{32}",
    ),
)

TOKENS: Mapping[str, Token] = {token.variable: token for token in _TOKENS}


NO_TOKEN: Both = ("has a sign that such a token does not have, or too few. Copy it whole", "的格式不对，请完整复制")


def wrong_with_token(token: Token, value: str, language: str) -> str:
    """Return what is wrong with the value, without saying it; empty when it has the form of this token."""
    if not regex.fullmatch(token.form, value):
        return NO_TOKEN[language == "zh"]
    section: type[Section] = getattr(import_module(token.module), token.section)
    try:
        section(**{token.field: value})
    except ValidationError as error:
        found = [one["msg"] for one in error.errors() if one["loc"][:1] == (token.field,)]
        if found:
            return NO_TOKEN[1] if language == "zh" else found[0].removeprefix("Value error, ")
    return ""
