"""How settings are read: environment first, then `.env`, then a table of `palaver.toml`. Each room keeps its own class.

class TelegramSettings(Section, env_prefix="PALAVER_TELEGRAM_", table="telegram"):
    token: SecretStr | None = None
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableSource

from bot.errors import SettingsError


def settings_file() -> Path:
    """Return the owner's settings file: `PALAVER_FILE`, or `palaver.toml` in the working directory."""
    return Path(os.environ.get("PALAVER_FILE", "palaver.toml"))


def read_table(name: str) -> dict[str, Any]:
    """Return one table of the settings file, empty where there is none. Raises `SettingsError` on a broken file."""
    path = settings_file()
    if not path.exists():
        return {}
    try:
        table = tomllib.loads(path.read_text("utf-8")).get(name, {})
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}. Mend that or move it away.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}. Mend that line or move the file away.") from None
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: `{name}` must be a table. Write it as [{name}] with one setting a line.")
    return table


class Section(BaseSettings):
    """The settings of one room, frozen. `Section.load()` reads them."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True)
    table: ClassVar[str] = ""

    def __init_subclass__(cls, table: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.table = table

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class passes it
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = InitSettingsSource(settings_cls, init_kwargs=read_table(cls.table) if cls.table else {})
        return init_settings, env_settings, dotenv_settings, toml

    @classmethod
    def load(cls) -> Self:
        """Read the settings. Raises `SettingsError` that names each wrong variable and what is wrong with it."""
        try:
            return cls()
        except UnreadableSource as error:
            raise SettingsError(f"{error}. Change the environment, .env or palaver.toml.") from None
        except ValidationError as error:
            raise SettingsError(cls._explain(error)) from None

    @classmethod
    def _explain(cls, error: ValidationError) -> str:
        prefix = cls.model_config.get("env_prefix", "")
        wrong = [f"{prefix}{'_'.join(map(str, e['loc']))}".upper() + f": {e['msg']}" for e in error.errors()]
        return "Wrong settings: " + "; ".join(wrong) + ". Change the environment, .env or palaver.toml."
