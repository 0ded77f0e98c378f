"""Posts what is said to a web address of the owner's: alerts to a pager, or to another chat's incoming webhook.

Nobody writes to it. The body is `{"text": ..., "chat": ..., "key": ..., "repeat": false}`: Slack's, Mattermost's and
Rocket.Chat's incoming webhooks show the text. `key` is the same at each attempt. With a secret set, the header
`X-Palaver-Signature` holds `sha256=` and the HMAC of the body, in hexadecimal.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from hashlib import sha256

import httpx
from pydantic import SecretStr, field_validator

from bot.errors import DeliveryError, Locked, NotSent, Refused, SettingsError, Unsure
from bot.interfaces import Connector, Inbox
from bot.messages import Address, Part, Receipt, Sign, TextLimit
from bot.settings import Section

SECONDS = 10.0
LONGEST_PAUSE = 3600.0


class WebhookSettings(Section, table="webhook", env_prefix="PALAVER_WEBHOOK_", env_ignore_empty=True):
    """Where to post, and a secret of your own with which the other side knows that it was us."""

    url: str = ""
    secret: SecretStr | None = None

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("must be a web address that begins with https://")
        return value


def connector(asked: bool) -> Connector | None:
    """Return the connector where its URL is set. Raises `SettingsError` where it is asked for without one."""
    settings = WebhookSettings.load()
    if settings.url:
        return Webhook(settings)
    if asked:
        raise SettingsError("Webhook: PALAVER_WEBHOOK_URL is missing. Set it to the address that takes the posts.")
    return None


class Webhook:
    """One address, posted to once an attempt."""

    name = "webhook"
    limit = TextLimit(4000)
    listens = False

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings

    async def receive(self, inbox: Inbox) -> None:  # noqa: ARG002 - nobody writes here
        await asyncio.Event().wait()

    async def send(self, part: Part) -> Receipt:
        said = {"text": part.text, "chat": part.address.chat, "key": part.send_key, "repeat": part.repeat}
        body = json.dumps(said, ensure_ascii=False).encode()
        try:
            # A connection for one use: a kept one may be closed just as we write, and who knows then?
            async with httpx.AsyncClient(timeout=SECONDS, trust_env=False) as client:
                answer = await client.post(self._settings.url, content=body, headers=self._headers(body, part))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise NotSent(f"webhook: {type(error).__name__}") from None
        except Exception as error:
            raise Unsure(f"webhook: {type(error).__name__}") from None
        if answer.is_success:
            return Receipt(part.send_key)
        raise _failure(answer)

    async def show(self, address: Address, sign: Sign) -> None:
        """Nobody is there to see a sign."""

    def _headers(self, body: bytes, part: Part) -> dict[str, str]:
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": part.send_key}
        if self._settings.secret is None:
            return headers
        secret = self._settings.secret.get_secret_value().encode()
        return headers | {"X-Palaver-Signature": f"sha256={hmac.new(secret, body, sha256).hexdigest()}"}


def _failure(answer: httpx.Response) -> DeliveryError:
    """Return what the status says. It is named, never the body: that may hold anything."""
    status, told = answer.status_code, f"webhook: {answer.status_code}"
    if status in (429, 503):
        asked = answer.headers.get("Retry-After", "")
        return NotSent(told, min(float(asked), LONGEST_PAUSE) if asked.isdecimal() and len(asked) < 7 else None)
    if status in (401, 403):
        return Locked(told)
    return Unsure(told) if status >= 500 else Refused(told)
