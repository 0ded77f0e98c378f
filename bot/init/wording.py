"""What `palaver init` says, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from bot.facts import Both, Fact, Group, Unit

WORDS: Mapping[str, Both] = {
    "hello": (
        "Palaver asks for the facts of your business and for tokens. Enter leaves a thing as it is, a full stop (.) "
        "skips the rest of a part, Ctrl-C leaves without writing anything.",
        "下面询问您的店铺信息和令牌。按回车保持不变，输入句点（. 或 。）跳过本部分其余问题，"
        "Ctrl-C 退出，不写入任何内容。",
    ),
    Group.SHOP: ("Your shop", "店铺"),
    Group.CONTACT: ("How a person is reached", "人工联系方式"),
    Group.TERMS: ("Days and prices", "期限与价格"),
    Group.PAGES: ("Pages of your website", "网站页面"),
    "tokens": ("Tokens (what you type is not shown)", "令牌（输入时不显示）"),
    "example": ("{what}. For example: {example}", "{what}。例如：{example}"),
    "other": ("{name}: the same in Chinese (Enter: as above)", "{name}：英文怎么写（回车：与上面相同）"),
    "secret": ("set, not shown", "已设置，不显示"),
    "no_secret": ("not set", "未设置"),
    "again": (
        "{name} {wrong}. Please try again, or press Enter to leave it.",
        "{name} {wrong}。请重新输入，或按回车跳过。",
    ),
    "replace": ("{name} is {old}. Replace it by {new}?", "{name} 现在是 {old}，改为 {new} 吗？"),
    "replace_secret": ("{name} is set. Replace it?", "{name} 已设置，要替换吗？"),
    "exported": (
        "{name} is also set in the environment, which goes before .env.",
        "环境变量里也设置了 {name}，它优先于 .env。",
    ),
    "wrote": ("Wrote {path}: {names}.", "已写入 {path}：{names}。"),
    "nothing": ("Nothing was changed.", "没有任何改动。"),
    "next": (
        "Next: `palaver doctor` looks whether all is well; `make run` (or `palaver run`) starts the bot. "
        "A bot that is running is started again to see the changes.",
        "下一步：用 `palaver doctor` 检查；用 `make run`（或 `palaver run`）启动机器人。已在运行的需重新启动才会生效。",
    ),
}
INSTEAD: Mapping[Unit, Both] = {
    Unit.DAY: ("the number of days shown on our website", "官方网站写明的期限"),
    Unit.MONTH: ("the number of months shown on our website", "官方网站写明的期限"),
}


def say(name: str, language: str, /, **values: str) -> str:
    return WORDS[name][language == "zh"].format(**values)


def instead(fact: Fact, language: str) -> str:
    """What a person reads where the fact is not set."""
    return (fact.words or INSTEAD[fact.unit])[language == "zh"]
