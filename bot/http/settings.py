"""Where the HTTP server listens."""

from __future__ import annotations

from pydantic import Field, SecretStr

from bot.settings import Section


class HttpSettings(Section, table="http", env_prefix="PALAVER_HTTP_", env_ignore_empty=True):
    """Only this machine is served unless the owner says otherwise.

    `metrics_token`: when set, `/metrics` answers only to `Authorization: Bearer <token>`. `trusted_proxies`: addresses
    (comma separated) whose `X-Forwarded-For` is believed.
    """

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    metrics_token: SecretStr | None = None
    trusted_proxies: str = "127.0.0.1"
