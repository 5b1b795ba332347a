"""The fake Bot API server and the real bot, for every test that speaks Telegram."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bot_process import BotProcess, StartBot
from fake_api import TOKEN, FakeApi
from people import People


@pytest.fixture(scope="session")
def busy_api() -> Iterator[FakeApi]:
    """One server for all conversations."""
    with FakeApi() as api:
        yield api


@pytest.fixture(scope="session")
def busy_bot(busy_api: FakeApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotProcess]:
    """One bot for all conversations; at the end nothing was refused by aiogram's models and the token is in no file."""
    bot = BotProcess(busy_api, tmp_path_factory.mktemp("state")).start()
    yield bot
    assert bot.stop() == 0, bot.log()[-4000:]
    _assert_clean(busy_api, [bot])


@pytest.fixture
def api() -> Iterator[FakeApi]:
    """A server for one test."""
    with FakeApi() as api:
        yield api


@pytest.fixture
def people(api: FakeApi) -> People:
    """Everybody but the bot."""
    return People(api)


@pytest.fixture
def start_bot(api: FakeApi, tmp_path: Path) -> Iterator[StartBot]:
    """Starts a bot; whatever was started is killed in the end."""
    started: list[BotProcess] = []

    def start(name: str = "state", webhook: bool = False, wait: bool = True, token: str = TOKEN) -> BotProcess:
        started.append(BotProcess(api, tmp_path / name, webhook, token=token))
        return started[-1].start(wait)

    yield start
    for bot in started:
        bot.kill()
    _assert_clean(api, started)


def _assert_clean(api: FakeApi, bots: list[BotProcess]) -> None:
    assert not api.complaints, "\n".join(api.complaints[:20])
    secret = TOKEN.split(":")[1].encode()
    for bot in bots:
        leaks = [path.name for path in bot.files() if secret in path.read_bytes()]
        assert not leaks, f"the token stands in {leaks}"
