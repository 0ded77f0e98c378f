"""What all pages say in words."""

from __future__ import annotations

from nlg.contract import Decoding
from nlg.evaluation.report import Report
from nlg.evaluation.writing import AT_ONCE, Speed


def asked(report: Report) -> str:
    """On what was measured, and how replies were chosen."""
    part = "all" if report.examples == report.total else f"{report.examples:,} of"
    drawn = "" if report.examples == report.total else ", drawn by chance"
    return f"On {part} {report.total:,} examples of {report.data}{drawn}; replies {how(report)}."


def how(report: Report) -> str:
    """How replies were chosen: by a search, token by token, or by a rule."""
    if report.rule:
        return "made by a rule, not by a model"
    if not report.search:
        return chosen(report.decoding)
    beams = report.search.beams.width
    return (
        f"searched by {beams} {'beam' if beams == 1 else 'beams'} and taken by {report.search.choice} (times below are "
        f"of replies {chosen(report.decoding)})"
    )


def chosen(decoding: Decoding) -> str:
    """How tokens were chosen."""
    if not decoding.temperature:
        return "chosen greedily"
    return f"drawn at temperature {decoding.temperature:g} (seed {decoding.seed})"


def quickness(speed: Speed) -> str:
    """How fast a model is."""
    return (
        f"On one thread of a CPU a reply alone takes {speed.reply_ms_p50:.0f} ms (median of {len(speed.reply_ms)}; 95% "
        f"within {speed.reply_ms_p95:.0f} ms); {AT_ONCE} at once, {speed.tokens_per_second:,.0f} tokens a second."
    )


TURNS = "First turns open a dialogue, later ones answer in the middle of one."
COMPARISON = (
    "Paired bootstrap (Koehn 2004): both models on the same 1,000 draws of the examples. In brackets, between what 95% "
    "of the draws lie; p is twice the share of draws on which the difference is nothing or the other way round. Of "
    "twenty comparisons of equals, one has p below 0.05."
)
WORDS = (
    "A placeholder such as {{order_page}} counts as one word. Chinese is counted in characters; signs count as words."
)
