"""What the owner tells us about the Slack app."""

from __future__ import annotations

from pydantic import SecretStr, field_validator

from bot.errors import SettingsError
from bot.settings import Section

PREFIXES = {"bot_token": "xoxb-", "app_token": "xapp-"}


class SlackSettings(Section, table="slack", env_prefix="PALAVER_SLACK_", env_ignore_empty=True):
    """Tokens of one Slack app in one workspace.

    `bot_token` is always needed. `app_token` turns Socket Mode on, `signing_secret` the HTTP mode; both may be on, a
    second delivery is harmless. `previous_signing_secret` is accepted beside it while the secret is being rotated.
    With `client_id` and `client_secret` the app can be installed in many workspaces, each with a token of its own; then
    `bot_token` is not needed. `redirect_url` says where Slack sends people back to, if not to the app's default.
    `thumbs` asks people, by Slack's feedback buttons, what they think of a model's reply.
    `questions` are shown to be tapped, four at most.
    """

    bot_token: SecretStr | None = None
    app_token: SecretStr | None = None
    signing_secret: SecretStr | None = None
    previous_signing_secret: SecretStr | None = None
    client_id: str = ""
    client_secret: SecretStr | None = None
    redirect_url: str = ""
    api_base: str = "https://slack.com/api/"
    thumbs: bool = True
    questions: tuple[str, ...] = ("Where is my order?", "How do I return something?", "怎么办理退货？", "help")

    @field_validator("bot_token", "app_token", "signing_secret", "previous_signing_secret", mode="before")
    @classmethod
    def _tidy(cls, value: object) -> object:
        return (value.strip() or None) if isinstance(value, str) else value

    @field_validator("bot_token", "app_token")
    @classmethod
    def _prefixed(cls, value: SecretStr | None, info: object) -> SecretStr | None:
        prefix = PREFIXES[getattr(info, "field_name", "")]
        if value is not None and not value.get_secret_value().startswith(prefix):
            raise ValueError(f"must begin with {prefix} (docs/slack.md shows where to copy it)")
        return value

    @field_validator("api_base")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("must be a web address such as https://slack.com/api/")
        return value.rstrip("/") + "/"

    @property
    def asked(self) -> bool:
        """Whether any of the secrets is set."""
        return any((self.bot_token, self.app_token, self.signing_secret, self.previous_signing_secret, self.client_id))

    @property
    def many(self) -> bool:
        """Whether workspaces install the app by themselves."""
        return bool(self.client_id)

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """The signing secrets that are accepted now."""
        both = (self.signing_secret, self.previous_signing_secret)
        return tuple(secret.get_secret_value().encode() for secret in both if secret is not None)

    def check(self) -> None:
        """Raise `SettingsError` that names the variable which is missing."""
        if self.many and self.client_secret is None:
            raise _missing("CLIENT_SECRET", "the client secret beside the client id")
        if self.bot_token is None and not self.many:
            raise _missing("BOT_TOKEN", "the bot token (xoxb-...)")
        if self.previous_signing_secret is not None and self.signing_secret is None:
            raise _missing("SIGNING_SECRET", "the current signing secret beside the previous one")
        if self.app_token is None and self.signing_secret is None:
            other = ", or set PALAVER_SLACK_SIGNING_SECRET for HTTP"
            raise _missing("APP_TOKEN", f"the app token (xapp-...) for Socket Mode{other}")


def _missing(name: str, what: str) -> SettingsError:
    return SettingsError(f"Slack: PALAVER_SLACK_{name} is missing. Set it to {what}. See docs/slack.md.")
