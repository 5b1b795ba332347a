"""A Bot API server of our own over real HTTP: Telegram's semantics, its refusals, and faults on demand."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeVar

import wire
from aiohttp import web
from delivery import Delivery
from markup import JSON, RefusedError
from methods import Methods
from world import World

TOKEN = "4242:fake-token-of-the-tests"  # noqa: S105  it opens nothing
PATIENCE = 30.0
T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """One request of the bot and how it was answered; `at` is in seconds of a monotonic clock."""

    method: str
    params: JSON
    status: int
    description: str
    at: float
    result: Any = None


@dataclass
class Fault:
    """What goes wrong with the next `times` requests of a method; `arrives` lets the request work first; status 0: nothing does."""

    method: str
    times: int
    status: int
    body: Any = None
    arrives: bool = False


@dataclass
class Wishes:
    """How the server behaves: seconds of latency, faults waiting to happen, and whether aiogram judges each request."""

    latency: float = 0.0
    faults: list[Fault] = field(default_factory=list)
    judged: bool = True


class FakeApi:
    """The server, in a thread of its own. Use as a context manager; every public method may be called from any thread."""

    def __init__(self, retry_scale: float = 0.01) -> None:
        self.world = World()
        self.methods = Methods(self.world)
        self.wishes = Wishes()
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        self.polls = 0
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._retry_scale = retry_scale

    def __enter__(self) -> FakeApi:
        self._thread.start()
        self.inside(self._open())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.inside(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        """What the bot puts before its token."""
        return f"http://127.0.0.1:{self.port}/bot"

    def inside(self, coroutine: Any) -> Any:
        """Runs a coroutine in the server's loop and waits for its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)

    def push(self, kind: str, payload: JSON) -> int | None:
        """Sends the bot an update; its id, or None when the bot did not ask for this kind."""

        async def push() -> int | None:
            return self.delivery.push(kind, payload)

        update_id: int | None = self.inside(push())
        return update_id

    def push_raw(self, update: Any) -> int:
        """Sends the bot anything at all under a fresh update id."""

        async def push() -> int:
            number = self.delivery.push_raw(None, update)
            if isinstance(update, dict):
                update["update_id"] = number
            return number

        return int(self.inside(push()))

    def fail(self, method: str, times: int = 1, status: int = 502, body: Any = None, arrives: bool = False) -> None:
        """Makes the next requests of a method fail."""
        self.wishes.faults.append(Fault(method.lower(), times, status, body, arrives))

    def pass_by(self, method: str, times: int = 1) -> None:
        """Lets the next requests of a method be, before the faults that follow."""
        self.fail(method, times, 0)

    def too_many(self, method: str, times: int = 1, retry_after: int = 1) -> None:
        """Makes the next requests of a method meet flood control."""
        text = f"Too Many Requests: retry after {retry_after}"
        body = {"ok": False, "error_code": 429, "description": text, "parameters": {"retry_after": retry_after}}
        self.fail(method, times, 429, body)

    def wait(self, condition: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
        """The first true value of a condition over the server's state; AssertionError when it never comes."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not (value := condition()):
                if not self._changed.wait(min(0.5, deadline - time.monotonic())) and time.monotonic() > deadline:
                    recent = "\n".join(f"  {r}"[:300] for r in self.requests[-8:])
                    raise AssertionError(f"waited {seconds} s for {what}; the bot's last requests:\n{recent}")
            return value

    def called(self, method: str, **params: Any) -> list[Request]:
        """The requests of a method so far that had these parameters."""
        wanted = params.items()
        return [r for r in list(self.requests) if r.method.lower() == method.lower() and wanted <= _flat(r.params).items()]

    def notify(self) -> None:
        """Wakes those who wait for a condition."""
        with self._changed:
            self._changed.notify_all()

    async def _open(self) -> None:
        self.delivery = Delivery(self.notify, self._retry_scale)
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port: int = self._runner.addresses[0][1]

    async def _shut(self) -> None:
        await self.delivery.close()
        await self._runner.cleanup()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _serve(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        if request.match_info["token"] != TOKEN:
            return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        try:
            params = wire.decoded(method, await _form(request))
        except ConnectionResetError:
            return web.Response(status=499, reason="The bot hung up")
        if self.wishes.judged:
            self.complaints += wire.complaints(method, params)
        polling = method.lower() == "getupdates"
        self.polls += polling
        if self.wishes.latency and not polling:
            await asyncio.sleep(self.wishes.latency)
        self.notify()
        fault = self._fault(method)
        status, body = (fault.status, fault.body) if fault and not fault.arrives else await self._answered(method, params)
        if not polling:
            description = body.get("description", "") if isinstance(body, dict) else "fault"
            result = body.get("result") if isinstance(body, dict) else None
            self.requests.append(Request(method, params, status, description, time.monotonic(), result))
        self.notify()
        if fault and fault.arrives:
            status, body = fault.status, fault.body
        if isinstance(body, dict):
            return web.json_response(body, status=status)
        return web.Response(text=body or "<html>Bad Gateway</html>", content_type="text/html", status=status)

    async def _answered(self, method: str, params: JSON) -> tuple[int, Any]:
        try:
            return 200, {"ok": True, "result": await self._result(method, params)}
        except RefusedError as refused:
            body: JSON = {"ok": False, "error_code": refused.code, "description": refused.description}
            if refused.parameters:
                body["parameters"] = refused.parameters
            return refused.code, body

    async def _result(self, method: str, params: JSON) -> Any:
        name = method.lower()
        if name == "getupdates":
            return await self.delivery.get_updates(params)
        if name == "setwebhook":
            return self.delivery.set_webhook(params)
        if name == "deletewebhook":
            return self.delivery.set_webhook(params | {"url": ""})
        if name == "getwebhookinfo":
            count = len(self.delivery.pending)
            url = self.delivery.webhook.get("url", "")
            return {"url": url, "has_custom_certificate": False, "pending_update_count": count}
        return self.methods.call(method, params)

    def _fault(self, method: str) -> Fault | None:
        for fault in self.wishes.faults:
            if fault.method == method.lower():
                fault.times -= 1
                if fault.times <= 0:
                    self.wishes.faults.remove(fault)
                return fault if fault.status else None
        return None


async def _form(request: web.Request) -> dict[str, str]:
    if request.content_type == "application/json":
        body: dict[str, Any] = await request.json()
        return {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
    posted = await request.post()
    fields = {**request.query, **posted}
    return {name: value if isinstance(value, str) else f"attach://{name}" for name, value in fields.items()}


def _flat(params: JSON) -> JSON:
    return {name: value for name, value in params.items() if not isinstance(value, dict | list)}
