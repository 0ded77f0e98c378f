"""The owner's facts. A model writes `{{return_days}}`; what a person reads comes from here, or the reply gives way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import regex

from bot.errors import SettingsError
from bot.settings import read_table

PLACEHOLDER = regex.compile(r"\{\{(\w+)\}\}")
UNFINISHED = regex.compile(r"\{(\{\w*\}?)?$")

LANGUAGES = ("en", "zh")

DEFAULTS: Mapping[str, tuple[str, str]] = {
    "company": ("our shop", "本店"),
    "bot_name": ("the assistant", "智能助手"),
    "website": ("our website", "官方网站"),
    "support_phone": ("our service line", "客服热线"),
    "support_email": ("our service mailbox", "客服邮箱"),
    "support_hours": ("our opening hours", "营业时间"),
    "order_page": ("the orders page of your account", "账户里的“我的订单”"),
    "tracking_page": ("the tracking page", "物流查询页面"),
    "account_page": ("your account page", "账户页面"),
    "reset_page": ("the password page", "重置密码页面"),
    "privacy_page": ("our privacy page", "隐私政策页面"),
    "return_page": ("our returns page", "退货页面"),
    "invoice_page": ("the invoices page of your account", "发票页面"),
    "promo_page": ("our offers page", "优惠活动页面"),
    "gift_card_page": ("our gift card page", "礼品卡页面"),
    "careers_page": ("our jobs page", "招聘页面"),
    "store_address": ("the address on our website", "官网上的门店地址"),
    "store_hours": ("the hours on our website", "官网上的营业时间"),
    "loyalty_program": ("our loyalty programme", "会员计划"),
    "payment_methods": ("the ways to pay shown at checkout", "结算页面显示的付款方式"),
    "countries": ("the countries listed at checkout", "结算页面列出的国家和地区"),
    "pickup_hours": ("during the hours on our website", "官网上的自提时间"),
}
"""Neutral words that are true of any shop, in English and Chinese."""

NUMBERS = (
    "return_days",
    "exchange_days",
    "refund_days",
    "delivery_days",
    "express_days",
    "warranty_months",
    "delivery_fee",
    "free_delivery_from",
)
"""Facts without a neutral value: a number we do not know is never said."""


@dataclass(frozen=True, slots=True)
class Business:
    """The facts by language and name."""

    facts: Mapping[str, Mapping[str, str]]

    def fill(self, text: str, language: str) -> str:
        """Return the text with its facts. Raises `FactMissing` rather than let a placeholder through."""
        facts = self.facts[language]
        names = set(PLACEHOLDER.findall(text))
        missing = sorted(name for name in names if name not in facts)
        if missing:
            raise FactMissing(missing[0])
        filled = PLACEHOLDER.sub(lambda match: facts[match.group(1)], text)
        if "{{" in filled or "}}" in filled:
            raise FactMissing("unfinished")
        return str(filled)

    def fill_start(self, text: str, language: str) -> str:
        """Fill the beginning of a reply that is still being written; a placeholder just begun is held back."""
        whole = UNFINISHED.sub("", text)
        try:
            return self.fill(whole, language)
        except FactMissing:
            return ""


class FactMissing(Exception):
    """The text needs a fact that the owner has not set. `name` says which."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the fact {name} is not set")
        self.name = name


def load_business() -> Business:
    """Read `[business]` of palaver.toml: values for both languages, and `[business.en]`, `[business.zh]` for one.

    Raises `SettingsError` that names a fact we do not know or a value that is no text or number.
    """
    table = read_table("business")
    common = {name: value for name, value in table.items() if name not in LANGUAGES}
    facts: dict[str, dict[str, str]] = {}
    for index, language in enumerate(LANGUAGES):
        own = table.get(language, {})
        if not isinstance(own, dict):
            raise SettingsError(
                f"palaver.toml: business.{language} must be a table. Write it as [business.{language}]."
            )
        neutral = {name: words[index] for name, words in DEFAULTS.items()}
        facts[language] = neutral | _checked(common) | _checked(own)
    return Business(facts)


def _checked(values: Mapping[str, object]) -> dict[str, str]:
    known = (*DEFAULTS, *NUMBERS)
    for name, value in values.items():
        if name not in known:
            raise SettingsError(f"palaver.toml: [business] knows no fact {name!r}. Known are: {', '.join(known)}.")
        if isinstance(value, bool) or not isinstance(value, str | int | float) or "{{" in str(value):
            raise SettingsError(f"palaver.toml: business.{name} must be a text or a number.")
    return {name: str(value) for name, value in values.items() if str(value).strip()}
