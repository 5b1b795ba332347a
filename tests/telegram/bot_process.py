"""The real `reportbot run` as a process of its own, to be started, watched and killed."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from fake_api import PATIENCE, TOKEN, FakeApi
from markup import JSON

ROOT = Path(__file__).resolve().parents[2]
BOT = (sys.executable, "-m", "bot", "run")
StartBot = Callable[..., "BotProcess"]
_FOREIGN = ("REPORTBOT_", "NOTIFY_SOCKET", "STATE_DIRECTORY", "CREDENTIALS_DIRECTORY")


def environment() -> dict[str, str]:
    """The environment of an operator who has set nothing."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}


class BotProcess:
    """One bot against one server; its journal, inbox and log stand in `state`.

    `command` may be another bot's; with `webhook` it gets an address of its own to listen at.
    """

    def __init__(
        self, api: FakeApi, state: Path, webhook: bool = False, command: Sequence[str] = BOT, token: str = TOKEN
    ) -> None:
        self.api = api
        self.state = state
        self.webhook = webhook
        self._token = token
        self._listen = f"127.0.0.1:{_free_port()}" if webhook else ""
        self._command = [*command, *(self._options(command) if webhook else ())]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, wait: bool = True) -> BotProcess:
        """Starts the bot; with `wait`, until it hears updates."""
        self.state.mkdir(parents=True, exist_ok=True)
        polls, attempts = self.api.polls, len(self.api.called("setWebhook"))
        given = {"REPORTBOT_TOKEN": self._token, "REPORTBOT_API_URL": self.api.url, "REPORTBOT_STATE": str(self.state)}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=environment() | given | {"PYTHONUNBUFFERED": "1"}, stdout=log, stderr=log
            )
        if wait and self.webhook:
            self.wait(lambda: len(self.api.called("setWebhook")) > attempts, "the bot to set its webhook")
        elif wait:
            self.wait(lambda: self.api.polls > polls, "the bot to ask for updates")
        return self

    def wait(self, condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
        """Waits like the server does, and fails at once with the log when the bot dies."""

        def holds() -> bool:
            if self.exit_code is not None:
                raise AssertionError(f"the bot ended with {self.exit_code} before {what}\n{self.log()[-4000:]}")
            return bool(condition())

        self.api.wait(holds, what, seconds)

    def cpu_seconds(self) -> float:
        """The processor time the bot has used so far (Linux)."""
        assert self._process
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    @property
    def exit_code(self) -> int | None:
        """None while the bot runs."""
        return self._process.poll() if self._process else None

    def post_update(self, update: JSON, secret: str) -> int:
        """Posts an update to the bot's webhook as anybody on the net could; the HTTP status."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret.encode().decode("latin-1")} if secret else {}
        connection = http.client.HTTPConnection(self._listen, timeout=10)
        try:
            connection.request("POST", "/hook", json.dumps(update), headers | {"Content-Type": "application/json"})
            return connection.getresponse().status
        finally:
            connection.close()

    def log(self) -> str:
        """All that the bot wrote to its terminal."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    def files(self) -> list[Path]:
        """What the bot left in its state folder."""
        return [path for path in self.state.rglob("*") if path.is_file()]

    @property
    def _url(self) -> str:
        return f"http://{self._listen}/hook"

    @property
    def _log(self) -> Path:
        return self.state / "log.txt"

    def _options(self, command: Sequence[str]) -> list[str]:
        named = tuple(command) == BOT
        return ["--webhook", self._url, "--listen", self._listen] if named else [self._url, self._listen]

    def finished(self) -> int:
        """Waits until the bot ends by itself; the exit code."""
        return self._end(None)

    def _end(self, number: signal.Signals | None) -> int:
        if self._process is None:
            return 0
        if number is not None and self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"the bot did not stop\n{self.log()[-4000:]}") from None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
