"""Two languages in one question, as people write who live with both: words of the trade in the other one, and an
opening of it before. The reply should come in the language of the conversation.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import regex

from nlg.data.examples import Example
from nlg.robustness.wearing import Way, asking, chinese

WORDS = {
    "order": "订单", "orders": "订单", "parcel": "快递", "package": "包裹", "refund": "退款", "return": "退货",
    "exchange": "换货", "delivery": "配送", "address": "地址", "invoice": "发票", "coupon": "优惠券", "code": "代码",
    "password": "密码", "account": "账号", "app": "应用", "website": "网站", "phone": "手机", "email": "邮箱",
    "payment": "付款", "card": "银行卡", "price": "价格", "discount": "折扣", "size": "尺码", "colour": "颜色",
    "color": "颜色", "shoes": "鞋子", "shirt": "衬衫", "gift": "礼物", "store": "门店", "shop": "商店",
    "warranty": "保修", "repair": "维修", "broken": "坏了", "customer service": "客服", "points": "积分",
    "courier": "快递员", "today": "今天", "tomorrow": "明天", "yesterday": "昨天", "money": "钱", "cancel": "取消",
    "help": "帮忙", "thanks": "谢谢", "sorry": "不好意思", "please": "麻烦", "problem": "问题", "item": "商品",
    "product": "产品", "days": "天", "week": "星期", "new": "新的", "free": "免费", "shipping": "运费",
    "tracking": "物流", "number": "号码",
}  # fmt: skip
ENGLISH = {
    "订单": "order", "快递": "delivery", "包裹": "parcel", "退款": "refund", "退货": "return", "换货": "exchange",
    "配送": "delivery", "地址": "address", "发票": "invoice", "优惠券": "coupon", "密码": "password",
    "账号": "account", "账户": "account", "网站": "website", "手机": "phone", "邮箱": "email", "付款": "payment",
    "银行卡": "card", "价格": "price", "折扣": "discount", "尺码": "size", "颜色": "colour", "鞋子": "shoes",
    "衣服": "clothes", "礼物": "gift", "门店": "store", "保修": "warranty", "维修": "repair",
    "客服": "customer service", "积分": "points", "今天": "today", "明天": "tomorrow", "昨天": "yesterday",
    "取消": "cancel", "帮我": "help me", "谢谢": "thanks", "问题": "problem", "商品": "item", "东西": "stuff",
    "运费": "shipping fee", "物流": "tracking", "号码": "number", "免费": "free", "新的": "new", "支付": "pay",
    "下单": "order", "会员": "member",
}  # fmt: skip
OPENINGS = {
    "en": ("你好，请问一下，", "不好意思，", "我想问，", "麻烦帮我看看，", "急，", "打扰了，有个事儿："),
    "zh": ("Hi, quick question: ", "Sorry, ", "By the way, ", "Please help, ", "Hello, I wonder, ", "Urgent: "),
}
FROM_ENGLISH = regex.compile(r"\b(?:\L<words>)\b", regex.IGNORECASE, words=list(WORDS))
FROM_CHINESE = regex.compile(r"\L<words>", words=list(ENGLISH))


def ways(_: Path) -> Sequence[Way]:
    return (Way("mixed", "English with Chinese words and opening, and the other way round", wear),)


def wear(example: Example, chance: random.Random) -> Example:
    text, language = example.lines[-1].text, "zh" if chinese(example) else "en"
    return asking(example, chance.choice(OPENINGS[language]) + _swapped(text, language))


def _swapped(text: str, language: str) -> str:
    if language == "zh":
        return str(FROM_CHINESE.sub(lambda found: f" {ENGLISH[found[0]]} ", text)).strip()
    return str(FROM_ENGLISH.sub(lambda found: WORDS[found[0].lower()], text))
