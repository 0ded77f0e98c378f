"""Ways to turn prompts into drafts, one a file or folder: the engine in this process, or workers behind a broker.

Each module offers `async def open_writer(settings: WriterSettings) -> Writer`, which returns soon; a model may go on
loading behind it. Raises `SettingsError` or `ModelRefused`.
"""

from __future__ import annotations

import sys

from pydantic import Field, SecretStr, field_validator

from bot.errors import SettingsError
from bot.plugins import load_plugin
from bot.settings import Section, read_table
from nlg.contract import Writer


class WriterSettings(Section, env_prefix="PALAVER_", table="writer"):
    """Who writes: workers behind `broker_url` where there is one, else the engine with `model` in this process."""

    writer: str = ""
    broker_url: SecretStr | None = None
    queue: str = Field("default", pattern=r"^[a-z0-9_.-]{1,64}$")
    model: str = ""
    slots: int = Field(8, ge=1, le=256)
    threads: int = Field(1, ge=1)

    @field_validator("broker_url", mode="before")
    @classmethod
    def _blank_is_none(cls, value: object) -> object:
        return value or None

    @property
    def name(self) -> str:
        """The writer's name: what was set, or what follows from the broker."""
        return self.writer or ("celery" if self.broker_url else "engine")


async def open_writer(settings: WriterSettings) -> Writer:
    """Open the writer that the settings ask for. Raises `SettingsError` or `ModelRefused`."""
    module = load_plugin(sys.modules[__name__], settings.name)
    if module is None:
        raise SettingsError(f"PALAVER_WRITER: {settings.name!r} needs a library that is not installed here.")
    writer: Writer = await module.open_writer(settings)
    return writer


async def open_others(settings: WriterSettings) -> dict[str, Writer]:
    """Open a writer for each model in `[models]` of palaver.toml, by its name: a folder, or a queue behind the broker.

    Raises `SettingsError` or `ModelRefused`.
    """
    place = "queue" if settings.name == "celery" else "model"
    opened: dict[str, Writer] = {}
    for name, where in read_table("models").items():
        if not isinstance(where, str) or not where:
            raise SettingsError(f"palaver.toml: models.{name} must name a folder, or a queue where there is a broker.")
        opened[name] = await open_writer(settings.model_copy(update={place: where}))
    return opened
