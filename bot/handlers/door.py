"""The open door: the application at work, from the first update of an inbox to the last answer before it closes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from telegram.error import InvalidToken

from bot.handlers import application, desk_of
from bot.handlers.profile import set_profile
from bot.handlers.receiving import Intake, keep_webhook, persist, poll, serve
from bot.handlers.series import post_due
from bot.handlers.transport import builder
from bot.inbox import Inbox
from bot.journal import Journal
from bot.responder import Responder
from bot.settings import Secret

log = logging.getLogger(__name__)

SWEEP_SECONDS, SERIES_SECONDS, REFRESH_SECONDS, PRUNE_SECONDS = 20.0, 20.0, 10.0, 3600.0
BEAT_SECONDS, HOOK_SECONDS = 5.0, 300.0
_FINISH_SECONDS = 8.0


class TokenRefusedError(Exception):
    """Telegram does not know the token; the message never holds it."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where Telegram delivers to (`url`), where to listen (host, port), and the secret both know."""

    url: str
    listen: tuple[str, int]
    secret: Secret


@dataclass(frozen=True, slots=True)
class Door:
    """All that the open door needs; `alive` is called as long as updates can come in."""

    responder: Responder
    journal: Journal
    inbox: Inbox
    token: Secret
    api_url: str | None
    webhook: Webhook | None
    alive: Callable[[], None]

    async def open(self, stop: asyncio.Event, refresh: asyncio.Event) -> None:
        """Answer until `stop` is set; `refresh` takes up changed knowledge at once. Raises TokenRefusedError."""
        made = application(self.responder, builder(self.token.value, self.api_url), self.journal, self.inbox)
        try:
            await until(stop, persist("reach Telegram", made.bot.initialize))
            if stop.is_set():
                return
            async with AsyncExitStack() as stack:
                await made.initialize()
                stack.push_async_callback(made.shutdown)
                await made.start()
                stack.push_async_callback(_finish, made)
                await self._work(made, stop, refresh)
        except InvalidToken:
            raise TokenRefusedError("Telegram refuses the token") from None

    async def _work(self, made: Any, stop: asyncio.Event, refresh: asyncio.Event) -> None:
        desk, intake = desk_of(made), Intake(made, self.inbox)
        self.inbox.prune()
        log.info("@%s answers; %d updates taken up again", made.bot.username, await intake.take_up_again())

        async def changed() -> None:
            refresh.clear()
            for problem in desk.refresh():
                log.warning("%s", problem)

        async def prune() -> None:
            self.inbox.prune()
            self.journal.prune()

        async def beat() -> None:
            self.alive()

        hook = self.webhook
        await until(
            stop,
            self._receive(made, intake),
            every(SWEEP_SECONDS, intake.take_up_again),
            every(SERIES_SECONDS, lambda: post_due(desk, made.bot, datetime.now(UTC)), at_once=True),
            every(REFRESH_SECONDS, changed, refresh),
            every(PRUNE_SECONDS, prune),
            _forever(set_profile(desk, made.bot)),
            *([every(BEAT_SECONDS, beat, at_once=True)] if hook else []),
            *([every(HOOK_SECONDS, lambda: keep_webhook(made, hook.url, hook.secret.value))] if hook else []),
        )

    async def _receive(self, made: Any, intake: Intake) -> None:
        if self.webhook is None:
            await poll(made, intake, self.alive)
            return
        server = await serve(made, intake, self.webhook.url, self.webhook.listen, self.webhook.secret.value)
        try:
            await asyncio.Event().wait()
        finally:
            server.stop()
            await server.close_all_connections()


async def until(stop: asyncio.Event, *works: Any) -> None:
    """Do works side by side until `stop` is set or all are done; what one raises ends them all."""
    tasks = [asyncio.ensure_future(work) for work in works]
    stopped = asyncio.ensure_future(stop.wait())
    try:
        pending = {*tasks, stopped}
        while stopped in pending and len(pending) > 1:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        for task in [*tasks, stopped]:
            task.cancel()
        await asyncio.gather(*tasks, stopped, return_exceptions=True)


async def every(seconds: float, work: Callable[[], Awaitable[object]], event: asyncio.Event | None = None, at_once: bool = False) -> None:
    """Do a work at intervals, and whenever `event` is set; a failure is logged and does not end the intervals."""
    event = event or asyncio.Event()
    while True:
        if not at_once:
            with suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), seconds)
        at_once = False
        try:
            await work()
        except InvalidToken:
            raise
        except Exception:
            log.exception("a regular task failed")


async def _forever(once: Awaitable[object]) -> None:
    try:
        await once
    except InvalidToken:
        raise
    except Exception:
        log.exception("a task at the start failed")


async def _finish(made: Any) -> None:
    """Give what has begun a while to end; what has not is still in the inbox."""
    try:
        await asyncio.wait_for(made.stop(), _FINISH_SECONDS)
    except TimeoutError:
        log.warning("some answers were not finished; they are in the inbox")
