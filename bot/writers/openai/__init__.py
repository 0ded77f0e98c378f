"""Any server that speaks OpenAI's chat completions: vLLM, llama.cpp, Ollama, TGI, `palaver`'s stand-in, or OpenAI."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from bot.errors import SettingsError
from bot.settings import Section
from bot.writers import WriterSettings
from bot.writers.openai.asking import with_places
from bot.writers.openai.writer import OpenAIWriter

PERSONA = (
    "You answer the customers of a shop. Answer the last message in its language, in one or two short, warm sentences. "
    "You know no facts about the shop or about orders and never invent a number, a price, a name or a link. Where a "
    "fact of the shop belongs, write its placeholder as it stands, one of: {places}."
)


class OpenAISettings(Section, table="openai", env_prefix="PALAVER_OPENAI_", env_ignore_empty=True):
    """`url`: up to and with `/v1`. `model`: its name there; empty for the first that the server lists.

    `key`, or a file of mode 0600 that holds it: `key_file`. `system`: what the model is told first; `{places}` becomes
    the placeholders of `[business]`. `silence`: seconds without a word after which the server counts as stuck.
    `connections`: replies asked for at once.
    """

    url: str = "http://127.0.0.1:8000/v1"
    model: str = ""
    key: SecretStr | None = None
    key_file: str = ""
    system: str = PERSONA
    silence: float = Field(15.0, gt=0)
    connections: int = Field(64, ge=1)

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://, as in http://127.0.0.1:8000/v1")
        return value.rstrip("/")

    @property
    def persona(self) -> str:
        """What the model is told first, with the names of the placeholders filled in."""
        return with_places(self.system)


async def open_writer(settings: WriterSettings) -> OpenAIWriter:
    """Return a writer that looks for its server behind our back. Raises `SettingsError` for a key others can read."""
    own = OpenAISettings.load()
    key = own.key or await asyncio.to_thread(_read_key, own.key_file)
    chosen = own.model_copy(update={"model": settings.model or own.model})
    return OpenAIWriter(chosen, key.get_secret_value() if key else "")


def _read_key(name: str) -> SecretStr | None:
    if not name:
        return None
    path = Path(name)
    try:
        mode, key = path.stat().st_mode, path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"PALAVER_OPENAI_KEY_FILE: {name} cannot be read: {error}.") from None
    if mode & 0o077:
        raise SettingsError(f"PALAVER_OPENAI_KEY_FILE: other users can read {name}. Run: chmod 600 {name}")
    return SecretStr(key)
