"""What customers ask. Forty of our own, or those of a file of dialogues named by PALAVER_QUESTIONS."""

from __future__ import annotations

import json
import lzma
import os
from itertools import cycle, islice
from pathlib import Path

FILE = os.environ.get("PALAVER_QUESTIONS", "")
"""A .jsonl or .jsonl.xz file, one dialogue a line: {"turns": [{"role": "user", "text": ...}, ...]}."""
COUNT = int(os.environ.get("PALAVER_QUESTION_COUNT", "24"))
"""Questions a road."""

ENGLISH = (
    "Where is my order?",
    "My parcel should have been here on Monday.",
    "How do I change my delivery address?",
    "Can I cancel what I ordered an hour ago?",
    "I would like to return a pair of shoes",
    "When do I get my money back?",
    "you charged me twice!!",
    "do you take American Express",
    "I forgot my password and the mail never comes",
    "How can I delete my account?",
    "The jacket is too small, can I swap it for a larger one?",
    "One cup arrived broken.",
    "is it possible to pay in three instalments",
    "I need an invoice with my company's name on it",
    "Do you ship to Norway?",
    "what are your opening hours",
    "Can I talk to a real person please",
    "The discount code does not work",
    "I never got a confirmation",
    "Your website has been down all morning and I'm fed up",
)
CHINESE = (
    "我的订单到哪里了？",
    "快递三天没有更新了",
    "怎么修改收货地址？",
    "刚下的单可以取消吗",
    "我想退一双鞋",
    "退款什么时候能到账？",
    "你们重复扣了我两次钱！",
    "可以用微信支付吗",
    "忘记密码了，收不到验证码",
    "怎么注销账号",
    "衣服小了，能换大一码吗？",
    "收到的杯子碎了一个",
    "可以分期付款吗",
    "发票抬头写错了怎么改",
    "能寄到香港吗？",
    "客服几点上班",
    "我要找人工",
    "优惠券用不了",
    "没有收到确认短信",
    "网站一上午都打不开，太让人生气了",
)
VARIATIONS = ("{}", "Hello. {}", "{} Thank you.", "{} :)", "Sorry to bother you, {}", "{} It is urgent.")
CHINESE_VARIATIONS = ("{}", "你好，{}", "{}谢谢。", "{}😀", "打扰一下，{}", "{}挺急的。")


def questions(count: int = COUNT, file: str = FILE) -> list[str]:
    """Return so many questions, no two alike while there are enough, English and Chinese in turn."""
    found = _of_file(Path(file)) if file else _ours()
    return list(islice(cycle(found), count))


def _ours() -> list[str]:
    pairs = list(zip(ENGLISH, CHINESE, strict=True))
    rounds = list(zip(VARIATIONS, CHINESE_VARIATIONS, strict=True))
    return [put.format(said) for way in rounds for pair in pairs for put, said in zip(way, pair, strict=True)]


def _of_file(path: Path) -> list[str]:
    opened = lzma.open if path.suffix == ".xz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        dialogues = [json.loads(line)["turns"] for line in lines]
    asked = [turn["text"] for turns in dialogues for turn in turns if turn["role"] == "user"]
    return [text for text in dict.fromkeys(asked) if not text.startswith("/")]
