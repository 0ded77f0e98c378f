"""Says which browser a `User-Agent` stands for, shortly. Only for the eyes: any browser may say anything."""

from __future__ import annotations

import re

PRODUCTS = (
    (re.compile(r"Edg/(\d+)"), "Edge"),
    (re.compile(r"OPR/(\d+)"), "Opera"),
    (re.compile(r"Firefox/(\d+)"), "Firefox"),
    (re.compile(r"(?:Headless)?Chrome/(\d+)"), "Chrome"),
    (re.compile(r"Version/(\d+)[\d.]* (?:Mobile/\w+ )?Safari/"), "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
)
LENGTH = 60


def browser(agent: str) -> str:
    """Return `Firefox 140, Linux`, or the beginning of what is not known."""
    product = next((f"{name} {found[1]}" for pattern, name in PRODUCTS if (found := pattern.search(agent))), "")
    system = next((name for word, name in SYSTEMS if word in agent), "Linux" if "Linux" in agent else "")
    return ", ".join(part for part in (product, system) if part) if product else agent[:LENGTH]
