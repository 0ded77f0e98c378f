"""The places of the navigation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where the group stands in the navigation: a path of its own, a word, an order, an icon, and its key after `g`.

    `icon` is the `d` of an SVG path in a box of 20 by 20, drawn with a line of 1.7.
    """

    path: str
    word: str
    order: int
    icon: str
    key: str
