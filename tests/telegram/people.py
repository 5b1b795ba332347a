"""What people do in Telegram: write, edit, press, ask inline, invite and block. The bot hears of it as it would."""

from __future__ import annotations

import time

from fake_api import FakeApi
from markup import JSON, detected
from world import ANONYMOUS, BOT, TELEGRAM, Chat


class People:
    """Everybody but the bot. Each method sends one update and returns what the world keeps of it."""

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.world = api.world

    def say(self, chat: Chat, user: JSON, text: str, topic: int | None = None, reply_to: JSON | None = None) -> JSON:
        """Somebody writes a message."""
        message = self.world.said(chat, user, text, topic, reply_to["message_id"] if reply_to else None)
        self.api.push("message", message)
        return message

    def say_anonymously(self, chat: Chat, text: str) -> JSON:
        """An administrator writes as the group itself."""
        message = self.world.said(chat, ANONYMOUS, text) | {"sender_chat": chat.as_json()}
        chat.messages[message["message_id"]] = message
        self.api.push("message", message)
        return message

    def post(self, channel: Chat, text: str) -> JSON:
        """A channel publishes; the group linked to it gets the automatic copy."""
        message = self.world.said(channel, None, text)
        self.api.push("channel_post", message)
        if channel.linked:
            copy = self.world.said(self.world.chats[channel.linked], TELEGRAM, text)
            copy |= {"sender_chat": channel.as_json(), "is_automatic_forward": True}
            copy["forward_origin"] = {
                "type": "channel", "date": message["date"], "chat": channel.as_json(),
                "message_id": message["message_id"],
            }
            self.api.push("message", copy)
        return message

    def edit(self, chat: Chat, message: JSON, text: str) -> JSON:
        """Somebody rewrites what they wrote."""
        message = {k: v for k, v in message.items() if k != "entities"} | {"text": text, "edit_date": int(time.time())}
        if entities := detected(text):
            message["entities"] = entities
        chat.messages[message["message_id"]] = message
        self.api.push("edited_channel_post" if chat.type == "channel" else "edited_message", message)
        return message

    def press(self, user: JSON, message: JSON, data: str, stale: bool = False) -> str:
        """Somebody presses a button; the query's id."""
        query = self.world.open_query("callback_query", stale)
        shown = {k: v for k, v in message.items() if k != "reply_to_message"}
        payload = {"id": query, "from": user, "message": shown, "chat_instance": "1", "data": data}
        self.api.push("callback_query", payload)
        return query

    def ask_inline(self, user: JSON, text: str, stale: bool = False, chat_type: str = "supergroup") -> str:
        """Somebody types after the bot's name anywhere; the query's id."""
        query = self.world.open_query("inline_query", stale)
        payload = {"id": query, "from": user, "query": text, "offset": "", "chat_type": chat_type}
        self.api.push("inline_query", payload)
        return query

    def call_as_guest(self, chat: Chat, user: JSON, text: str) -> str:
        """Somebody mentions the bot in a chat it is not in; the query's id."""
        query = self.world.open_query("guest_message")
        message = self.world.said(chat, user, text)
        self.api.push("guest_message", message | {"guest_query_id": query})
        return query

    def bot_becomes(self, chat: Chat, user: JSON, status: str) -> None:
        """Somebody invites, promotes, blocks or throws out the bot: member, administrator, left or kicked."""
        before = self.world.member(chat, BOT["id"])
        private = chat.type == "private"
        chat.bot = "blocked" if private and status == "kicked" else status
        after = {**before, "status": "kicked", "until_date": 0} if chat.bot == "blocked" else self.world.member(chat, BOT["id"])
        change = {"old_chat_member": before, "new_chat_member": after}
        self.api.push("my_chat_member", {"chat": chat.as_json(), "from": user, "date": int(time.time()), **change})

    def migrate(self, chat: Chat) -> Chat:
        """A group becomes a supergroup."""
        new, farewell, welcome = self.world.migrate(chat)
        self.api.push("message", farewell)
        self.api.push("message", welcome)
        return new

    def settle(self, chat: Chat, user: JSON) -> None:
        """Waits until the bot has done with everything said in a chat: the press of an unknown button must be answered too."""
        button = self.world.message(chat, BOT, {"text": "…"})
        del chat.messages[button["message_id"]]
        query = self.press(user, button, "~")
        called = self.api.called
        self.api.wait(lambda: called("answerCallbackQuery", callback_query_id=query), f"an answer to a press in {chat.title}")
