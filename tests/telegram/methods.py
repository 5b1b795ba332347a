"""What each Bot API method does to the chats, and when Telegram refuses it."""

from __future__ import annotations

import re
import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

import wire
from markup import JSON, RefusedError, check_keyboard, parsed, utf16
from world import BOT, Chat, World

CAPTION_LIMIT = 1024
_OTHER_GIFTS = ("premium_subscription", "gifts_from_channels")
UNCHANGED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


class Methods:
    """The Bot API over one world. `group_minute` is how many messages a minute a group takes; None for any."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.group_minute: int | None = None
        self._sent_at: defaultdict[int, deque[float]] = defaultdict(deque)
        self._table: dict[str, Callable[[JSON], Any]] = {
            "getme": self._get_me,
            "sendmessage": self._send_message,
            "sendphoto": self._send_file,
            "senddocument": self._send_file,
            "editmessagetext": self._edit_text,
            "editmessagereplymarkup": self._edit_markup,
            "deletemessage": self._delete,
            "sendchataction": self._chat_action,
            "setmessagereaction": self._react,
            "answercallbackquery": self._answer_callback,
            "answerinlinequery": self._answer_inline,
            "answerguestquery": self._answer_guest,
            "getchat": self._get_chat,
            "getchatmember": lambda p: self.world.member(self.world.found(p["chat_id"]), p["user_id"]),
            "getchatadministrators": lambda p: self.world.roles(self.world.found(p["chat_id"])),
            "getchatmembercount": lambda p: 2 + len(self.world.found(p["chat_id"]).admins),
        }
        for what, limit in (("name", 64), ("description", 512), ("shortdescription", 120)):
            self._table[f"setmy{what}"] = self._setter(what, limit)
            self._table[f"getmy{what}"] = self._getter(what)
        self._table |= {"setmycommands": self._set_commands, "getmycommands": self._get_commands}
        self._table["deletemycommands"] = lambda p: self._set_commands(p | {"commands": []})

    def call(self, method: str, params: JSON) -> Any:
        """The method's result; RefusedError as Telegram refuses. A method this world has no use for is simply true."""
        handler = self._table.get(method.lower())
        if handler is None and not wire.known(method):
            raise RefusedError("Not Found", 404)
        return handler(params) if handler else True

    def _get_me(self, _: JSON) -> JSON:
        return BOT | {
            "can_join_groups": True, "can_read_all_group_messages": self.world.settings.get("sees all", True),
            "supports_inline_queries": True, "supports_guest_queries": True, "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    def _send_message(self, params: JSON) -> JSON:
        text, entities = parsed(params.get("text", ""), params.get("parse_mode"), params.get("entities"))
        return self._posted(params, {"text": text} | ({"entities": entities} if entities else {}))

    def _send_file(self, params: JSON) -> JSON:
        kind = "photo" if "photo" in params else "document"
        file = {"file_id": "file", "file_unique_id": "file"}
        content: JSON = {kind: [file | {"width": 1, "height": 1}] if kind == "photo" else file}
        if params.get("caption"):
            words, entities = parsed(params["caption"], params.get("parse_mode"), params.get("caption_entities"), CAPTION_LIMIT)
            content |= {"caption": words} | ({"caption_entities": entities} if entities else {})
        return self._posted(params, content)

    def _posted(self, params: JSON, content: JSON) -> JSON:
        chat = self.world.writable(params.get("chat_id"))
        topic = params.get("message_thread_id")
        if topic is not None and topic not in chat.topics:
            raise RefusedError("message thread not found")
        check_keyboard(params.get("reply_markup"))
        reply_to = self._replied(chat, params)
        self._count(chat)
        if params.get("reply_markup", {}).get("inline_keyboard"):
            content["reply_markup"] = params["reply_markup"]
        if quote := (params.get("reply_parameters") or {}).get("quote"):
            content["quote"] = {"text": quote, "position": 0}
        return self.world.message(chat, BOT, content, topic, reply_to)

    def _replied(self, chat: Chat, params: JSON) -> int | None:
        reply = params.get("reply_parameters") or {}
        number = reply.get("message_id", params.get("reply_to_message_id"))
        if number is None:
            return None
        if number not in chat.messages:
            if reply.get("allow_sending_without_reply") or params.get("allow_sending_without_reply"):
                return None
            raise RefusedError("message to be replied not found")
        if reply.get("quote", "") not in chat.messages[number].get("text", ""):
            raise RefusedError("QUOTE_TEXT_INVALID")
        return int(number)

    def _count(self, chat: Chat) -> None:
        if self.group_minute is None or chat.type == "private":
            return
        sent, now = self._sent_at[chat.id], time.monotonic()
        while sent and sent[0] <= now - 60:
            sent.popleft()
        if len(sent) >= self.group_minute:
            wait = int(sent[0] + 60 - now) + 1
            raise RefusedError(f"Too Many Requests: retry after {wait}", 429, {"retry_after": wait})
        sent.append(now)

    def _own(self, params: JSON, what: str) -> JSON:
        chat = self.world.writable(params.get("chat_id"))
        number = params.get("message_id", 0)
        message = chat.messages.get(number)
        if message is None:
            raise RefusedError(f"message to {what} not found")
        if number not in chat.own:
            raise RefusedError("message can't be edited" if what == "edit" else "message can't be deleted")
        return message

    def _edit_text(self, params: JSON) -> Any:
        text, entities = parsed(params.get("text", ""), params.get("parse_mode"), params.get("entities"))
        check_keyboard(params.get("reply_markup"))
        if "inline_message_id" in params:
            return True
        message = self._own(params, "edit")
        content: JSON = {"text": text} | ({"entities": entities} if entities else {})
        return self._changed(message, content, params, ("text", "entities", "reply_markup"))

    def _edit_markup(self, params: JSON) -> Any:
        check_keyboard(params.get("reply_markup"))
        if "inline_message_id" in params:
            return True
        return self._changed(self._own(params, "edit"), {}, params, ("reply_markup",))

    def _changed(self, message: JSON, content: JSON, params: JSON, fields: tuple[str, ...]) -> JSON:
        if params.get("reply_markup", {}).get("inline_keyboard"):
            content["reply_markup"] = params["reply_markup"]
        if all(message.get(name) == content.get(name) for name in fields):
            raise RefusedError(UNCHANGED)
        for name in fields:
            message.pop(name, None)
        message |= content | {"edit_date": int(time.time())}
        return message

    def _delete(self, params: JSON) -> bool:
        self._own(params, "delete")
        del self.world.chats[params["chat_id"]].messages[params["message_id"]]
        return True

    def _chat_action(self, params: JSON) -> bool:
        chat = self.world.writable(params.get("chat_id"))
        if params.get("message_thread_id", None) not in (None, *chat.topics):
            raise RefusedError("message thread not found")
        return True

    def _react(self, params: JSON) -> bool:
        if params.get("message_id") not in self.world.writable(params.get("chat_id")).messages:
            raise RefusedError("message to react not found")
        return True

    def _answer_callback(self, params: JSON) -> bool:
        if utf16(params.get("text", "")) > 200:
            raise RefusedError("MESSAGE_TOO_LONG")
        self.world.close_query(params.get("callback_query_id"))
        return True

    def _answer_inline(self, params: JSON) -> bool:
        results = params.get("results", [])
        if len(results) > 50:
            raise RefusedError("RESULTS_TOO_MUCH")
        if len({result.get("id") for result in results}) != len(results):
            raise RefusedError("RESULT_ID_DUPLICATE")
        for result in results:
            _check_result(result)
        button = params.get("button") or {}
        if button and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", button.get("start_parameter", "")):
            raise RefusedError("START_PARAM_INVALID")
        self.world.close_query(params.get("inline_query_id"))
        return True

    def _answer_guest(self, params: JSON) -> JSON:
        _check_result(params.get("result", {}))
        self.world.close_query(params.get("guest_query_id"))
        return {"inline_message_id": "guest"}

    def _get_chat(self, params: JSON) -> JSON:
        chat = self.world.found(params.get("chat_id"))
        linked = {"linked_chat_id": chat.linked} if chat.linked else {}
        gifts = dict.fromkeys((*(f"{k}_gifts" for k in ("unlimited", "limited", "unique")), *_OTHER_GIFTS), False)
        return chat.as_json() | {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts} | linked

    def _setter(self, what: str, limit: int) -> Callable[[JSON], bool]:
        def put(params: JSON) -> bool:
            value = next((v for k, v in params.items() if k != "language_code"), "")
            if utf16(value) > limit:
                raise RefusedError(f"BOT_{what.upper()}_TOO_LONG")
            self.world.settings[f"{what}/{params.get('language_code', '')}"] = value
            return True

        return put

    def _getter(self, what: str) -> Callable[[JSON], JSON]:
        field = {"shortdescription": "short_description"}.get(what, what)
        return lambda params: {field: self.world.settings.get(f"{what}/{params.get('language_code', '')}", "")}

    def _set_commands(self, params: JSON) -> bool:
        commands = params.get("commands", [])
        if len(commands) > 100:
            raise RefusedError("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
                raise RefusedError("BOT_COMMAND_INVALID")
            if not 1 <= utf16(command["description"]) <= 256:
                raise RefusedError("BOT_COMMAND_DESCRIPTION_INVALID")
        self.world.settings[_commands_key(params)] = commands
        return True

    def _get_commands(self, params: JSON) -> list[JSON]:
        return list(self.world.settings.get(_commands_key(params), []))


def _commands_key(params: JSON) -> str:
    scope = params.get("scope") or {"type": "default"}
    return f"commands/{scope}/{params.get('language_code', '')}"


def _check_result(result: JSON) -> None:
    if not 1 <= len(str(result.get("id", "")).encode()) <= 64:
        raise RefusedError("RESULT_ID_INVALID")
    check_keyboard(result.get("reply_markup"))
    content = result.get("input_message_content")
    if content is None:
        raise RefusedError("MESSAGE_TEXT_EMPTY")
    if not result.get("title"):
        raise RefusedError("ARTICLE_TITLE_EMPTY")
    parsed(content.get("message_text", ""), content.get("parse_mode"), content.get("entities"))


