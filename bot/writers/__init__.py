"""Ways to turn prompts into drafts, one a file or folder: the engine in this process, or workers behind a broker.

Each module offers `async def open_writer(settings: WriterSettings) -> Writer`, which returns soon; a model may go on
loading behind it. Raises `SettingsError` or `ModelRefused`.
"""

from __future__ import annotations

import sys

from pydantic import Field, SecretStr, field_validator

from bot.errors import ModelRefused, SettingsError
from bot.plugins import load_plugin
from bot.settings import Section, read_table
from bot.versions import Version
from nlg.contract import Writer

DEFAULT = "default"
"""The version that `model` and `queue` of the settings name."""


class WriterSettings(Section, env_prefix="PALAVER_", table="writer"):
    """Who writes: workers behind `broker_url` where there is one, else the engine with `model` in this process.

    `writer` may name several, with commas between, to be asked one after the other, each with a queue, a folder or a
    model of its own after a colon: `celery:fused, celery:distilled, engine`.
    """

    writer: str = ""
    broker_url: SecretStr | None = None
    queue: str = Field("default", pattern=r"^[a-z0-9_.-]{1,64}$")
    model: str = ""
    slots: int = Field(8, ge=1, le=256)
    threads: int = Field(1, ge=0)
    compiled: bool = False

    @field_validator("broker_url", mode="before")
    @classmethod
    def _blank_is_none(cls, value: object) -> object:
        return value or None

    @property
    def steps(self) -> tuple[str, ...]:
        """The writers in their order, as they were set, or the one that follows from the broker."""
        named = tuple(step.strip() for step in self.writer.split(",") if step.strip())
        return named or ("celery" if self.broker_url else "engine",)

    @property
    def first(self) -> str:
        """The name of the writer that is asked first."""
        return self.steps[0].partition(":")[0]

    @property
    def name(self) -> str:
        """The writer's name."""
        return "chain" if len(self.steps) > 1 else self.first

    @property
    def queued(self) -> bool:
        """Whether models are named by the queues of their workers."""
        return self.first == "celery"

    @property
    def apart(self) -> bool:
        """Whether models write elsewhere, and so take no processor from this process."""
        return self.first in ("celery", "openai")

    def only(self, step: str) -> WriterSettings:
        """Return the same for one of the steps alone, with the place that it names, if it names one."""
        name, _, place = step.partition(":")
        where = {"queue" if name == "celery" else "model": place} if place else {}
        return self.model_copy(update={"writer": name, **where})

    def of(self, version: Version) -> WriterSettings:
        """Return the same for a version: its folder, or its queue behind the broker. Raises `ModelRefused`.

        Of several writers the first is that of the version; those after it stand in for whichever it is.
        """
        if self.name == "engine" and not version.folder and version.name != DEFAULT:
            raise ModelRefused(f"The version {version.name} has no folder, and models run in this process here.")
        first = self.steps[0] if version.name == DEFAULT else self.first
        where = {"model": version.folder, "queue": version.queue or version.name}
        return self.model_copy(update={"writer": ", ".join((first, *self.steps[1:])), **where})


async def open_writer(settings: WriterSettings) -> Writer:
    """Open the writer that the settings ask for. Raises `SettingsError` or `ModelRefused`."""
    module = load_plugin(sys.modules[__name__], settings.name)
    if module is None:
        raise SettingsError(f"PALAVER_WRITER: {settings.name!r} needs a library that is not installed here.")
    alone = settings if settings.name == "chain" else settings.only(settings.steps[0])
    writer: Writer = await module.open_writer(alone)
    return writer


def named_versions(settings: WriterSettings) -> list[Version]:
    """Return the versions that the settings of this process name: the default first, then `[models]` of palaver.toml.

    There each has a folder, or a queue where there is a broker. Raises `SettingsError`.
    """
    named = [Version(DEFAULT, folder=settings.model, queue=settings.queue)]
    for name, where in read_table("models").items():
        if not isinstance(where, str) or not where:
            raise SettingsError(f"palaver.toml: models.{name} must name a folder, or a queue where there is a broker.")
        named.append(Version(name, queue=where) if settings.queued else Version(name, folder=where))
    return named
