"""What leaves the bot, by Telegram's rules: paced in groups, tried again by class of error, never doubled on a guess."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, Message, ReplyParameters
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
    TimedOut,
)  # fmt: skip

from bot.handlers.dress import plain
from bot.handlers.transport import was_not_sent
from bot.inbox import current
from bot.journal import Journal

log = logging.getLogger(__name__)

GROUP_MESSAGES, GROUP_SECONDS = 20, 60.0
_RETRIES = 6
_SHUT = ("chat not found", "not enough rights", "have no rights", "administrator rights", "topic_closed", "chat_write_forbidden")
_FINAL = (BadRequest, Conflict, Forbidden, InvalidToken, ChatMigrated, EndPointNotFound)
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes: the chat, its topic (0 for none), the message it replies to, and whether it makes a sound."""

    chat: int
    thread: int = 0
    reply_to: int | None = None
    quiet: bool = False


class Sender:
    """Sends, edits and acknowledges."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._recent: dict[int, deque[float]] = {}

    async def send(self, bot: Bot, place: Place, parts: Sequence[str], keyboard: InlineKeyboardMarkup | None = None) -> Message | None:
        """Send the parts of one answer in order, the keyboard under the last; the last message, or None where nobody reads."""
        message: Message | None = None
        for part in parts[:-1]:
            message = await self._message(bot, place, part, None)
            if message is None:
                return None
            place = replace(place, chat=message.chat_id)
        with _departing():
            return await self._message(bot, place, parts[-1], keyboard)

    async def edit(self, bot: Bot, chat: int, message: int, text: str, keyboard: InlineKeyboardMarkup | None = None) -> bool:
        """Replace a message's text and keyboard; whether the message was there. An unchanged text is no error."""
        await self._pace(chat)
        mode: str | None = "HTML"
        while True:
            call = partial(
                bot.edit_message_text,
                plain(text) if mode is None else text,
                chat_id=chat,
                message_id=message,
                parse_mode=mode,
                reply_markup=keyboard,
                link_preview_options=_NO_PREVIEW,
            )
            try:
                with _departing():
                    await retrying(call)
                return True
            except BadRequest as error:
                reason = error.message.lower()
                if "not modified" in reason:
                    return True
                if "parse entities" in reason and mode:
                    mode = None
                elif "not found" in reason or "can't be edited" in reason:
                    return False
                else:
                    raise
            except Forbidden:
                self._journal.settle(chat, active=False)
                return False

    async def edit_keyboard(self, bot: Bot, chat: int, message: int, keyboard: InlineKeyboardMarkup | None) -> None:
        """Replace a message's keyboard; one that is gone or unchanged is left alone."""
        try:
            await retrying(lambda: bot.edit_message_reply_markup(chat, message, reply_markup=keyboard))
        except (BadRequest, Forbidden) as error:
            log.debug("keyboard not changed: %s", error)

    async def _message(self, bot: Bot, place: Place, text: str, keyboard: InlineKeyboardMarkup | None) -> Message | None:
        mode: str | None = "HTML"
        while True:
            await self._pace(place.chat)
            call = partial(
                bot.send_message,
                place.chat,
                plain(text) if mode is None else text,
                parse_mode=mode,
                message_thread_id=place.thread or None,
                reply_parameters=ReplyParameters(place.reply_to, allow_sending_without_reply=True) if place.reply_to else None,
                disable_notification=place.quiet or None,
                reply_markup=keyboard,
                link_preview_options=_NO_PREVIEW,
            )
            try:
                return await retrying(call)
            except ChatMigrated as error:
                self._journal.migrate(place.chat, error.new_chat_id)
                place = replace(place, chat=error.new_chat_id, reply_to=None)
            except Forbidden:
                self._journal.settle(place.chat, active=False)
                return None
            except TimedOut:
                log.warning("no reply from Telegram to a message for chat %s; it may have arrived", place.chat)
                return None
            except BadRequest as error:
                reason = error.message.lower()
                if "thread not found" in reason and place.thread:
                    place = replace(place, thread=0)
                elif "repl" in reason and place.reply_to:
                    place = replace(place, reply_to=None)
                elif "parse entities" in reason and mode:
                    mode = None
                elif "button" in reason and keyboard:
                    keyboard = None
                elif any(sign in reason for sign in _SHUT):
                    self._journal.settle(place.chat, active=False)
                    return None
                else:
                    raise

    async def _pace(self, chat: int) -> None:
        """Wait until a group has had fewer than twenty messages within a minute."""
        if chat > 0:
            return
        loop = asyncio.get_running_loop()
        recent = self._recent.setdefault(chat, deque())
        while True:
            while recent and loop.time() - recent[0] >= GROUP_SECONDS:
                recent.popleft()
            if len(recent) < GROUP_MESSAGES:
                break
            await asyncio.sleep(GROUP_SECONDS - (loop.time() - recent[0]))
        recent.append(loop.time())


def passes(error: BaseException | None) -> bool:
    """Whether an error is the network's or Telegram's own trouble, which waiting mends."""
    return isinstance(error, TelegramError) and not isinstance(error, _FINAL)


async def retrying(call: Callable[[], Awaitable[_Result]], retries: int = _RETRIES) -> _Result:
    """What `call` gives, tried again when told to wait and while the network fails.

    Raises what cannot be mended by waiting at once, and TimedOut when the request may have arrived all the same.
    """
    departure = current.get()
    pause = 1.0
    for attempt in range(retries + 1):
        try:
            return await call()
        except _FINAL:
            _returned(departure)
            raise
        except RetryAfter as error:
            _returned(departure)
            seconds = error.retry_after
            wait = float(seconds if isinstance(seconds, (int, float)) else seconds.total_seconds()) + 0.1
            if attempt == retries:
                raise
        except TimedOut as error:
            if not was_not_sent(error) or attempt == retries:
                raise
            wait = pause
        except TelegramError:
            _returned(departure)
            if attempt == retries:
                raise
            wait, pause = pause, min(30.0, pause * 2)
        await asyncio.sleep(wait)
    raise AssertionError("unreachable")


def _returned(departure: object) -> None:
    found = current.get()
    if found is not None and found is departure and found.armed:
        found.returned()


@contextmanager
def _departing() -> Iterator[None]:
    """Within, the request that is sent completes the current update's answer."""
    departure = current.get()
    if departure is None:
        yield
        return
    departure.armed = True
    try:
        yield
    finally:
        departure.armed = False
