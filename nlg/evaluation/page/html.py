"""What was found as one page of HTML that needs nothing else: no script, no file, no network."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from nlg.contract import Role
from nlg.evaluation import tables
from nlg.evaluation.findings import Findings
from nlg.evaluation.page import sentences
from nlg.evaluation.page.plots import plots

TEMPLATE = "report.html"
SPEAKERS = {Role.USER: "Customer", Role.ASSISTANT: "Assistant"}
SHOWN_LINES = 4
"""Lines of a context that are in sight at once; what was said before can be unfolded."""


def page(findings: Findings) -> str:
    """All of it. Texts of models and people are escaped."""
    here = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=here, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(TEMPLATE).render(
        findings=findings,
        reports=findings.reports,
        groups=[(tables.title(group.language, group.turns), group) for group in findings.reports[0].groups],
        rows=tables.rows(findings.reports),
        comparison=list(zip(findings.comparison, tables.compared(findings.comparison), strict=True)),
        # Our own drawing, in which matplotlib escapes what is written.
        plots=[(plot.says, Markup(plot.svg())) for plot in plots(findings)],  # noqa: S704
        sentences=sentences,
        speakers=SPEAKERS,
        shown_lines=SHOWN_LINES,
    )
