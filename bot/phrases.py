"""The sentences that are not written by a model, in English and Chinese. `{{...}}` is filled from the owner's facts;
`{{contact}}` is the ways to reach a person that are set, else the website.

The owner may put other words in `[phrases.en]` and `[phrases.zh]` of palaver.toml.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.errors import SettingsError
from bot.facts import LANGUAGES
from bot.settings import read_table

PHRASES: Mapping[str, tuple[str, str]] = {
    "start": (
        "Hello! I am {{bot_name}} of {{company}}. Ask me about orders, delivery, returns or payments. "
        "/help shows what else I can do.",
        "您好！我是{{company}}的{{bot_name}}。订单、配送、退换货和付款的问题都可以问我。发送 /help 查看更多。",
    ),
    "help": (
        "Just write your question.\n/reset starts a new conversation\n/stop stops a reply that is being written\n"
        "/forget erases what was said here\nTo reach a person: {{support_phone}}, {{support_email}}.",
        "直接写下您的问题就行。\n/reset 开始新的对话\n/stop 停止正在写的回复\n/forget 删除这里的聊天记录\n"
        "联系人工：{{support_phone}}，{{support_email}}。",
    ),
    "reset": ("Done. We start afresh.", "好的，我们重新开始。"),
    "forget": ("Done. What was said here has been erased.", "好的，这里的聊天内容已经删除。"),
    "stop": ("Stopped.", "已停止。"),
    "unknown_command": (
        "I do not know that command. /help shows those I know.",
        "我不认识这个命令。发送 /help 查看可用的命令。",
    ),
    "media": (
        "I can only read text so far. Could you put it into words?",
        "我目前只能看懂文字。能用文字告诉我吗？",
    ),
    "handover": (
        "A person will take over from here. You can also reach us at {{support_phone}}.",
        "接下来由人工为您服务。您也可以联系{{support_phone}}。",
    ),
    "closed": (
        "I have told the team that you would like a person. Nobody is there just now; they will write to you when they "
        "are back. Meanwhile you find us at {{contact}}.",
        "我已告诉同事您需要人工服务。现在没有人在，他们上班后会尽快回复您。在此之前，可以通过{{contact}}联系我们。",
    ),
    "locked": (
        "This bot answers only people whom its owner lets in. If you were given a code, send /start and the code.",
        "这个机器人只回答其所有者允许的人。如果您有邀请码，请发送 /start 加邀请码。",
    ),
    "given_back": (
        "I, the assistant, answer here again. To reach a person: {{contact}}.",
        "现在由我（智能助手）继续为您服务。如需人工，请通过{{contact}}联系。",
    ),
    "too_fast": (
        "You write faster than I can read. Please give me a minute, then write once more.",
        "您发得有点快，我来不及看。请稍等一分钟再发。",
    ),
    "quota": (
        "That was a lot for one day. I can answer you again tomorrow; until then you reach a person at {{contact}}.",
        "今天聊得够多了，我明天再继续为您解答。在此之前，可以通过{{contact}}联系人工。",
    ),
    "fact_missing": (
        "I would rather not guess at that. You can get the exact answer at {{contact}}.",
        "这一点我怕说错。您可以通过{{contact}}得到准确的答复。",
    ),
    "exact_answer": (
        "You can get the exact answer at {{contact}}.",
        "准确的答复可以通过{{contact}}得到。",
    ),
    "crisis": (
        "I am very sorry that you feel this way. I am only a program and cannot help with it, but people can, right "
        "now: please call your local emergency number or a crisis line, or tell somebody near you.",
        "听到您这样说，我很担心。我只是一个程序，帮不了您，但有人可以，而且现在就可以："
        "请马上拨打当地的急救电话或心理援助热线，或者告诉身边的人。",
    ),
    "fallback": (
        "Sorry, I could not find an answer just now. Please try again in a moment, or contact {{support_phone}}.",
        "抱歉，我暂时没能给出答案。请稍后再试，或联系{{support_phone}}。",
    ),
}


def load_phrases() -> Mapping[str, Mapping[str, str]]:
    """Return the phrases by language and name. Raises `SettingsError` for a phrase we do not know."""
    return phrases_of(read_table("phrases"))


def phrases_of(table: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
    """Return all phrases, some in the words of such a table. Raises `SettingsError`."""
    return {
        language: {name: words[index] for name, words in PHRASES.items()} | _checked(language, table.get(language, {}))
        for index, language in enumerate(LANGUAGES)
    }


def _checked(language: str, own: Mapping[str, Any]) -> dict[str, str]:
    for name, text in own.items():
        if name not in PHRASES or not isinstance(text, str) or not text.strip():
            known = ", ".join(PHRASES)
            raise SettingsError(f"palaver.toml: phrases.{language}.{name} must be a text, named one of: {known}.")
    return dict(own)
