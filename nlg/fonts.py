"""Fonts for pictures: those that this machine has, Chinese ones too."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from matplotlib import font_manager, rc_context

LATIN = "DejaVu Sans"  # comes with matplotlib
CHINESE = (
    *(f"Noto Sans CJK {region}" for region in ("SC", "TC", "HK", "JP", "KR")),
    *(
        "Noto Sans SC",
        "PingFang SC",
        "Microsoft YaHei",
        "WenQuanYi Zen Hei",
        "WenQuanYi Micro Hei",
        "Noto Serif CJK SC",
    ),
)
"""Fonts with Chinese signs, best first. Which region a collection is listed under differs from machine to machine."""
CHINESE_FILES = ("NotoSansCJK-Regular", "NotoSansSC", "PingFang", "msyh", "wqy-")


@contextmanager
def in_use() -> Iterator[None]:
    """Draw with them; a sign that none of them has is drawn as a box, without a fuss."""
    with rc_context({"font.family": _here()}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def families(names: Collection[str]) -> list[str]:
    """The fonts that a picture asks for a sign, in this order, of those that a machine has."""
    return [LATIN, *(name for name in CHINESE if name in names)]


def missing(text: str) -> set[str]:
    """The signs of a text that no font here has."""
    fonts = [font_manager.get_font(font_manager.findfont(name)) for name in _here()]
    return {sign for sign in set(text) if not any(font.get_char_index(ord(sign)) for font in fonts)}


def _here() -> list[str]:
    return families(_names() or _found_anew())


def _names() -> set[str]:
    return {font.name for font in font_manager.fontManager.ttflist} & set(CHINESE)


def _found_anew() -> set[str]:
    """Look for fonts that were installed after matplotlib had made its list."""
    for path in font_manager.findSystemFonts():
        if Path(path).name.startswith(CHINESE_FILES):
            font_manager.fontManager.addfont(path)
    return _names()
