"""What the page says in numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.store.tallying.buckets import percentile
from bot.store.tallying.counting import Tally
from bot.store.tallying.thumbs import Thumbs

SHARES = (0.5, 0.95, 0.99)
TIMES = ("answer", "wait", "first", "total")
ENDS = ("answered", "unsure", "handed_over", "ignored", "shed", "undeliverable", "erased")
NONE = Tally()


@dataclass(frozen=True, slots=True)
class Figures:
    """One tally, read as the page shows it."""

    tally: Tally
    thumbs: Thumbs = field(default_factory=Thumbs)

    def __getitem__(self, name: str) -> int:
        return self.tally.counts[name]

    @property
    def answered(self) -> float | None:
        """Of the messages that ended, the share with a reply."""
        return ratio(self["answered"] + self["unsure"], self["ended"])

    @property
    def handed_over(self) -> float | None:
        return ratio(self["handed_over"], self["ended"])

    @property
    def asked(self) -> int:
        """Replies for which a model was asked."""
        return self["written"] + self["neutral"] + self["fallback"]

    @property
    def fallback(self) -> float | None:
        """Of these, the share in which its words were not sent."""
        return ratio(self["neutral"] + self["fallback"], self.asked)

    @property
    def balance(self) -> int:
        """Accepted less ended less open: anything but nought is a fault of the books."""
        return self["accepted"] - self["ended"] - self["open"]

    def time(self, what: str, share: float) -> float | None:
        """Return a percentile in milliseconds."""
        return percentile(self.tally.times[what], share) if what in self.tally.times else None


def ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def ordered(parts: Mapping[str, Tally], thumbs: Mapping[str, Thumbs]) -> list[tuple[str, Figures]]:
    """Return the parts by their names, the largest first."""
    found = [(name, Figures(tally, thumbs.get(name, Thumbs()))) for name, tally in parts.items()]
    return sorted(found, key=lambda one: (-one[1]["accepted"] - one[1].asked, one[0]))


def row(pieces: Sequence[Figures], value: Callable[[Figures], float | None]) -> list[float | None]:
    return [value(piece) for piece in pieces]
