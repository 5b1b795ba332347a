"""How updates come in, by polling or by webhook: first into the inbox, then to the handlers."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, cast
from urllib.parse import urlsplit

from telegram import Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError, TimedOut
from telegram.ext import Application
from tornado.httpserver import HTTPServer
from tornado.web import Application as WebApplication
from tornado.web import HTTPError, RequestHandler

from bot.handlers.order import Order
from bot.handlers.transport import POLL_SECONDS, Receiver
from bot.inbox import Inbox, RawUpdate

log = logging.getLogger(__name__)

ALLOWED_UPDATES = [
    "message", "edited_message", "channel_post", "edited_channel_post", "inline_query", "callback_query", "my_chat_member",
    "guest_message",
]  # fmt: skip
_LONGEST_PAUSE = 30.0
_LARGEST_UPDATE = 1_000_000


class Intake:
    """Takes raw updates in: written down, read one by one, the unreadable put aside, the others handed on."""

    def __init__(self, application: Application[Any, Any, Any, Any, Any, Any], inbox: Inbox) -> None:
        self._application = application
        self._inbox = inbox

    async def take(self, updates: Iterable[RawUpdate]) -> None:
        """Take in what Telegram delivered; once this returns, Telegram may forget it."""
        await self._hand_on(self._inbox.write(updates))

    async def take_up_again(self) -> int:
        """Hand on what is still open and held by nobody: left by a crash, or put off for the network. How many."""
        waiting = self._inbox.waiting()
        await self._hand_on(waiting)
        return len(waiting)

    async def _hand_on(self, updates: Iterable[RawUpdate]) -> None:
        for raw in updates:
            try:
                update = Update.de_json(dict(raw), self._application.bot)
            except Exception as error:
                log.exception("update %s cannot be read", raw["update_id"])
                self._inbox.quarantine(raw["update_id"], repr(error))
                continue
            await self._application.update_queue.put(update)


async def poll(application: Application[Any, Any, Any, Any, Any, Any], intake: Intake, alive: Callable[[], None]) -> None:
    """Fetch updates until cancelled; `alive` is called after every fetch that succeeded. Raises InvalidToken."""
    receiver, order = cast(Receiver, application.bot), cast(Order, application.update_processor)
    await persist("delete the webhook", receiver.delete_webhook)
    offset: int | None = None
    pause = 0.0
    while True:
        try:
            await order.room()
            updates = await receiver.raw_updates(offset, POLL_SECONDS, ALLOWED_UPDATES)
        except TelegramError as error:
            pause = _pause(error, pause)
            log.warning("updates not fetched, again in %.0f s: %s", pause, error)
            await asyncio.sleep(pause)
            continue
        pause = 0.0
        alive()
        await intake.take(updates)
        known = [update["update_id"] for update in updates if type(update.get("update_id")) is int]
        if known:
            offset = max(known) + 1
        elif updates:
            await asyncio.sleep(1)


async def persist(what: str, call: Callable[[], Awaitable[Any]]) -> None:
    """Call until it succeeds. Raises InvalidToken, which no waiting mends."""
    pause = 0.0
    while True:
        try:
            await call()
            return
        except TelegramError as error:
            pause = _pause(error, pause)
            log.warning("could not %s, again in %.0f s: %s", what, pause, error)
        await asyncio.sleep(pause)


def _pause(error: TelegramError, before: float) -> float:
    """Seconds to wait after an error when `before` was waited last time."""
    if isinstance(error, InvalidToken):
        raise error
    if isinstance(error, RetryAfter):
        seconds = error.retry_after
        return float(seconds if isinstance(seconds, (int, float)) else seconds.total_seconds()) + 0.5
    if isinstance(error, Conflict):
        log.error("another program fetches updates with this token: run one only")
        return 5.0
    if isinstance(error, TimedOut):
        return 1.0
    return min(_LONGEST_PAUSE, max(1.0, before * 1.5))


async def serve(
    application: Application[Any, Any, Any, Any, Any, Any], intake: Intake, url: str, listen: tuple[str, int], secret: str
) -> HTTPServer:
    """Listen for updates at `listen` (host, port) and ask Telegram to deliver them to `url`. Raises InvalidToken, OSError."""
    server = HTTPServer(
        WebApplication([(r"/.*", _Hook, {"intake": intake, "secret": secret})], log_function=lambda _: None),
        max_buffer_size=_LARGEST_UPDATE,
    )
    server.listen(listen[1], address=listen[0])
    await persist(
        f"set the webhook at {urlsplit(url).netloc}",
        lambda: application.bot.set_webhook(url, allowed_updates=ALLOWED_UPDATES, secret_token=secret, max_connections=40),
    )
    return server


async def keep_webhook(application: Application[Any, Any, Any, Any, Any, Any], url: str, secret: str) -> None:
    """Set the webhook again should it be gone, and say in the log what Telegram complains of."""
    found = await application.bot.get_webhook_info()
    if found.last_error_message and found.pending_update_count:
        log.warning("Telegram cannot deliver %d updates: %s", found.pending_update_count, found.last_error_message)
    if found.url != url:
        log.error("the webhook was not ours any more: another program polls or has set its own; it is set again")
        await application.bot.set_webhook(url, allowed_updates=ALLOWED_UPDATES, secret_token=secret, max_connections=40)


class _Hook(RequestHandler):
    """Takes one update a request. 200 means written down; anything else makes Telegram deliver it again."""

    SUPPORTED_METHODS = ("POST",)

    def initialize(self, intake: Intake, secret: str) -> None:
        self._intake = intake
        self._secret = secret

    async def post(self) -> None:
        given = self.request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            raise HTTPError(403)
        try:
            update = json.loads(self.request.body)
        except ValueError:
            raise HTTPError(400) from None
        if not isinstance(update, dict):
            raise HTTPError(400)
        await self._intake.take([update])
        self.set_status(200)
