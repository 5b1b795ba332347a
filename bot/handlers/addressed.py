"""Whether a message is meant for the bot, and what it says without the address."""

from __future__ import annotations

import re
from dataclasses import dataclass

from telegram import Bot, Message, MessageEntity
from telegram.constants import ChatID, ChatType

COMMAND, MENTION, REPLY, PRIVATE = "command", "mention", "reply", "private"
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@(\w+))?(?:\s+|$)")


@dataclass(frozen=True, slots=True)
class Address:
    """How the bot was addressed (`by`), with which command (`""` for a question), and the text that goes with it."""

    by: str
    text: str
    command: str = ""


def addressed(message: Message, bot: Bot) -> Address | None:
    """How a message addresses the bot; None when it is not for the bot.

    In a private chat everything is, elsewhere a command, a mention, or a reply to one of the bot's messages. Channel
    posts count by command only. What the bot itself or another bot wrote is never for the bot.
    """
    if _not_a_reader(message, bot):
        return None
    text = message.text or message.caption or ""
    command = _COMMAND.match(text)
    if command and (command[2] or bot.username).casefold() == bot.username.casefold():
        return Address(COMMAND, text[command.end() :].strip(), command[1].lower())
    if message.chat.type == ChatType.PRIVATE:
        return Address(PRIVATE, text.strip())
    if command or message.chat.type == ChatType.CHANNEL:
        return None
    question, mentioned = without_mention(message, bot)
    if mentioned:
        return Address(MENTION, question)
    return Address(REPLY, text.strip()) if text and _answers_the_bot(message, bot) else None


def without_mention(message: Message, bot: Bot) -> tuple[str, bool]:
    """The text of a message without the mentions of the bot, and whether there were any."""
    text, mentioned = message.text or message.caption or "", False
    try:
        entities = message.parse_entities() if message.text else message.parse_caption_entities()
    except UnicodeEncodeError:
        return text.strip(), False
    for entity, named in entities.items():
        by_name = entity.type == MessageEntity.MENTION and named.casefold() == f"@{bot.username}".casefold()
        by_id = entity.type == MessageEntity.TEXT_MENTION and entity.user is not None and entity.user.id == bot.id
        if by_name or by_id:
            mentioned = True
            text = text.replace(named, " ", 1)
    return re.sub(r"[ \t]{2,}", " ", text).strip(" \t\n,:，：、،"), mentioned


def _not_a_reader(message: Message, bot: Bot) -> bool:
    author = message.from_user
    if message.is_automatic_forward or (message.via_bot and message.via_bot.id == bot.id):
        return True
    return author is not None and author.is_bot and author.id not in {ChatID.ANONYMOUS_ADMIN, ChatID.FAKE_CHANNEL}


def _answers_the_bot(message: Message, bot: Bot) -> bool:
    """Whether a message replies to the bot; the first message of a topic, which every message there hangs on, does not count."""
    to = message.reply_to_message
    if to is None or to.from_user is None or to.from_user.id != bot.id:
        return False
    return not (to.forum_topic_created or (message.is_topic_message and to.message_id == message.message_thread_id))
