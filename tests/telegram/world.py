"""The chats as Telegram keeps them: who is in them, what was written, and which questions are still open."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from markup import JSON, RefusedError, detected

BOT: JSON = {"id": 4242, "is_bot": True, "first_name": "Report bot", "username": "report_test_bot"}
TELEGRAM: JSON = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
ANONYMOUS: JSON = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
QUERY_SECONDS = {"callback_query": 150, "inline_query": 30, "guest_message": 150}
_REFUSALS = {
    "blocked": "bot was blocked by the user",
    "stranger": "bot can't initiate conversation with a user",
    "kicked": "bot was kicked from the {type} chat",
    "left": "bot is not a member of the {type} chat",
}


@dataclass
class Chat:
    """One chat; `bot` is what the bot is in it: member, administrator, left, kicked, blocked or stranger."""

    id: int
    type: str
    title: str
    topics: frozenset[int] = frozenset()
    admins: set[int] = field(default_factory=set)
    bot: str = "member"
    messages: dict[int, JSON] = field(default_factory=dict)
    own: set[int] = field(default_factory=set)
    successor: int | None = None
    linked: int | None = None

    def as_json(self) -> JSON:
        """The chat as it stands in messages."""
        if self.type == "private":
            return {"id": self.id, "type": "private", "first_name": self.title}
        forum = {"is_forum": True} if self.topics else {}
        return {"id": self.id, "type": self.type, "title": self.title, **forum}

    def from_bot(self) -> list[JSON]:
        """What the bot wrote here and did not delete, oldest first, as it reads now."""
        return [message for number, message in sorted(self.messages.items()) if number in self.own]


class World:
    """All chats, people, messages and open queries of one bot."""

    def __init__(self) -> None:
        self.chats: dict[int, Chat] = {}
        self.people: dict[int, JSON] = {}
        self.queries: dict[str, float] = {}
        self.settings: dict[str, Any] = {}
        self._ids = itertools.count(1000)

    def user(self, name: str, language: str | None = None) -> JSON:
        """A new person; `language` is the one of their app."""
        code = {"language_code": language} if language else {}
        user: JSON = {"id": next(self._ids), "is_bot": False, "first_name": name, **code}
        self.people[user["id"]] = user
        return user

    def private(self, user: JSON) -> Chat:
        """The private chat of the bot and this person."""
        return self.chats.setdefault(user["id"], Chat(user["id"], "private", user["first_name"]))

    def chat(self, kind: str, title: str, topics: frozenset[int] = frozenset(), bot: str = "member") -> Chat:
        """A new group, supergroup (a forum, when it has topics) or channel."""
        number = next(self._ids)
        chat = Chat(-number if kind == "group" else -1_000_000_000_000 - number, kind, title, topics, bot=bot)
        self.chats[chat.id] = chat
        return chat

    def open_query(self, kind: str, stale: bool = False) -> str:
        """The id of a new callback, inline or guest query; a stale one can no longer be answered."""
        query = str(10**15 + next(self._ids))
        self.queries[query] = time.monotonic() + (-1 if stale else QUERY_SECONDS[kind])
        return query

    def close_query(self, query: object) -> None:
        """RefusedError unless the query is open; afterwards it is not."""
        if self.queries.pop(str(query), 0.0) < time.monotonic():
            raise RefusedError("query is too old and response timeout expired or query ID is invalid")

    def found(self, chat_id: object) -> Chat:
        """The chat with this id, whatever the bot is in it."""
        chat = self.chats.get(chat_id) if isinstance(chat_id, int) else None
        if chat is None:
            raise RefusedError("chat not found")
        if chat.successor:
            moved = {"migrate_to_chat_id": chat.successor}
            raise RefusedError("group chat was upgraded to a supergroup chat", parameters=moved)
        return chat

    def writable(self, chat_id: object) -> Chat:
        """The chat with this id, where the bot may write."""
        chat = self.found(chat_id)
        if chat.bot in _REFUSALS:
            raise RefusedError(_REFUSALS[chat.bot].format(type=chat.type), code=403)
        if chat.type == "channel" and chat.bot != "administrator":
            raise RefusedError("need administrator rights in the channel chat")
        return chat

    def message(
        self, chat: Chat, sender: JSON | None, content: JSON, topic: int | None = None, reply_to: int | None = None
    ) -> JSON:
        """Keeps and returns a new message of somebody; in a channel nobody is its sender."""
        message: JSON = {"message_id": next(self._ids), "date": int(time.time()), "chat": chat.as_json()}
        if sender is BOT:
            chat.own.add(message["message_id"])
        if chat.type == "channel":
            message["sender_chat"] = chat.as_json()
        elif sender:
            message["from"] = sender
        if topic:
            message |= {"message_thread_id": topic, "is_topic_message": True}
        if reply_to:
            replied = chat.messages[reply_to]
            message["reply_to_message"] = {k: v for k, v in replied.items() if k != "reply_to_message"}
            if not topic and not chat.topics and chat.type == "supergroup":
                message["message_thread_id"] = replied.get("message_thread_id", reply_to)
        message |= content
        chat.messages[message["message_id"]] = message
        return message

    def said(self, chat: Chat, sender: JSON | None, text: str, topic: int | None = None, reply_to: int | None = None) -> JSON:
        """Keeps and returns a new text message, its commands and mentions found as Telegram finds them."""
        entities = detected(text)
        content: JSON = {"text": text} | ({"entities": entities} if entities else {})
        return self.message(chat, sender, content, topic, reply_to)

    def migrate(self, chat: Chat) -> tuple[Chat, JSON, JSON]:
        """Makes a group a supergroup; the new chat and the two service messages of the move."""
        new = self.chat("supergroup", chat.title, bot=chat.bot)
        new.admins = set(chat.admins)
        farewell = self.message(chat, None, {"migrate_to_chat_id": new.id})
        welcome = self.message(new, None, {"migrate_from_chat_id": chat.id})
        chat.successor = new.id
        return new, farewell, welcome

    def member(self, chat: Chat, user_id: object) -> JSON:
        """What somebody is in a chat, as `getChatMember` says it."""
        if user_id == BOT["id"]:
            return _membership(BOT, chat.bot if chat.bot in ("administrator", "left", "kicked") else "member")
        user = self.people.get(user_id) if isinstance(user_id, int) else None
        if user is None:
            raise RefusedError("user not found")
        return _membership(user, "administrator" if user_id in chat.admins else "member")

    def roles(self, chat: Chat) -> list[JSON]:
        """The administrators of a chat."""
        ids = [*sorted(chat.admins), *([BOT["id"]] if chat.bot == "administrator" else [])]
        return [self.member(chat, user_id) for user_id in ids]


_ADMIN_RIGHTS = (
    *("can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members"),
    *("can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories"),
)


def _membership(user: JSON, status: str) -> JSON:
    rights: JSON = {}
    if status == "administrator":
        rights = dict.fromkeys(_ADMIN_RIGHTS, False) | {"can_post_messages": True, "can_pin_messages": False}
    if status == "kicked":
        rights = {"until_date": 0}
    return {"status": status, "user": user, **rights}
