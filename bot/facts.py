"""The facts of a business: what each is, how it is said where the owner did not set it. The one list of them.

Settings, `palaver init`, the models' placeholders and `docs/settings.md` follow this list; tests compare them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

LANGUAGES = ("en", "zh")

Both: TypeAlias = tuple[str, str]
"""A text in English and in Chinese, in the order of `LANGUAGES`."""


class Kind(StrEnum):
    """What a fact's value looks like."""

    TEXT = "text"
    """Words, which may differ by language."""
    PAGE = "page"
    """The address of a web page."""
    EMAIL = "email"
    PHONE = "phone"
    NUMBER = "number"
    """A bare whole number, or two such as 3-5; the unit stands in the reply."""
    AMOUNT = "amount"
    """Money with its currency."""


class Unit(StrEnum):
    """What a bare number counts."""

    NONE = ""
    DAY = "day"
    MONTH = "month"


class Group(StrEnum):
    """Which facts are asked for together."""

    SHOP = "shop"
    CONTACT = "contact"
    TERMS = "terms"
    PAGES = "pages"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. `words` stand for it while it is not set; empty where words depend on the sentence (`bot.unset`)."""

    name: str
    group: Group
    kind: Kind
    what: Both
    example: Both
    words: Both | None = None
    unit: Unit = Unit.NONE


def _shop(name: str, what: Both, example: Both, words: Both) -> Fact:
    return Fact(name, Group.SHOP, Kind.TEXT, what, example, words)


def _page(name: str, what: Both, path: str, words: Both) -> Fact:
    what = (f"Address of the page {what[0]}; copy it from the browser", f"{what[1]}的网址，从浏览器地址栏复制")
    return Fact(name, Group.PAGES, Kind.PAGE, what, (f"lin.example/{path}", f"lin.example/{path}"), words)


def _count(name: str, unit: Unit, what: Both, example: str) -> Fact:
    return Fact(name, Group.TERMS, Kind.NUMBER, what, (example, example), unit=unit)


_FACTS = (
    _shop(
        "company",
        ("Name of your business, as customers know it", "店铺或公司的名称，顾客熟悉的叫法"),
        ("Lin & Co", "林氏百货"),
        ("our shop", "本店"),
    ),
    _shop(
        "bot_name",
        ("What the bot calls itself; any name you like", "机器人的名字，随您起"),
        ("Mei", "小美"),
        ("the assistant", "智能助手"),
    ),
    Fact(
        "website",
        Group.CONTACT,
        Kind.PAGE,
        ("Address of your website; copy it from the browser", "官网网址，从浏览器地址栏复制"),
        ("lin.example", "lin.example"),
        ("our website", "官方网站"),
    ),
    Fact(
        "support_phone",
        Group.CONTACT,
        Kind.PHONE,
        ("Number on which a person of yours answers", "人工客服的电话"),
        ("+44 20 7946 0000", "010-5550 0100"),
        ("our service line", "客服热线"),
    ),
    Fact(
        "support_email",
        Group.CONTACT,
        Kind.EMAIL,
        ("Mailbox that a person of yours reads", "人工客服的邮箱"),
        ("help@lin.example", "help@lin.example"),
        ("our service mailbox", "客服邮箱"),
    ),
    Fact(
        "support_hours",
        Group.CONTACT,
        Kind.TEXT,
        ("When the phone is answered", "电话有人接的时间"),
        ("Monday to Friday, 9:00 to 17:00", "周一至周五 9:00 至 17:00"),
        ("our opening hours", "营业时间"),
    ),
    _shop(
        "store_address",
        ("Where your store stands; street and town", "门店地址，写到门牌号"),
        ("12 Mill Lane, Oxford", "和平路 12 号"),
        ("the address on our website", "官网上的门店地址"),
    ),
    _shop(
        "store_hours",
        ("When your store is open", "门店的营业时间"),
        ("daily, 10:00 to 19:00", "每天 10:00 至 19:00"),
        ("the hours on our website", "官网上的营业时间"),
    ),
    _shop(
        "pickup_hours",
        ("When orders can be picked up", "可以自提的时间"),
        ("daily, 11:00 to 18:00", "每天 11:00 至 18:00"),
        ("during the hours on our website", "官网上的自提时间"),
    ),
    _shop(
        "loyalty_program",
        ("Name of your loyalty programme", "会员计划的名称"),
        ("Lin Club", "林氏会员"),
        ("our loyalty programme", "会员计划"),
    ),
    _shop(
        "payment_methods",
        ("Ways to pay that you take, as a list in words", "您接受的付款方式，逐一写出"),
        ("card, PayPal and bank transfer", "微信支付、支付宝和银行卡"),
        ("the ways to pay shown at checkout", "结算页面显示的付款方式"),
    ),
    _shop(
        "countries",
        ("Countries that you deliver to, as a list in words", "您配送的国家和地区，逐一写出"),
        ("the UK and Ireland", "中国大陆和香港"),
        ("the countries listed at checkout", "结算页面列出的国家和地区"),
    ),
    _count("return_days", Unit.DAY, ("Days to return something, from your terms", "退货期限的天数，见退货政策"), "30"),
    _count(
        "exchange_days", Unit.DAY, ("Days to exchange something, from your terms", "换货期限的天数，见退货政策"), "30"
    ),
    _count("refund_days", Unit.DAY, ("Days until a refund arrives", "退款到账所需的天数"), "5-7"),
    _count("delivery_days", Unit.DAY, ("Working days of standard delivery", "普通配送所需的工作日数"), "3-5"),
    _count("express_days", Unit.DAY, ("Working days of express delivery", "加急配送所需的工作日数"), "1-2"),
    _count("warranty_months", Unit.MONTH, ("Months of warranty, from your terms", "保修的月数，见保修条款"), "24"),
    Fact(
        "delivery_fee",
        Group.TERMS,
        Kind.AMOUNT,
        ("Price of standard delivery, with its currency", "普通配送的运费，带货币单位"),
        ("£3.90", "8元"),
        ("the price shown at checkout", "结算页面显示的金额"),
    ),
    Fact(
        "free_delivery_from",
        Group.TERMS,
        Kind.AMOUNT,
        ("Value of an order from which delivery is free, with its currency", "免运费的订单金额，带货币单位"),
        ("£50", "99元"),
        ("the amount shown at checkout (if there is one)", "结算页面写明的金额（如有）"),
    ),
    _page(
        "order_page",
        ("with a customer's orders", "“我的订单”页面"),
        "orders",
        ("the orders page of your account", "账户里的“我的订单”"),
    ),
    _page("tracking_page", ("that tracks parcels", "物流查询页面"), "track", ("the tracking page", "物流查询页面")),
    _page("account_page", ("of a customer's account", "账户页面"), "account", ("your account page", "账户页面")),
    _page("reset_page", ("for a new password", "重置密码页面"), "password", ("the password page", "重置密码页面")),
    _page(
        "privacy_page", ("with your privacy notice", "隐私政策页面"), "privacy", ("our privacy page", "隐私政策页面")
    ),
    _page("return_page", ("where returns begin", "退货页面"), "returns", ("our returns page", "退货页面")),
    _page(
        "invoice_page",
        ("with a customer's invoices", "发票页面"),
        "invoices",
        ("the invoices page of your account", "发票页面"),
    ),
    _page("promo_page", ("with your offers", "优惠活动页面"), "offers", ("our offers page", "优惠活动页面")),
    _page("gift_card_page", ("about gift cards", "礼品卡页面"), "gift-cards", ("our gift card page", "礼品卡页面")),
    _page("careers_page", ("with your open jobs", "招聘页面"), "jobs", ("our jobs page", "招聘页面")),
)

FACTS: Mapping[str, Fact] = {fact.name: fact for fact in _FACTS}
