"""How requests travel to Telegram: few at a time, failures named, and a note on disk the moment an answer has left."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from typing import Any

from telegram.error import TimedOut
from telegram.ext import ApplicationBuilder, ExtBot
from telegram.request import HTTPXRequest, RequestData

from bot.inbox import RawUpdate, current

CONNECTIONS = 16
"""Requests in flight at once; a larger pool answers fewer (223/s with 16, 58/s with 256 at 50 ms latency)."""
POLL_SECONDS = 10
TELEGRAM = "https://api.telegram.org/bot"

if importlib.util.find_spec("sniffio") is None:
    # httpcore looks for it several times in every request; a search that fails costs a tenth of an answer.
    sys.modules["sniffio"] = None  # type: ignore[assignment]


class Wire(HTTPXRequest):
    """PTB's request with a queue in front of the pool, and with `200 OK` that says `"ok": false` taken at its word."""

    def __init__(self, connections: int) -> None:
        super().__init__(
            connection_pool_size=connections,
            connect_timeout=10.0,
            read_timeout=20.0,
            write_timeout=20.0,
            pool_timeout=30.0,
            httpx_kwargs={"event_hooks": {"request": [_watch]}},
        )
        self._slots = asyncio.Semaphore(connections)

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *args: Any, **kwargs: Any
    ) -> tuple[int, bytes]:
        """See BaseRequest.do_request."""
        async with self._slots:
            status, payload = await super().do_request(url, method, request_data, *args, **kwargs)
        if status == 200 and b'"ok"' in payload[:1000] and b"false" in payload[:1000]:
            answer = json.loads(payload)
            if answer.get("ok") is False:
                return int(answer.get("error_code", 500)), payload
        return status, payload


async def _watch(request: Any) -> None:
    """Tell the update that is being answered when its answer's last byte has been written to the socket."""
    departure = current.get()
    if departure is None or not departure.armed:
        return

    async def trace(event: str, _: object) -> None:
        if event.endswith("send_request_body.complete") and departure.armed:
            departure.left()

    request.extensions["trace"] = trace


def was_not_sent(error: TimedOut) -> bool:
    """Whether a request that timed out cannot have reached Telegram."""
    return type(error.__cause__).__name__ in {"ConnectTimeout", "PoolTimeout"}


class Receiver(ExtBot[None]):
    """A bot that hands out updates as Telegram wrote them, so that one it cannot read does not hide the others."""

    async def raw_updates(self, offset: int | None, seconds: int, allowed: list[str]) -> list[RawUpdate]:
        """The updates from `offset` on; waits up to `seconds` for the first."""
        data = {"offset": offset, "timeout": seconds, "allowed_updates": allowed, "limit": 100}
        result = await self._post("getUpdates", data, read_timeout=seconds + 5.0)
        return [update for update in result if isinstance(update, dict)] if isinstance(result, list) else []


def builder(token: str, api_url: str | None = None) -> ApplicationBuilder[Any, Any, Any, Any, Any, Any]:
    """The builder of the application that `reportbot run` runs; `api_url` ends before the token."""
    receiver = Receiver(token=token, base_url=api_url or TELEGRAM, request=Wire(CONNECTIONS), get_updates_request=Wire(1))
    return ApplicationBuilder().bot(receiver).updater(None)
