"""Makes pages of templates: everything is escaped, and a name that nobody gave is an error, not an empty place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined

from bot.admin.browsers import browser
from bot.admin.groups import LoadedGroup, in_order
from bot.admin.places import Place
from bot.admin.static import Static
from bot.admin.visible import visible
from bot.admin.visit import Visit
from bot.admin.wording import Words
from bot.admin.writing import as_count, as_percent, as_time, share_of
from bot.staff import Role

TEMPLATES = Path(__file__).parent / "templates"
THEMES = ("light", "dark")


class Templates:
    """All templates: the common ones, and those of each group under its name."""

    def __init__(self, groups: Sequence[LoadedGroup], words: Words, static: Static) -> None:
        self.words = words
        self._static = static
        self._places = [(place, _role(groups, name, place)) for name, place in in_order(groups).items()]
        own = {group.name: FileSystemLoader(group.folder / "templates") for group in groups if group.folder}
        self.environment = Environment(
            loader=ChoiceLoader([FileSystemLoader(TEMPLATES), PrefixLoader(own)]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.filters["utc"] = utc
        self.environment.filters["clock"] = clock
        self.environment.filters |= {"number": as_count, "percent": as_percent, "duration": as_time}
        self.environment.filters |= {"browser": browser, "visible": visible, "share_of": share_of}
        self.environment.globals["Role"] = Role

    def render(self, template: str, visit: Visit, values: Mapping[str, object]) -> str:
        """Raises `UndefinedError` for a name that is neither in the values nor common, `TemplateNotFound`."""
        return self.environment.get_template(template).render({**self._common(visit), **values})

    def places(self, visit: Visit) -> list[Place]:
        """Return what the navigation shows to this person."""
        return [place for place, role in self._places if role is None or visit.may(role)]

    def _common(self, visit: Visit) -> dict[str, object]:
        theme = visit.request.cookies.get("palaver-theme", "")
        path = visit.request.url.path.removeprefix(visit.url(""))
        return {
            "visit": visit,
            "say": visit.say,
            "url": visit.url,
            "static": lambda name: visit.url(self._static.path(name)),
            "places": self.places(visit),
            "path": path,
            "theme": theme if theme in THEMES else "",
        }


def _role(groups: Sequence[LoadedGroup], name: str, place: Place) -> Role | None:
    return next(group for group in groups if group.name == name).needs(place.path)


def utc(at: float) -> str:
    """Return a time of ours as `<time datetime>` wants it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clock(at: float) -> str:
    """Return a time of ours for readers without a script."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
