"""The menu that Telegram shows beside the text field."""

from __future__ import annotations

import structlog
from telegram import Bot, BotCommand

log = structlog.get_logger()

MENU = (
    ("help", "what I can do", "查看我能做什么"),
    ("reset", "start a new conversation", "开始新的对话"),
    ("stop", "stop the reply that is being written", "停止正在写的回复"),
    ("forget", "erase what was said here", "删除这里的聊天记录"),
)


async def set_menu(bot: Bot) -> None:
    """Show the menu in English, and in Chinese to whose app is Chinese. Without it the commands work all the same."""
    try:
        await bot.set_my_commands([BotCommand(name, english) for name, english, _ in MENU])
        await bot.set_my_commands([BotCommand(name, chinese) for name, _, chinese in MENU], language_code="zh")
    except Exception as error:
        log.warning("telegram: the command menu could not be set", error=f"{type(error).__name__}: {error}")
