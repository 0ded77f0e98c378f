"""The methods of the Bot API that a chat bot needs. Source: core.telegram.org/bots/api"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from connectors.telegram.standin.answers import Failed, Params
from connectors.telegram.standin.courier import Courier
from connectors.telegram.standin.faults import Flood
from connectors.telegram.standin.keyboards import keyboard
from connectors.telegram.standin.updates import Hook, Updates
from connectors.telegram.standin.world import World, rewrite, units, words

LONGEST = 4096
"""UTF-16 code units."""
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")

Method = Callable[[Params], Awaitable[Any]]


class Methods:
    """Each takes the parameters of a call, and returns its result or raises `Failed`."""

    def __init__(self, world: World, updates: Updates, courier: Courier) -> None:
        self.flood: Flood | None = None
        self.rich = False
        self._world = world
        self._updates = updates
        self._courier = courier
        self._menus: dict[str, Any] = {}

    def table(self) -> Mapping[str, Method]:
        """Return the methods by name. Telegram does not mind upper and lower case in names."""
        return {
            "getme": self._get_me,
            "getupdates": self._updates.get,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._get_webhook_info,
            "setmycommands": self._set_my_commands,
            "getmycommands": self._get_my_commands,
            "answercallbackquery": self._answer_callback_query,
            "answerguestquery": self._answer_guest_query,
            "sendmessage": self._send_message,
            "sendrichmessage": self._send_rich_message,
            "sendmessagedraft": self._send_message_draft,
            "editmessagetext": self._edit_message_text,
            "editmessagereplymarkup": self._edit_message_reply_markup,
            "deletemessage": self._delete_message,
            "sendchataction": self._send_chat_action,
        }

    async def _get_me(self, params: Params) -> Any:  # noqa: ARG002
        return self._world.me | {"can_join_groups": True, "can_read_all_group_messages": False}

    async def _set_webhook(self, params: Params) -> bool:
        url, secret = params.text("url"), params.text("secret_token")
        if url and not url.startswith(("https://", "http://")):
            raise Failed(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if secret and not SECRET.fullmatch(secret):
            raise Failed(400, "Bad Request: secret token contains unallowed characters")
        self._updates.choose(params)
        self._drop(params)
        self._updates.hang(Hook(url, secret, params.number("max_connections") or 40))
        return True

    async def _delete_webhook(self, params: Params) -> bool:
        self._drop(params)
        self._updates.hang(Hook())
        return True

    def _drop(self, params: Params) -> None:
        if params.text("drop_pending_updates").lower() == "true":
            self._updates.waiting = []

    async def _get_webhook_info(self, params: Params) -> Any:  # noqa: ARG002
        info: dict[str, Any] = {
            "url": self._updates.hook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates.waiting),
            "max_connections": self._updates.hook.connections,
            "allowed_updates": self._updates.allowed,
        }
        return info | ({"last_error_message": self._courier.last_error} if self._courier.last_error else {})

    async def _set_my_commands(self, params: Params) -> bool:
        self._menus[params.text("language_code")] = params.structure("commands")
        return True

    async def _get_my_commands(self, params: Params) -> Any:
        return self._menus.get(params.text("language_code"), [])

    async def _send_message(self, params: Params) -> Any:
        chat = self._reachable(params)
        content = _words(params) | keyboard(params)
        topic = params.number("message_thread_id")
        if topic is not None and all(said.get("message_thread_id") != topic for said in self._world.messages[chat]):
            raise Failed(400, "Bad Request: message thread not found")
        quoted = self._quoted(chat, params)
        if self.flood is not None:
            self.flood.check(chat)
        return self._world.write(chat, self._world.me, topic, **content, **quoted)

    def _quoted(self, chat: int, params: Params) -> dict[str, Any]:
        asked = params.structure("reply_parameters") or {}
        before = self._world.find(chat, asked.get("message_id"))
        if asked and before is None and not asked.get("allow_sending_without_reply"):
            raise Failed(400, "Bad Request: message to be replied not found")
        return {} if before is None else {"reply_to_message": before}

    async def _answer_callback_query(self, params: Params) -> bool:
        if not params.text("callback_query_id"):
            raise Failed(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        return True

    async def _answer_guest_query(self, params: Params) -> Any:
        """The answer becomes a message that we may edit by its inline id and nothing else."""
        result = params.structure("result") or {}
        content = words(str(result.get("input_message_content", {}).get("message_text", "")))
        inline = f"inline-{params.text('guest_query_id')}"
        if inline in self._world.inline:
            raise Failed(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self._world.inline[inline] = content
        return {"inline_message_id": inline}

    async def _edit_message_text(self, params: Params) -> Any:
        if inline := params.text("inline_message_id"):
            return self._edit_inline(inline, _words(params)["text"])
        message = self._ours(params, "edit")
        content = _words(params) | keyboard(params)
        if all(message.get(name) == content.get(name) for name in ("text", "entities", "reply_markup")):
            raise Failed(400, "Bad Request: message is not modified: specified new message content is the same")
        if self.flood is not None:
            self.flood.check(message["chat"]["id"])
        for name in ("entities", "reply_markup"):
            message.pop(name, None)
        message |= content
        return message

    async def _send_rich_message(self, params: Params) -> Any:
        if not self.rich:
            raise Failed(404, "Not Found")
        markdown = str((params.structure("rich_message") or {}).get("markdown", ""))
        return self._world.write(self._reachable(params), self._world.me, None, rich_message={"markdown": markdown})

    async def _send_message_draft(self, params: Params) -> bool:
        chat = self._reachable(params)
        if chat < 0 or not params.number("draft_id"):
            raise Failed(400, "Bad Request: drafts are for private chats and need a draft_id")
        self._world.drafts[chat] = params.text("text")
        return True

    async def _edit_message_reply_markup(self, params: Params) -> Any:
        message, buttons = self._ours(params, "edit"), keyboard(params)
        if message.get("reply_markup") == buttons.get("reply_markup"):
            raise Failed(400, "Bad Request: message is not modified: specified new message content is the same")
        message.pop("reply_markup", None)
        message.update(buttons)
        return message

    def _edit_inline(self, inline: str, text: str) -> bool:
        if inline not in self._world.inline:
            raise Failed(400, "Bad Request: MESSAGE_ID_INVALID")
        rewrite(self._world.inline[inline], text)
        return True

    async def _delete_message(self, params: Params) -> bool:
        message = self._ours(params, "delete")
        self._world.messages[message["chat"]["id"]].remove(message)
        return True

    async def _send_chat_action(self, params: Params) -> bool:
        self._reachable(params)
        if params.text("action") != "typing":
            raise Failed(400, "Bad Request: wrong parameter action in request")
        return True

    def _ours(self, params: Params, verb: str) -> dict[str, Any]:
        found = self._world.find(self._reachable(params), params.number("message_id"))
        if found is None or found["from"] is not self._world.me:
            raise Failed(400, f"Bad Request: message to {verb} not found")
        return found

    def _reachable(self, params: Params) -> int:
        """Return the chat of the call. Raises `Failed` where the bot cannot write."""
        chat = params.number("chat_id")
        if chat is None:
            raise Failed(400, "Bad Request: chat_id is empty")
        if chat in self._world.moved:
            what = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Failed(400, what, migrate_to_chat_id=self._world.moved[chat])
        if chat in self._world.blocked:
            raise Failed(
                403, f"Forbidden: bot was {'blocked by the user' if chat > 0 else 'kicked from the group chat'}"
            )
        if chat not in self._world.messages:
            raise Failed(400, "Bad Request: chat not found")
        return chat


def _words(params: Params) -> dict[str, Any]:
    text = params.text("text").strip()
    if params.text("parse_mode"):
        raise Failed(400, "Bad Request: unsupported parse_mode (this stand-in knows plain text only)")
    if not text:
        raise Failed(400, "Bad Request: message text is empty")
    if units(text) > LONGEST:
        raise Failed(400, "Bad Request: message is too long")
    asked = params.structure("entities")
    return words(text) if asked is None else {"text": text, "entities": _checked(asked, units(text))}


def _checked(entities: Any, length: int) -> Any:
    """Return the entities. Raises `Failed` for one that is not within the text."""
    for entity in entities:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if entity["length"] < 1 or start < 0 or end > length:
            raise Failed(400, "Bad Request: can't parse entities: entity is out of the text")
    return entities
