"""A long story that has nothing to do with it, and then the question: far more than any context holds."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from nlg.data.examples import Example
from nlg.robustness.wearing import Way, asking, chinese

SHORTEST = {"en": 12_000, "zh": 6_000}
"""Characters of a story: over two thousand tokens of most vocabularies."""
STORIES = {
    "en": (
        "So yesterday I went for a walk by the river and it was colder than I had thought.",
        "There was a heron standing in the shallow water, and it did not move for ten minutes.",
        "My neighbour has painted the fence green, which nobody in our street had expected.",
        "Then the bus came late again, and we all stood there in the drizzle and looked at our shoes.",
        "My aunt says that winters used to be longer, but she says that about everything.",
        "We cooked soup in the evening, with leeks and the last potatoes from the cellar.",
        "The cat sat on the windowsill the whole time and watched the snow as if it were birds.",
        "On the radio they played a song that I last heard when I was at school.",
        "I tried to remember the words and got as far as the second verse.",
        "Somebody had left an umbrella on the bench, a red one with a wooden handle.",
        "We talked about the mountains, and about whether the hut up there still serves pancakes.",
        "In the museum there is a clock that runs backwards, and children love it.",
        "My brother has begun to play the trombone, and the whole house knows it.",
        "The bakery on the corner now closes on Mondays, so we had toast.",
        "A man with a very small dog asked us the way to the lighthouse.",
        "The light in the hall flickers whenever somebody boils water.",
        "I have been reading a book about whales, and it is hard to put down.",
        "In spring we want to plant beans along the wall, if the soil is dry enough.",
        "The teacher laughed so much that she had to sit down.",
        "Later the moon came up behind the chimney, yellow and enormous.",
    ),
    "zh": (
        "昨天傍晚我沿着河边散步，风比我想的要冷一些。",
        "浅水里站着一只白鹭，十来分钟一动也不动。",
        "隔壁把篱笆刷成了绿色，整条街谁也没想到。",
        "后来公交车又晚点了，大家站在毛毛雨里看自己的鞋。",
        "我姨妈说从前的冬天更长，不过她说什么都是从前的好。",
        "晚上我们煮了汤，放了大葱和地窖里最后几个土豆。",
        "猫一直蹲在窗台上看雪，好像在看鸟似的。",
        "收音机里放了一首歌，我上一次听还是上学的时候。",
        "我努力回想歌词，只想到第二段。",
        "长椅上有人落下一把伞，红色的，木头柄。",
        "我们聊起山上，不知道那间小屋还卖不卖煎饼。",
        "博物馆里有一座倒着走的钟，孩子们特别喜欢。",
        "我弟弟开始学长号了，整栋楼都知道。",
        "街角的面包房现在星期一休息，我们只好吃馒头。",
        "一个牵着小狗的人向我们打听灯塔怎么走。",
        "一烧水，走廊里的灯就忽明忽暗。",
        "我最近在看一本讲鲸鱼的书，放不下来。",
        "开春我们想沿着墙种豆角，只要土够干。",
        "老师笑得站不住，只好坐下来。",
        "后来月亮从烟囱后面升起来，又黄又大。",
    ),
}


def ways(_: Path) -> Sequence[Way]:
    return (Way("long", "an unrelated story before the question, far over the context", wear),)


def wear(example: Example, chance: random.Random) -> Example:
    language = "zh" if chinese(example) else "en"
    return asking(example, f"{_story(language, chance)} {example.lines[-1].text}")


def _story(language: str, chance: random.Random) -> str:
    told: list[str] = []
    while sum(map(len, told)) < SHORTEST[language]:
        told += chance.sample(STORIES[language], len(STORIES[language]))
    return ("" if language == "zh" else " ").join(told)
