"""Says a phrase in the conversation's language, with the owner's facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.business import Business, FactMissing
from bot.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Speech:
    """Phrases and facts together. Checked once, so that saying a phrase cannot fail."""

    phrases: Mapping[str, Mapping[str, str]]
    business: Business

    def __post_init__(self) -> None:
        """Raise `SettingsError` when a phrase needs a fact that is not set."""
        for language, phrases in self.phrases.items():
            for name, text in phrases.items():
                try:
                    self.business.fill(text, language)
                except FactMissing as error:
                    raise SettingsError(
                        f"palaver.toml: phrases.{language}.{name}: {error}. Set it in [business] or change the phrase."
                    ) from None

    def say(self, name: str, language: str) -> str:
        return self.business.fill(self.phrases[language][name], language)
