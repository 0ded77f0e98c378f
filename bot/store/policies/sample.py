"""Any reply, by chance: what other policies never show is judged too, so that shares of good ones mean something."""

from __future__ import annotations

from sqlalchemy import Select

from bot.store.reviewing.queue import Wish, around, open_to

ORDER = 4


def replies(wish: Wish) -> Select[int]:
    return around(open_to(wish.reviewer), wish.chance, 1)
