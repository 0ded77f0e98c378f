"""Says in words what a number would say, where the owner set none: "within the number of days shown on our website".

A bare number has its unit beside it, so the whole phrase is put in other words, as the sentence allows. Where no rule
fits, nothing is changed, and the reply gives way.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import regex

from bot.facts import FACTS, Kind, Unit

Rule = tuple[regex.Pattern[str], str]

END = r"(?=\s*(?:[,.;:!?，。；、：！？)）]|$))"

ENGLISH = (
    # Not "within 30 days of delivery", "a 30-day limit" or "the 30 days": words would break these.
    (r"(?:\b(?:about|around|roughly) )?(?<!\b(?:an?|the|our|usual|normal|standard|another|same|full) )"
     r"@ (working |business )?{unit}s\b(?! of\b)", r"the number of \g<1>{unit}s shown on {{{{website}}}}"),
    (r"\bthe (?:usual |normal |standard )?@ (working |business )?{unit}s\b(?! of\b)",
     r"the number of \g<1>{unit}s shown on {{{{website}}}}"),
    (r"(?:\b(?:about|around|roughly) )?(?<!\b(?:an?|the|our) )@(?= (?:with|by|for) |\s*[,.;!?]|$)",
     r"the number of {unit}s shown on {{{{website}}}}"),
)  # fmt: skip
CHINESE = (
    (r"(?<=超过|超出|过了|满)\s*@\s*{unit}", r"{{{{website}}}}写明的期限"),
    (r"(?:大约|约|大概)?\s*@\s*{unit}(?:之|以)?(?:内|里)", r"{{{{website}}}}写明的期限内"),
    (r"@\s*{unit}的?(?=退货|换货|保修|质保)", r"{{{{website}}}}写明的"),
    (r"(?:一般|通常)?(?:是|要|为|需要|需|按)?\s*(?:一般|通常)?(?:大约|约|大概|最多)?(?:是|要|需要|需)?\s*@\s*{unit}(?:左右)?"
     + END, r"以{{{{website}}}}写明的为准"),
    (r"(?:大约|约|大概)?\s*@\s*{unit}(?:左右)?(?=退|到|送)", r"在{{{{website}}}}写明的时间内"),
)  # fmt: skip
UNITS: Mapping[str, Mapping[Unit, str]] = {
    "en": {Unit.DAY: "day", Unit.MONTH: "month"},
    "zh": {Unit.DAY: "(?:个?工作日|天)", Unit.MONTH: "个月"},
}

# Facts that have neutral words of their own, in sentences where these would sound odd.
SOME: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("en", "support_hours"): ((r"(?<=\banswered )@", "during our opening hours"),),
    ("zh", "support_hours"): ((r"(?<=时间)(?:是|为)?\s*@" + END, "请见{{website}}"),),
    ("zh", "support_phone"): ((r"(?<=客服电话)(?:是|为)?\s*@" + END, "请见{{website}}"),),
    ("zh", "delivery_fee"): ((r"(?<=运费|配送|标准|邮费)(?:是|为|收)?\s*@" + END, "以结算页面显示的为准"),),
}
REWORDED = frozenset(name for _, name in SOME)


def in_words(text: str, language: str, missing: frozenset[str]) -> str:
    """Return the text with the phrases of missing numbers put in other words, as far as a rule fits."""
    for name in sorted(missing):
        if f"{{{{{name}}}}}" in text:
            for pattern, words in _rules(name, language):
                text = pattern.sub(words, text)
    return text


@cache
def _rules(name: str, language: str) -> tuple[Rule, ...]:
    place, rules = rf"\{{\{{{name}\}}\}}", list(SOME.get((language, name), ()))
    fact = FACTS[name]
    if fact.kind is Kind.NUMBER:
        rules += [
            (pattern.replace("{unit}", UNITS[language][fact.unit]), words.format(unit=UNITS[language][fact.unit]))
            for pattern, words in (ENGLISH if language == "en" else CHINESE)
        ]
    return tuple((regex.compile(pattern.replace("@", place)), words) for pattern, words in rules)
