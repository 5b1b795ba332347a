"""The daily series: one post a slot, whatever happens in between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from fake_api import TOKEN, FakeApi
from people import People
from world import Chat

from bot.handlers import application, desk_of
from bot.handlers.series import post_due
from bot.handlers.transport import builder
from bot.journal import Journal, Series
from bot.responder import Responder, open_responder

WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.fixture(scope="module")
def responder() -> Iterator[Responder]:
    responder = open_responder()
    yield responder
    responder.close()


@pytest.fixture
def channel(people: People) -> Chat:
    return people.world.chat("channel", "News", bot="administrator")


@pytest.fixture
def journal(tmp_path: Path, channel: Chat) -> Journal:
    """A journal in which a series runs since yesterday's slot."""
    journal = Journal(tmp_path / "journal.db")
    journal.start_series(Series(channel.id, 0, "09:00", "Europe/Warsaw", "facts", "en", 0, "2022-06-25", "sent"))
    return journal


def at(day: int, clock: str) -> datetime:
    """A moment of June 2022 in Warsaw."""
    hour, minute = clock.split(":")
    return datetime(2022, 6, day, int(hour), int(minute), tzinfo=WARSAW)


@asynccontextmanager
async def posting(api: FakeApi, responder: Responder, journal: Journal) -> AsyncIterator[tuple[object, object]]:
    """A bot that has just started: its desk and its connection."""
    made = application(responder, builder(TOKEN, api.url), journal)
    await made.bot.initialize()
    yield desk_of(made), made.bot
    await made.bot.shutdown()


async def _post(api: FakeApi, responder: Responder, journal: Journal, *moments: datetime) -> list[int]:
    async with posting(api, responder, journal) as (desk, bot):
        return [await post_due(desk, bot, moment) for moment in moments]  # type: ignore[arg-type]


async def test_a_slot_is_posted_once_and_each_day_brings_another_fact(
    api: FakeApi, responder: Responder, journal: Journal, channel: Chat
) -> None:
    moments = [at(26, "08:59"), at(26, "09:00"), at(26, "09:01"), at(26, "23:59"), at(27, "08:59"), at(27, "09:00")]
    assert await _post(api, responder, journal, *moments) == [0, 1, 0, 0, 0, 1]
    first, second = channel.from_bot()
    assert first["text"] != second["text"]


async def test_a_restart_between_two_looks_posts_nothing_twice(
    api: FakeApi, responder: Responder, journal: Journal, channel: Chat, tmp_path: Path
) -> None:
    await _post(api, responder, journal, at(26, "09:00"))
    journal.close()
    assert await _post(api, responder, Journal(tmp_path / "journal.db"), at(26, "09:00"), at(26, "10:00")) == [0, 0]
    assert len(channel.from_bot()) == 1


async def test_after_days_of_silence_comes_one_post_and_no_flood(
    api: FakeApi, responder: Responder, journal: Journal, channel: Chat
) -> None:
    assert await _post(api, responder, journal, at(30, "12:00"), at(30, "12:01")) == [1, 0]
    assert len(channel.from_bot()) == 1


async def test_a_post_that_was_refused_stays_due(api: FakeApi, responder: Responder, journal: Journal, channel: Chat) -> None:
    api.fail("sendMessage", 1, 400, {"ok": False, "error_code": 400, "description": "Bad Request: CHANNEL_ASLEEP"})
    assert await _post(api, responder, journal, at(26, "09:00"), at(26, "09:01"), at(26, "09:02")) == [0, 1, 0]
    assert len(channel.from_bot()) == 1


async def test_a_channel_that_threw_the_bot_out_is_left_alone(
    api: FakeApi, responder: Responder, journal: Journal, channel: Chat
) -> None:
    channel.bot = "kicked"
    await _post(api, responder, journal, at(26, "09:00"))
    await _post(api, responder, journal, at(27, "09:00"))
    assert len(api.called("sendMessage")) == 1


async def test_the_clock_follows_summer_time(api: FakeApi, responder: Responder, journal: Journal, channel: Chat) -> None:
    utc = ZoneInfo("UTC")
    moments = [datetime(2022, 6, 26, 6, 59, tzinfo=utc), datetime(2022, 6, 26, 7, 0, tzinfo=utc)]
    assert await _post(api, responder, journal, *moments) == [0, 1]
    winter = [datetime(2022, 12, 1, 7, 59, tzinfo=utc), datetime(2022, 12, 1, 8, 0, tzinfo=utc)]
    assert await _post(api, responder, journal, winter[0]) == [1]
    assert await _post(api, responder, journal, winter[1]) == [1]
    assert len(channel.from_bot()) == 3
