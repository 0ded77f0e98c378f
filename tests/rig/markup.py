"""Reads a page as a browser would and tells what in it should not be there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

FIELDS = ("input", "select", "textarea")
NAMED = ("aria-label", "aria-labelledby", "title")
VOID = {"meta", "link", "input", "br", "img", "hr", "path", "col", "source"}
OURS = (
    "a abbr article aside blockquote body br button caption circle code datalist dd defs del details dialog div "
    "dl dt em fieldset figcaption figure footer form g h1 h2 h3 h4 head header hr html img input ins kbd label "
    "legend li line link main mark marker meta meter nav noscript ol optgroup option output p path polygon "
    "polyline pre progress rect script section select small span strong summary svg table tbody td template text "
    "textarea tfoot th thead time title tr ul "
)
ELEMENTS = frozenset(OURS.split())
ADDRESSES = ("href", "src", "action", "formaction", "xlink:href", "data", "poster")


@dataclass
class Element:
    """One element with its attributes."""

    name: str
    attributes: dict[str, str]
    form: Element | None = None
    inside: list[Element] = field(default_factory=list)
    """For a form: its fields and buttons."""
    text: str = ""


class Markup(HTMLParser):
    """The elements of a page in their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._form: Element | None = None
        self._open: list[Element] = []
        self.in_labels: list[Element] = []
        """Fields that stand inside a label."""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self._form)
        self.elements.append(element)
        if any(outer.name == "label" for outer in self._open):
            self.in_labels.append(element)
        if tag == "form":
            self._form = element
        elif self._form is not None:
            self._form.inside.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place].name == tag:
                del self._open[place:]
                return

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def of(self, *names: str) -> list[Element]:
        return [element for element in self.elements if element.name in names]


def active(markup: Markup) -> Iterator[str]:
    """Tell what could run or load something: the policy forbids it, and no page of ours has it."""
    for element in markup.elements:
        if element.name not in ELEMENTS:
            yield f"<{element.name}> is no element of ours"
        if element.name == "script" and (element.text.strip() or not element.attributes.get("src", "").startswith("/")):
            yield f"a script of its own: {element.text[:60]}"
        for name, value in element.attributes.items():
            if name.startswith("on") or name in ("style", "srcdoc", "http-equiv"):
                yield f"<{element.name} {name}={value[:60]}>"
            if name in ADDRESSES and not value.startswith(("/", "?", "#")):
                yield f"<{element.name} {name}={value[:60]}> leads elsewhere"


def clumsy(markup: Markup) -> Iterator[str]:
    """Tell what keeps a person with a keyboard or a screen reader from using the page."""
    ids = [element.attributes["id"] for element in markup.elements if "id" in element.attributes]
    yield from (f"two elements have the id {one}" for one in sorted(set(ids)) if ids.count(one) > 1)
    labelled = {element.attributes.get("for") for element in markup.of("label")}
    for element in markup.of(*FIELDS):
        hidden = element.attributes.get("type") == "hidden" or "hidden" in element.attributes
        named = element.attributes.get("id") in labelled or any(name in element.attributes for name in NAMED)
        if not hidden and not named and element not in markup.in_labels:
            yield f"<{element.name} name={element.attributes.get('name')}> has no label"
    for element in markup.of("button", "a"):
        if not element.text.strip() and not any(name in element.attributes for name in NAMED):
            yield f"<{element.name}> says nothing: {element.attributes}"
    if len(markup.of("h1")) != 1:
        yield f"{len(markup.of('h1'))} first headings"
    keys = [element.attributes["data-key"] for element in markup.elements if "data-key" in element.attributes]
    yield from (f"two elements want the key {one}" for one in sorted(set(keys)) if keys.count(one) > 1)


def untokened(markup: Markup) -> Iterator[str]:
    """Tell which forms would be refused because they bring no token."""
    for form in markup.of("form"):
        fields = {element.attributes.get("name") for element in form.inside}
        if form.attributes.get("method") == "post" and "form-token" not in fields:
            yield f"the form {form.attributes.get('action')} has no token"
