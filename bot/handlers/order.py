"""The updates of one chat are handled one after the other, those of different chats side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from telegram import Update
from telegram.ext import BaseUpdateProcessor

from bot.inbox import Inbox, Receipt, current

PENDING = 1000
"""So many updates are held in memory at most; the others stay with Telegram."""


class Order(BaseUpdateProcessor):
    """A lane for each chat, and a receipt for each update; how many requests travel at once is the transport's matter."""

    __slots__ = ("_inbox", "_lanes", "_relief", "pending")

    def __init__(self, inbox: Inbox | None = None) -> None:
        super().__init__(max_concurrent_updates=100_000)
        self._inbox = inbox
        self._lanes: dict[int, tuple[asyncio.Lock, int]] = {}
        self._relief = asyncio.Event()
        self.pending = 0

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """See BaseUpdateProcessor."""
        if not isinstance(update, Update):
            await coroutine
            return
        self.pending += 1
        chat = lane(update)
        lock, queued = self._lanes.get(chat, (asyncio.Lock(), 0))
        self._lanes[chat] = (lock, queued + 1)
        try:
            async with lock:
                await self._handle(update, coroutine)
        finally:
            self.pending -= 1
            self._relief.set()
            lock, queued = self._lanes.pop(chat)
            if queued > 1:
                self._lanes[chat] = (lock, queued - 1)

    async def _handle(self, update: Update, coroutine: Awaitable[Any]) -> None:
        receipt = Receipt(self._inbox, update.update_id)
        token = current.set(receipt)
        try:
            await coroutine
            receipt.close()
        finally:
            current.reset(token)

    async def room(self) -> None:
        """Wait until few enough updates are pending to take more."""
        while self.pending >= PENDING:
            self._relief.clear()
            await self._relief.wait()

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to tidy up."""


def lane(update: Update) -> int:
    """What an update must keep its order within: its chat, else its reader."""
    chat, user = update.effective_chat, update.effective_user
    return chat.id if chat else user.id if user else 0
