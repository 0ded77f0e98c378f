"""Numbers in words, English and Chinese: where they stand in a text and what they are in digits."""

from __future__ import annotations

import regex

SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
LARGE = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
ORDINALS = (
    *("fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth"),
    *("fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth"),
)
SINGLE = {word: str(number) for number, word in enumerate(ORDINALS, 4)}
SINGLE |= {"thirtieth": "30", "noon": "12:00", "midnight": "00:00", "half": "0.5", "a": "1", "an": "1"}
"""Words that are numbers by themselves, `a` and `half` only in some places."""
_VALUES = {word: number for number, word in enumerate(SMALL)} | {word: 20 + 10 * i for i, word in enumerate(TENS)}

_UNITS, _TENS, _SMALL = "|".join(SMALL[1:10]), "|".join(TENS), "|".join(sorted(SMALL, reverse=True))
_BELOW = rf"(?:(?:{_TENS})(?:[\s-](?:{_UNITS}))?|{_SMALL})(?!\p{{Latin}})"
_LARGE = rf"(?:{'|'.join(LARGE)})s?(?!\p{{Latin}})"
_PART = rf"(?:{_BELOW}[\s-])?{_LARGE}(?:\s{_LARGE})*(?:\s(?:and\s)?{_BELOW}(?![\s-]{_LARGE}))?"
ENGLISH = regex.compile(
    rf"(?<!\p{{Latin}})(?:{_PART}(?:\s(?:and\s)?{_PART})*|{_BELOW})"
    rf"|(?<!\p{{Latin}})(?:noon|midnight|thirtieth|{'|'.join(ORDINALS)})(?!\p{{Latin}})"
    r"|(?<=\b(?:within|in|takes?|up to|than|least) )an?(?= (?:working |business )?(?:hour|day|week|month|year)\b)"
    r"|(?<!\p{Latin})half(?= past\b| the price\b|[ -]price\b| off\b| an hour\b| a (?:day|week|month|year)\b)",
    regex.IGNORECASE,
)

FIGURES = {sign: number for number, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "萬": 10_000, "亿": 100_000_000}
_SIGNS = "".join([*FIGURES, *SCALES])
# Weekdays, and words that are written with a numeral and count nothing.
_NO_NUMBER = (
    r"百分之|[这过]两天|(?:周|星期|礼拜)[一二三四五六](?!个)|第[一二三]|第?三方"
    r"|千万(?![元块人个件次])|万[一能分事物万全]|十分(?!之|钟)|十足|十字"
    r"|七[上嘴]八[下舌]|乱七八糟|七七八八|十有八九|四处|四周|五金|五官|百[货科姓搭]|三明治|八卦|千篇一律"
    r"|一[般定样起些直切并致旦律向再]|零[件钱售食碎]"
)
CHINESE = regex.compile(
    rf"(?:{_NO_NUMBER})(*SKIP)(*FAIL)"
    rf"|[{_SIGNS}]{{0,16}}[一二两兩三四五六七八九十百千万萬亿][{_SIGNS}]*"
    r"|零(?=[元点利费])|半(?=价|年|个月|个?小时|折)"
)

ROUGHLY = regex.compile(r"一[两二]|[两二]三|三[四五]|四五|五六|六七|七八|八九")


def of_english(words: str) -> str:
    """Return `twenty-five` as `25`, `three hundred and ten` as `310`, `noon` as `12:00`, the `a` of a week as `1`."""
    if words.lower() in SINGLE:
        return SINGLE[words.lower()]
    total = part = 0
    for word in regex.findall(r"[a-z]+", words.lower()):
        scale = LARGE.get(word.removesuffix("s"), 0) if word not in _VALUES else 0
        if scale >= 1000:
            total, part = total + max(part, 1) * scale, 0
        elif scale:
            part = max(part, 1) * scale
        else:
            part += _VALUES.get(word, 0)
    return str(total + part)


def of_chinese(signs: str) -> str:
    """Return `二十五` as `25`, `两百三` as `230`, `两三` as `2-3`; other figures in a row one by one."""
    if signs == "半":
        return "0.5"
    if ROUGHLY.fullmatch(signs):
        return "-".join(str(FIGURES[sign]) for sign in signs)
    if not any(sign in SCALES for sign in signs):
        return "".join(str(FIGURES[sign]) for sign in signs)
    total = part = 0
    figure, last = 0, 1
    for sign in signs:
        if sign in FIGURES:
            figure, last = FIGURES[sign], 1 if FIGURES[sign] == 0 else last
            continue
        scale = SCALES[sign]
        if scale >= 10_000:
            total, part = total + max(part + figure, 1) * scale, 0
        else:
            part += max(figure, 1) * scale
        figure, last = 0, scale // 10
    return str(total + part + figure * max(last, 1))
