"""What people got, and what was kept of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from tests.rasa.assistant import Assistant
from tests.rasa.people import Answer


@dataclass
class Report:
    """Figures, and sentences about what is wrong."""

    figures: dict[str, Any]
    wrong: list[str] = field(default_factory=list)


async def judge(assistant: Assistant, answers: Sequence[Answer], said: Sequence[str], count: int) -> Report:
    """Count and compare. Nothing may be empty, twice in the books, or in a log."""
    texts = [[item["text"] for item in answer if item.get("text")] for _, answer, _ in answers]
    notes = [item["custom"] for _, answer, _ in answers for item in answer if item.get("custom")]
    kept = await assistant.books.rows(
        "SELECT speaker, responder, reason, text, chat FROM turns JOIN conversations c ON c.id = conversation_id"
    )
    persons = [row for row in kept if row["speaker"] == "user"]
    ours = [f"{row['responder']} {row['reason']}".strip() for row in kept if row["speaker"] == "bot"]
    seconds = sorted(took for _, _, took in answers)
    logs = {name: child.output for name, child in assistant.processes.items()}
    examples = [[text, *one] for (text, _, _), one in zip(answers, texts, strict=True)]
    figures = {
        "messages": len(answers),
        "without_an_answer": sum(not any(text.strip() for text in one) for one in texts),
        "empty_texts": sum(not text.strip() for one in texts for text in one),
        "texts": sum(map(len, texts)),
        "by_the_nlg_server": len(notes),
        "by_the_action_server": sum(map(len, texts)) - len(notes),
        "nlg_fallbacks": dict(Counter(str(note.get("fallback")) for note in notes)),
        "kept_of_people": len(persons),
        "kept_of_bot": dict(Counter(ours)),
        "languages": await assistant.books.rows("SELECT language, count(*) AS n FROM conversations GROUP BY language"),
        "seconds": {"median": round(seconds[len(seconds) // 2], 3), "p95": round(quantiles(seconds, n=20)[-1], 3)},
        "words_in_logs": {name: _quoted(log, said) for name, log in logs.items()},
        "errors_in_rasas_log": [line for line in logs["rasa"].splitlines() if " ERROR " in line][:5],
        "examples": examples[:: max(1, count // 12)],
    }
    return Report(figures, _wrong(figures, count))


def _quoted(log: str, said: Sequence[str]) -> int:
    return sum(len(text) > 8 and text in log for text in said)


def _wrong(figures: dict[str, Any], count: int) -> list[str]:
    expected = {"messages": count, "without_an_answer": 0, "empty_texts": 0, "kept_of_people": count}
    wrong = [f"{name} is {figures[name]}, not {value}" for name, value in expected.items() if figures[name] != value]
    servers = ("by_the_nlg_server", "by_the_action_server")
    wrong += [f"nothing came {name.replace('_', ' ')}" for name in servers if not figures[name]]
    quoting = [name for name in ("palaver-run", "palaver-actions") if figures["words_in_logs"][name]]
    wrong += [f"people's words are in the log of {name}" for name in quoting]
    figures["wrong"] = wrong
    return wrong
