"""What Telegram shows of the bot before anyone asks: commands, name, descriptions; set per language, only when changed."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)  # fmt: skip
from telegram.error import TelegramError

from bot.handlers.desk import Desk
from bot.handlers.dress import shorten
from bot.handlers.sending import retrying

log = logging.getLogger(__name__)

PRIVATE = ("ask", "paragraph", "topics", "search", "language", "settings", "series", "about", "privacy", "forget", "help")
GROUP = ("ask", "paragraph", "topics", "search", "help")
ADMIN = (*GROUP, "settings", "language", "series", "selfcheck")
_SCOPES: Mapping[str, tuple[BotCommandScope, tuple[str, ...]]] = {
    "private": (BotCommandScopeAllPrivateChats(), PRIVATE),
    "groups": (BotCommandScopeAllGroupChats(), GROUP),
    "admins": (BotCommandScopeAllChatAdministrators(), ADMIN),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to set: a key to remember it by, what it says, and the call that sets it."""

    key: str
    says: str
    call: Callable[[], Awaitable[bool]]


async def set_profile(desk: Desk, bot: Bot) -> int:
    """Set what differs from what was set last; how many calls were made. What Telegram refuses now is tried at the next start."""
    calls = 0
    for item in items(desk, bot):
        key = f"profile/{bot.id}/{item.key}"
        stamp = hashlib.sha256(item.says.encode()).hexdigest()
        if desk.journal.note(key) == stamp:
            continue
        calls += 1
        try:
            await retrying(item.call, retries=0)
        except TelegramError as error:
            log.warning("could not set %s: %s", item.key, error)
            continue
        desk.journal.remember(key, stamp)
    return calls


def items(desk: Desk, bot: Bot) -> Iterator[Item]:
    """All there is to set, in the default language (English) first."""
    for language in ("", *desk.languages()):
        words = desk.words(language or "en")
        for scope, (where, names) in _SCOPES.items():
            commands = [BotCommand(name, shorten(words[f"command_{name}"], 256)) for name in names]
            says = "\n".join(f"{command.command} {command.description}" for command in commands)
            yield Item(f"commands/{scope}/{language}", says, partial(bot.set_my_commands, commands, where, language or None))
        name, description = shorten(words["bot_name"], 64), shorten(words["bot_description"], 512)
        short = shorten(words["bot_short_description"], 120)
        yield Item(f"name/{language}", name, partial(bot.set_my_name, name, language or None))
        yield Item(f"description/{language}", description, partial(bot.set_my_description, description, language or None))
        yield Item(f"short/{language}", short, partial(bot.set_my_short_description, short, language or None))
