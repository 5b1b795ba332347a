"""`reportbot run`: the process around the open door, with its settings, its state, its signals and its pulse."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bot.responder import KnowledgeRefusedError, open_responder
from bot.settings import Secret, SettingsError, secret, state_folder

log = logging.getLogger(__name__)

_DEFAULT_LISTEN = "127.0.0.1:8443"


@dataclass(frozen=True)
class Pulse:
    """Signs of life: a file that is touched, and systemd's watchdog, each time updates could come in."""

    file: Path
    notify: str | None = None

    def beat(self) -> None:
        """Updates can come in."""
        self.file.touch()
        self.tell(b"WATCHDOG=1")

    def tell(self, state: bytes) -> None:
        """Tell systemd, where it listens."""
        if self.notify:
            address = "\0" + self.notify[1:] if self.notify.startswith("@") else self.notify
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifier:
                notifier.sendto(state, address)


class Redacted(logging.Formatter):
    """Log lines in which no secret is readable, tracebacks included."""

    def __init__(self, hidden: tuple[Secret, ...]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._hidden = hidden

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        return redacted(super().format(record), self._hidden)


def redacted(text: str, hidden: tuple[Secret, ...]) -> str:
    """A text without the secrets; of a token its secret half is hidden wherever it stands alone too."""
    for one in hidden:
        for part in (one.value, one.value.partition(":")[2]):
            if len(part) >= 8:
                text = text.replace(part, "***")
    return text


@dataclass(frozen=True)
class RunSettings:
    """What `run` was told: `listen` is (host, port); without `webhook` the bot polls."""

    token: Secret
    state: Path
    pulse: Pulse
    api_url: str | None = None
    webhook: str | None = None
    listen: tuple[str, int] = ("127.0.0.1", 8443)
    webhook_secret: Secret = field(default=Secret(""))


def read_settings(webhook: str | None, listen: str | None, environ: Mapping[str, str] = os.environ) -> RunSettings:
    """The settings of `run`. Raises SettingsError with the name of the setting that is missing or wrong."""
    token = secret("REPORTBOT_TOKEN", environ)
    if token is None:
        raise SettingsError("REPORTBOT_TOKEN is not set; nor is REPORTBOT_TOKEN_FILE")
    state = state_folder(environ)
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SettingsError(f"REPORTBOT_STATE: {state} cannot be made: {error.strerror}") from None
    if webhook and not urlsplit(webhook).netloc:
        raise SettingsError(f"--webhook: {webhook!r} is not an address")
    pulse = Pulse(Path(environ.get("REPORTBOT_HEALTH") or state / "alive"), environ.get("NOTIFY_SOCKET"))
    place = _place(listen or _DEFAULT_LISTEN)
    known = secret("REPORTBOT_WEBHOOK_SECRET", environ) if webhook else None
    hook = known or (_kept_secret(state / "webhook-secret") if webhook else Secret(""))
    return RunSettings(token, state, pulse, environ.get("REPORTBOT_API_URL") or None, webhook, place, hook)


def _place(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise SettingsError(f"--listen: {listen!r} is not HOST:PORT")
    return host.strip("[]") or "127.0.0.1", int(port)


def _kept_secret(path: Path) -> Secret:
    """The secret in a file that only this user can read, made at the first run."""
    if not path.exists():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32))
    return Secret(path.read_text(encoding="ascii").strip())


def run(home: Path | None, *, webhook: str | None = None, listen: str | None = None) -> int:
    """Run the Telegram bot until SIGTERM or SIGINT. 0 when told to stop, 1 when it cannot run."""
    try:
        settings = read_settings(webhook, listen)
    except SettingsError as error:
        print(f"reportbot: {error}", file=sys.stderr)
        return 1
    os.umask(0o077)
    _log((settings.token, settings.webhook_secret))
    try:
        return asyncio.run(_run(home, settings))
    except (SettingsError, KnowledgeRefusedError, OSError) as error:
        log.error("the bot cannot run: %s", error)
        return 1
    except Exception:
        log.exception("the bot cannot run")
        return 1


async def _run(home: Path | None, settings: RunSettings) -> int:
    from bot.handlers.door import Door, TokenRefusedError, Webhook
    from bot.inbox import Inbox
    from bot.journal import Journal

    responder = open_responder(home)
    journal, inbox = Journal(settings.state / "journal.db"), Inbox(settings.state / "inbox.db")
    stop, refresh = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    loop.add_signal_handler(signal.SIGHUP, refresh.set)
    hook = Webhook(settings.webhook, settings.listen, settings.webhook_secret) if settings.webhook else None
    door = Door(responder, journal, inbox, settings.token, settings.api_url, hook, settings.pulse.beat)
    settings.pulse.tell(b"READY=1")
    try:
        await door.open(stop, refresh)
    except TokenRefusedError as error:
        log.error("%s", error)
        return 1
    finally:
        responder.close()
        inbox.close()
        journal.close()
    return 0


def _log(hidden: tuple[Secret, ...]) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(Redacted(hidden))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for chatty in ("httpx", "httpcore", "tornado.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
