"""What is counted by the hour and the day, so that figures of a year need not count every turn of it."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables import Base


class Counted(Base):
    """What happened in some time on one channel with one version of a model. It holds no words and nobody's id.

    `version` is empty where no model was asked.
    """

    __abstract__ = True

    channel: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(String(64), primary_key=True)
    begun: Mapped[int]
    """Conversations in which a person said something for the first time."""
    accepted: Mapped[int]
    """Messages of people ..."""
    ended: Mapped[int]
    """... that have an end, by the time that was noted when they ended ..."""
    open: Mapped[int]
    """... and that have none, by their state. The three are counted apart, so that the books can be checked."""
    answered: Mapped[int]
    unsure: Mapped[int]
    handed_over: Mapped[int]
    ignored: Mapped[int]
    shed: Mapped[int]
    undeliverable: Mapped[int]
    erased: Mapped[int]
    written: Mapped[int]
    """Replies in a model's words ..."""
    neutral: Mapped[int]
    """... in words that took their place, for a fact that nobody gave ..."""
    fallback: Mapped[int]
    """... since no model answered ..."""
    fixed: Mapped[int]
    """... that are always said so ..."""
    human: Mapped[int]
    """... and of the team."""
    times: Mapped[str]
    """By what took time, as JSON: a bucket (`bot.store.tallying.buckets`), how often it was met, the next ..."""


class HourRow(Counted):
    """One hour, which counts from 1970 in UTC."""

    __tablename__ = "hours"

    hour: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)


class DayRow(Counted):
    """The sum of the hours of one day of UTC: `day` begins with the hour `24 * day`."""

    __tablename__ = "days"

    day: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)


class TalliedRow(Base):
    """Until when hours were counted, and until when somebody is counting. One row."""

    __tablename__ = "tallied"

    id: Mapped[int] = mapped_column(primary_key=True)
    until: Mapped[float]
    busy_until: Mapped[float]
