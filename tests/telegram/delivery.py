"""How updates reach the bot: one blocking long poll at a time, or a webhook that tries again until it hears yes."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Callable
from typing import Any

import aiohttp
import wire
from markup import JSON, RefusedError

UNASKED = {"chat_member", "message_reaction", "message_reaction_count"}
FIRST_RETRIES = (0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)


class Delivery:
    """The updates nobody confirmed yet. Belongs to one event loop; `retry_scale` shortens Telegram's retry curve."""

    def __init__(self, changed: Callable[[], None], retry_scale: float = 1.0) -> None:
        self.pending: dict[int, Any] = {}
        self.webhook: JSON = {}
        self.attempts = 0
        self.conflicts = 0
        self.max_connections = 40
        self._retry_scale = retry_scale
        self._changed = changed
        self._ids = itertools.count(500_000)
        self._allowed: frozenset[str] | None = None
        self._arrived = asyncio.Event()
        self._poller: asyncio.Future[None] | None = None
        self._queues: dict[object, deque[int]] = {}
        self._couriers: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    @property
    def polling(self) -> bool:
        """Whether somebody waits for updates at this moment."""
        return self._poller is not None and not self._poller.done()

    def push(self, kind: str, payload: JSON) -> int | None:
        """Queues an update; its id, or None when the bot did not ask for this kind."""
        update_id = next(self._ids)
        update = {"update_id": update_id, kind: payload}
        wire.check_update(update)
        if kind in UNASKED if self._allowed is None else kind not in self._allowed:
            return None
        return self.push_raw(update_id, update)

    def push_raw(self, update_id: int | None, update: Any) -> int:
        """Queues anything at all, as a broken Telegram might; its id."""
        update_id = next(self._ids) if update_id is None else update_id
        self.pending[update_id] = update
        self._arrived.set()
        if self.webhook.get("url"):
            self._send_off(_room(update), update_id)
        return update_id

    async def get_updates(self, params: JSON) -> list[Any]:
        """The `getUpdates` method: forgets below the offset, waits, and gives way to the next poller."""
        if self.webhook.get("url"):
            text = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            raise RefusedError(text, 409)
        if self._poller and self.polling:
            self.conflicts += 1
            text = "terminated by other getUpdates request; make sure that only one bot instance is running"
            self._poller.set_exception(RefusedError(text, 409))
            self._changed()
        self._choose(params)
        offset, limit = int(params.get("offset", 0)), int(params.get("limit", 100))
        if offset < 0:
            offset = sorted(self.pending)[offset:][0] if self.pending else 0
        self._forget(offset)
        if not self.pending and (timeout := float(params.get("timeout", 0))):
            await self._wait(timeout)
        return [self.pending[i] for i in sorted(self.pending)[: max(1, min(limit, 100))]]

    def set_webhook(self, params: JSON) -> bool:
        """The `setWebhook` method; an empty address removes the webhook."""
        secret = params.get("secret_token", "")
        if not isinstance(secret, str) or len(secret) > 256:
            raise RefusedError("secret token contains unallowed characters")
        self._recall()
        self.webhook = {k: params[k] for k in ("url", "secret_token") if params.get(k)}
        self.max_connections = int(params.get("max_connections", 40))
        self._choose(params)
        if params.get("drop_pending_updates"):
            self._forget(max(self.pending, default=0) + 1)
        if self.webhook.get("url"):
            for update_id, update in sorted(self.pending.items()):
                self._send_off(_room(update), update_id)
        return True

    async def close(self) -> None:
        """Stops delivering."""
        self._recall()
        if self._session:
            await self._session.close()

    def _choose(self, params: JSON) -> None:
        allowed = params.get("allowed_updates")
        if allowed is not None:
            self._allowed = frozenset(allowed) or None

    def _forget(self, offset: int) -> None:
        for update_id in [i for i in self.pending if i < offset]:
            del self.pending[update_id]
            self._changed()

    async def _wait(self, timeout: float) -> None:
        self._arrived.clear()
        loop = asyncio.get_running_loop()
        poller: asyncio.Future[None] = loop.create_future()
        self._poller = poller
        arrived: asyncio.Future[Any] = loop.create_task(self._arrived.wait())
        try:
            await asyncio.wait((poller, arrived), timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if poller.done():
                poller.result()
        finally:
            arrived.cancel()
            if self._poller is poller:
                poller.cancel()
                self._poller = None

    def _send_off(self, room: object, update_id: int) -> None:
        queue = self._queues.setdefault(room, deque())
        queue.append(update_id)
        if len(queue) == 1:
            courier = asyncio.get_running_loop().create_task(self._carry(queue))
            self._couriers.add(courier)
            courier.add_done_callback(self._couriers.discard)

    def _recall(self) -> None:
        for courier in self._couriers:
            courier.cancel()
        self._queues.clear()

    async def _carry(self, queue: deque[int]) -> None:
        while queue:
            update_id = queue[0]
            for tries in itertools.count():
                await asyncio.sleep(self._retry_scale * FIRST_RETRIES[min(tries, len(FIRST_RETRIES) - 1)])
                if update_id not in self.pending or await self._posted(self.pending[update_id]):
                    break
            self.pending.pop(update_id, None)
            self._changed()
            queue.popleft()

    async def _posted(self, update: Any) -> bool:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self.max_connections)
            self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(60))
        secret = self.webhook.get("secret_token")
        headers = {"Content-Type": "application/json"} | ({"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {})
        self.attempts += 1
        try:
            async with self._session.post(self.webhook["url"], data=json.dumps(update), headers=headers) as reply:
                return 200 <= reply.status < 300
        except (aiohttp.ClientError, TimeoutError):
            return False


def _room(update: Any) -> object:
    """What Telegram keeps in order: a chat, or the person behind an inline query."""
    found = update
    for names in (set(update) - {"update_id"} if isinstance(update, dict) else (), ("message",), ("chat", "from"), ("id",)):
        if isinstance(found, dict):
            found = next((found[name] for name in names if name in found), found)
    return found if isinstance(found, int) else None
