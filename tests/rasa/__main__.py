"""`python -m tests.rasa`: a real Rasa with the example of docs/rasa, our two servers, and people who write to it.

python -m tests.rasa --rasa build/rasa-oss/bin/rasa --sdk build/rasa-sdk/bin/python
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tests.rasa.assistant import Assistant, run_all
from tests.rasa.judging import Report, judge
from tests.rasa.people import LINES, write_to
from tests.rig.servers import Unavailable, end_in_order

REPORT = Path("build/reports/rasa.json")


def main(
    rasa: Annotated[Path, typer.Option(help="The program `rasa` of a Rasa OSS 3.6.")],
    sdk: Annotated[Path, typer.Option(help="The python that has rasa-sdk.")],
    messages: Annotated[int, typer.Option(min=1)] = 50,
    writer: Annotated[str, typer.Option(help="engine (the model that comes along) or stub.")] = "engine",
    keep: Annotated[Path | None, typer.Option(help="Keep the logs of all processes here.")] = None,
    report: Annotated[Path, typer.Option(help="Where the JSON goes.")] = REPORT,
) -> None:
    """Let people write to the example assistant and count what they get. Exit 1 when somebody got nothing."""
    end_in_order()
    with tempfile.TemporaryDirectory(prefix="palaver-rasa-") as temporary:
        folder = (keep or Path(temporary)).resolve()
        shutil.rmtree(folder, ignore_errors=True)
        try:
            found = asyncio.run(_try(folder, rasa.absolute(), sdk.absolute(), messages, writer))
        except Unavailable as error:
            typer.echo(f"left out: {error}")
            raise typer.Exit(0) from None
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps(found.figures, ensure_ascii=False, indent=2) + "\n", "utf-8")
    typer.echo(report.read_text("utf-8"))
    raise typer.Exit(1 if found.wrong else 0)


async def _try(folder: Path, rasa: Path, sdk: Path, messages: int, writer: str) -> Report:
    async with run_all(folder, rasa, sdk, writer) as assistant:
        answers = await write_to(assistant.url, messages)
        return await _judged(assistant, answers, messages)


async def _judged(
    assistant: Assistant, answers: list[tuple[str, list[dict[str, object]], float]], count: int
) -> Report:
    await asyncio.sleep(1.5)  # for records that are kept behind an answer's back
    said = [text for _, text in LINES]
    return await judge(assistant, answers, said, count)


if __name__ == "__main__":
    typer.run(main)
