"""What people write to the example assistant, in English and Chinese, several conversations side by side."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx

Answer = tuple[str, list[dict[str, Any]], float]
"""What was written, what came back, and the seconds it took."""

CONVERSATIONS = 10
LINES: tuple[tuple[str, str], ...] = (
    ("en", "hello"),
    ("zh", "你好"),
    ("en", "where is my order?"),
    ("zh", "我的订单到哪里了？"),
    ("en", "where is order 4711?"),
    ("zh", "订单20261125什么时候到？"),
    ("en", "how do I return something?"),
    ("zh", "怎么办理退货？"),
    ("en", "which ways can I pay?"),
    ("zh", "可以用哪些方式付款？"),
    ("en", "my parcel looks broken, what now?"),
    ("zh", "包裹好像摔坏了，怎么办？"),
    ("en", "do you have this lamp in green?"),
    ("zh", "这个台灯有绿色的吗？"),
    ("en", "can I change the delivery address?"),
    ("zh", "我可以改收货地址吗？"),
    ("en", "that was helpful, thanks"),
    ("zh", "谢谢你的帮助"),
    ("en", "the shoes do not fit, I want to exchange them"),
    ("zh", "鞋子不合适，想换货"),
    ("en", "my payment failed"),
    ("zh", "付款失败了"),
    ("en", "I want to talk to a person"),
    ("zh", "转人工"),
    ("en", "goodbye"),
    ("zh", "再见"),
)


async def write_to(url: str, count: int) -> list[Answer]:
    """Write so many messages through the REST channel; each person waits for the answer before writing again."""
    async with httpx.AsyncClient(base_url=url, timeout=120, trust_env=False) as http:
        people = [_person(http, number, count) for number in range(CONVERSATIONS)]
        return [answer for answers in await asyncio.gather(*people) for answer in answers]


async def _person(http: httpx.AsyncClient, number: int, count: int) -> list[Answer]:
    """Each person writes one language, so that each conversation has one."""
    language = ("en", "zh")[number % 2]
    mine = [text for spoken, text in LINES if spoken == language]
    answers = []
    for turn in range(number, count, CONVERSATIONS):
        text = mine[(turn // CONVERSATIONS * 5 + number // 2) % len(mine)]
        begun = time.perf_counter()
        body = {"sender": f"person-{number}", "message": text}
        answer = await http.post("/webhooks/rest/webhook", json=body)
        answers.append((text, answer.raise_for_status().json(), time.perf_counter() - begun))
    return answers
