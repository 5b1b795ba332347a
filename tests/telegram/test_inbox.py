"""No question is lost when the bot dies, and none is answered twice but the one it died over."""

from __future__ import annotations

from functools import partial

import pytest
from bot_process import StartBot
from fake_api import FakeApi
from loads import Load, killed_under
from people import People

MODES = pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
KILLS = 3


@MODES
def test_a_kill_under_load_loses_nothing(api: FakeApi, start_bot: StartBot, webhook: bool) -> None:
    api.wishes.latency = 0.02
    outcome = killed_under(Load(api, readers=20, each=10), start_bot(webhook=webhook), KILLS)
    assert outcome.lost == 0
    assert outcome.doubled <= KILLS
    assert outcome.disordered == 0


@MODES
def test_an_orderly_stop_under_load_loses_and_doubles_nothing(api: FakeApi, start_bot: StartBot, webhook: bool) -> None:
    api.wishes.latency = 0.02
    load, bot = Load(api, readers=20, each=10), start_bot(webhook=webhook)
    load.ask()
    bot.wait(partial(load.reached, 60), "sixty answers")
    assert bot.stop() == 0
    bot.start(wait=False)
    bot.wait(load.complete, "all answers")
    outcome = load.outcome()
    assert (outcome.lost, outcome.doubled, outcome.disordered) == (0, 0, 0)


def test_what_was_asked_during_an_outage_is_answered_in_order(api: FakeApi, start_bot: StartBot) -> None:
    load = Load(api, readers=30, each=10)
    load.ask()
    bot = start_bot()
    bot.wait(load.complete, "all answers")
    assert load.outcome().disordered == 0
    assert load.outcome().doubled == 0


def test_an_update_delivered_twice_is_answered_once(api: FakeApi, people: People, start_bot: StartBot) -> None:
    bot = start_bot(webhook=True)
    anna = people.world.user("Anna", "en")
    room = people.world.private(anna)
    message = people.world.said(room, anna, "/paragraph 6")
    update = {"update_id": 77, "message": message}
    for _ in range(2):
        assert bot.post_update(update, api.delivery.webhook["secret_token"]) == 200
    people.settle(room, anna)
    assert len(room.from_bot()) == 1


@pytest.mark.parametrize("secret", ["", "wrong", "é"])
def test_a_stranger_cannot_speak_through_the_webhook(api: FakeApi, people: People, start_bot: StartBot, secret: str) -> None:
    bot = start_bot(webhook=True)
    anna = people.world.user("Anna", "en")
    room = people.world.private(anna)
    message = people.world.said(room, anna, "/paragraph 6")
    assert bot.post_update({"update_id": 78, "message": message}, secret) in (401, 403)
    people.settle(room, anna)
    assert room.from_bot() == []
