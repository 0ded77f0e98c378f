from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlg.data import checksums
from nlg.data.languages import signs
from nlg.data.privacy import redact
from nlg.data.showing import cell, shown


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("write to anna.lee+shop@mail.example.org.", "write to [e-mail]."),
        ("我的邮箱是lin_88@qq.com谢谢", "我的邮箱是[e-mail]谢谢"),
        ("call +44 20 7946 0018 now", "call [telephone] now"),
        ("(415) 555-2671 or 415.555.2671", "[telephone] or [telephone]"),
        ("020 7946 0018", "[telephone]"),
        ("手机13800138000，座机010-61039585", "手机[telephone]，座机[telephone]"),
        ("+86 138 0013 8000", "[telephone]"),
        ("电话１３８００１３８０００", "电话[telephone]"),
        ("card 4111 1111 1111 1111, ok", "card [card], ok"),
        ("5500005555555559", "[card]"),
        ("3782 822463 10005", "[card]"),
        ("身份证11010519491231002X", "身份证[id number]"),
        ("SSN 536-22-8726", "SSN [id number]"),
        ("NI number QQ 12 34 56 C, AB123456C", "NI number QQ 12 34 56 C, [id number]"),
        ("香港身份证A123456(3)，A123456（3）", "香港身份证[id number]，[id number]"),
        ("A123456789", "[id number]"),
        ("IBAN GB82 WEST 1234 5698 7654 32", "IBAN [account]"),
        ("DE89370400440532013000", "[account]"),
    ],
)
def test_personal_data_is_replaced_by_its_kind(text: str, clean: str) -> None:
    made = redact(text)
    assert made.text == clean
    assert made.found.total() == clean.count("[")


@pytest.mark.parametrize(
    "text",
    [
        "order 4111111111111112",  # no card: the check digit is wrong
        "Order #123-4567890-1234567",
        "Order #987-654-3210",
        "call 800-555-0199 or 1-888-555-0199 or 400-820-8820",
        "call {{support_phone}} or write to {{support_email}}",
        "110105194913310021",  # no id number: there is no 33rd day
        "110105194912310021",  # nor with this check digit
        "A123456(4), A123456788, GB83 WEST 1234 5698 7654 32",
        "000-12-3456, 666-12-3456, 912-12-3456",
        "from 2024-01-02 to 2024-03-04, at 10:30, £1,234.50, room 2214",
        "anna at mail dot com, @anna, a@b",
        "00000000000000000000",
        "订单号 20240506123456789",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert redact(text).found.total() == 0


def test_each_kind_is_counted() -> None:
    assert dict(redact("a@b.co, c@d.co, 13800138000").found) == {"e-mail": 2, "telephone": 1}


@given(st.text("0123456789 +-().@aA#[", max_size=200))
def test_what_was_redacted_has_nothing_left_to_redact(text: str) -> None:
    assert redact(redact(text).text).found.total() == 0


@given(st.text(max_size=300))
def test_any_text_can_be_redacted_and_shown(text: str) -> None:
    redact(text)
    line = shown(text, 40)
    assert len(line) <= 40
    assert line.isprintable() or "\n" not in line


@pytest.mark.parametrize("piece", ["1", "1 ", "+1", "a", "a.", "0-", "GB82 ", "2(", "a@a.", "1-2"])
def test_long_nonsense_takes_no_longer_than_it_must(piece: str) -> None:
    begun = time.process_time()
    redact(piece * (20_000 // len(piece)) + "@")
    assert time.process_time() - begun < 2


@given(st.integers(0, 10**15))
def test_luhn_finds_each_wrong_digit(number: int) -> None:
    body = f"4{number:015}"
    good = next(f"{body}{check}" for check in range(10) if checksums.luhn(f"{body}{check}"))
    for at, digit in enumerate(good):
        assert not checksums.luhn(good[:at] + str((int(digit) + 1) % 10) + good[at + 1 :])


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my order?", "en"),
        ("我的快递到哪了", "zh"),
        ("iPhone 15 Pro Max 有货吗", "zh"),
        ("日本語できますか", "other"),
        ("Где мой заказ", "other"),
        ("123 😀", ""),
        ("{{support_phone}} https://shop.example a@b.example", ""),
        ("看代码：```python\nprint(hello, world, again)\n```", "zh"),
    ],
)
def test_the_language_is_told_by_the_writing(text: str, language: str) -> None:
    assert signs(text).language == language


@pytest.mark.parametrize(
    ("text", "label", "wrong"),
    [
        ("Where is my order?", "zh", True),
        ("我的快递到哪了", "en", True),
        ("我的快递到哪了", "zh-CN", False),
        ("OK thanks，我的快递到了", "zh", False),
        ("日本語できますか", "zh", True),
        ("Wo ist mein Paket?", "de", False),
        ("Где мой заказ", "en", True),
        ("42", "en", False),
        ("anything 任何", "", False),
    ],
)
def test_a_label_is_contradicted_only_by_clear_writing(text: str, label: str, wrong: bool) -> None:
    assert signs(text).contradict(label) == wrong


def test_what_is_shown_is_one_short_line_without_control_signs_or_personal_data() -> None:
    assert shown("a\x1b[31m\nb\u202e c  13800138000") == "a [31m b c [telephone]"
    assert shown("x" * 500, 10) == "x" * 9 + "…"


def test_a_cell_of_a_table_holds_no_markup() -> None:
    assert cell("a|b <img> [x](y) `z`") == "a\\|b \\<img\\> \\[x\\](y) \\`z\\`"
