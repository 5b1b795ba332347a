"""Whatever fails between the bot and Telegram, the next question is answered."""

from __future__ import annotations

from typing import Any

import pytest
from bot_process import ROOT, BotProcess, StartBot
from fake_api import FakeApi, Request
from markup import JSON
from people import People
from world import Chat

PARAGRAPH = "para. 6"


def _asks(people: People, chat: Chat | None = None) -> Chat:
    """A new reader asks for paragraph 6, in private or in a chat."""
    user = people.world.user("Anna", "en")
    chat = chat or people.world.private(user)
    people.say(chat, user, "/paragraph 6")
    return chat


def _answered(api: FakeApi, bot: BotProcess, chat: Chat) -> None:
    bot.wait(lambda: any(PARAGRAPH in message["text"] for message in chat.from_bot()), f"an answer in {chat.title}")


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
def test_an_outage_at_the_start_is_waited_out(api: FakeApi, people: People, start_bot: StartBot, webhook: bool) -> None:
    for method in ("getMe", "deleteWebhook", "setWebhook", "getUpdates", "setMyCommands"):
        api.fail(method)
    chat = _asks(people)
    _answered(api, start_bot(webhook=webhook), chat)


def test_a_refused_token_ends_the_bot_with_a_word(start_bot: StartBot) -> None:
    bot = start_bot(wait=False, token="4242:revoked-token")  # noqa: S106  it opens nothing
    assert bot.finished() not in (0, None)
    assert "revoked-token" not in bot.log()
    assert "Traceback" not in bot.log()


def test_a_token_revoked_while_running_leaves_no_zombie(api: FakeApi, people: People, start_bot: StartBot) -> None:
    bot = start_bot()
    _answered(api, bot, _asks(people))
    api.fail("getUpdates", 1000, 401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
    _asks(people)
    assert bot.finished() not in (0, None)
    assert "Traceback" not in bot.log()


def test_a_poller_that_hears_nothing_gives_no_sign_of_life(api: FakeApi, people: People, start_bot: StartBot) -> None:
    api.fail("getUpdates", 3)
    bot = start_bot()
    bot.wait(lambda: api.polls >= 2, "two fetches in vain")
    assert not (bot.state / "alive").exists()
    _answered(api, bot, _asks(people))
    assert (bot.state / "alive").exists()


BODIES: dict[str, tuple[int, Any]] = {
    "502": (502, None),
    "flood control": (
        429, {"ok": False, "error_code": 429, "description": "Too Many Requests: retry after 1", "parameters": {"retry_after": 1}}
    ),
    "200 that is none": (200, {"ok": False, "error_code": 500, "description": "Internal Server Error"}),
    "200 without a word": (200, {"ok": False}),
    "500 without a word": (500, ""),
    "markup it cannot read": (400, {"ok": False, "error_code": 400, "description": "Bad Request: can't parse entities: byte offset 1"}),
    "no thread": (400, {"ok": False, "error_code": 400, "description": "Bad Request: message thread not found"}),
    "no reply": (400, {"ok": False, "error_code": 400, "description": "Bad Request: message to be replied not found"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def steady_bot(busy_api: FakeApi, busy_bot: BotProcess) -> BotProcess:
    """A bot that many faults happen to; it must outlive them all."""
    return busy_bot


@pytest.mark.parametrize(("status", "body"), BODIES.values(), ids=BODIES.keys())
def test_an_answer_that_was_refused_is_sent_again(busy_api: FakeApi, steady_bot: BotProcess, status: int, body: Any) -> None:
    people = People(busy_api)
    forum = people.world.chat("supergroup", "Partners", frozenset({7}))
    user = people.world.user("Anna", "en")
    busy_api.fail("sendMessage", 1, status, body)
    people.say(forum, user, "/paragraph 6", 7)
    _answered(busy_api, steady_bot, forum)


def test_a_stale_press_is_dropped(busy_api: FakeApi, steady_bot: BotProcess) -> None:
    people = People(busy_api)
    chat = _asks(people)
    _answered(busy_api, steady_bot, chat)
    shown = chat.from_bot()[-1]
    button = shown["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    user = people.world.people[chat.id]
    query = people.press(user, shown, button, stale=True)
    people.settle(chat, user)
    assert len(busy_api.called("answerCallbackQuery", callback_query_id=query)) <= 1
    assert chat.from_bot() == [shown]
    people.press(user, shown, button)
    steady_bot.wait(lambda: "edit_date" in chat.from_bot()[0] or len(chat.from_bot()) > 1, "the press")


def test_a_button_pressed_twice_changes_nothing_the_second_time(busy_api: FakeApi, steady_bot: BotProcess) -> None:
    people, before = People(busy_api), len(steady_bot.log())
    chat = _asks(people)
    _answered(busy_api, steady_bot, chat)
    shown = chat.from_bot()[-1]
    button = shown["reply_markup"]["inline_keyboard"][0][-1]["callback_data"]
    user = people.world.people[chat.id]
    for _ in range(2):
        people.press(user, shown, button)
    people.settle(chat, user)
    edits = [request.status for request in busy_api.called("editMessageText", chat_id=chat.id)]
    assert edits in ([200], [200, 400])
    assert "Traceback" not in steady_bot.log()[before:]


def test_a_stale_inline_query_is_dropped(busy_api: FakeApi, steady_bot: BotProcess) -> None:
    people = People(busy_api)
    user = people.world.user("Anna", "en")
    stale, fresh = people.ask_inline(user, "attendance", stale=True), people.ask_inline(user, "attendance")
    steady_bot.wait(lambda: busy_api.called("answerInlineQuery", inline_query_id=fresh), "cards")
    assert len(busy_api.called("answerInlineQuery", inline_query_id=stale)) <= 1


@pytest.mark.parametrize("state", ["blocked", "kicked", "left"])
def test_who_shut_the_door_is_tried_once(busy_api: FakeApi, steady_bot: BotProcess, state: str) -> None:
    people = People(busy_api)
    chat = people.world.private(people.world.user("Anna", "en")) if state == "blocked" else people.world.chat("supergroup", "Closed")
    chat.bot = state
    user = people.world.people.get(chat.id) or people.world.user("Anna", "en")
    people.say(chat, user, "/paragraph 6")
    people.settle(chat, user)
    assert [r.status for r in busy_api.called("sendMessage", chat_id=chat.id)] == [403]
    chat.bot = "member"
    people.say(chat, user, "/paragraph 6")
    _answered(busy_api, steady_bot, chat)


def test_a_group_that_moved_unheard_is_followed(busy_api: FakeApi, steady_bot: BotProcess) -> None:
    people = People(busy_api)
    group = people.world.chat("group", "Partners")
    user = people.world.user("Anna", "en")
    asked = people.world.said(group, user, "/paragraph 6")
    new, _, _ = people.world.migrate(group)
    busy_api.push("message", asked)
    _answered(busy_api, steady_bot, new)


MALFORMED: dict[str, JSON] = {
    "a message without a chat": {"message": {"message_id": 1, "date": 1, "text": "x"}},
    "a message that is a number": {"message": 7},
    "a press without a person": {"callback_query": {"id": "1", "data": "x"}},
    "a text that is a list": {"message": {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, "text": ["x"]}},
    "a date from nowhere": {"message": {"message_id": 1, "date": "soon", "chat": {"id": 5, "type": "private"}, "text": "x"}},
    "entities beyond the text": {
        "message": {
            "message_id": 1, "date": 1, "chat": {"id": -5, "type": "group", "title": "x"}, "text": "x",
            "entities": [{"type": "mention", "offset": 50, "length": 90}],
        }
    },
    "lone surrogates": {"message": {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "\ud800 x \udc00"}},
    "a kind nobody knows": {"telepathy": {"text": "x"}},
    "nothing": {},
}


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
def test_malformed_updates_do_not_hide_the_others(
    api: FakeApi, people: People, start_bot: StartBot, webhook: bool
) -> None:
    bot = start_bot(webhook=webhook)
    for update in MALFORMED.values():
        api.push_raw({**update})
    _answered(api, bot, _asks(people))
    bot.wait(lambda: not api.delivery.pending, "all updates to be taken")
    bot.kill()
    bot.start()
    _answered(api, bot, _asks(people))


def test_a_group_at_its_limit_waits_and_holds_up_nobody_else(api: FakeApi, people: People, start_bot: StartBot) -> None:
    api.methods.group_minute = 20
    bot = start_bot()
    group, user = people.world.chat("supergroup", "Partners"), people.world.user("Anna", "en")
    for _ in range(25):
        people.say(group, user, "/paragraph 6")
    bot.wait(lambda: len(group.own) == 20, "twenty answers")
    _answered(api, bot, _asks(people))
    assert [request.status for request in api.called("sendMessage", chat_id=group.id)] == [200] * 20


def test_two_pollers_quarrel_and_the_reader_is_answered(api: FakeApi, people: People, start_bot: StartBot) -> None:
    first, second = start_bot("first"), start_bot("second")
    first.wait(lambda: api.delivery.conflicts, "a conflict")
    _answered(api, first, _asks(people))
    assert (first.exit_code, second.exit_code) == (None, None)
    assert "another program" in first.log() + second.log()


def test_commands_and_names_are_set_only_when_they_changed(api: FakeApi, people: People, start_bot: StartBot) -> None:
    languages = len(list((ROOT / "knowledge" / "phrases").glob("*.yaml")))
    bot = start_bot()
    bot.wait(lambda: len(api.called("setMyShortDescription")) > languages, "a description in each language")
    bot.stop()
    for _ in range(2):
        bot.start()
        before = len(_profile(api))
        _answered(api, bot, _asks(people))
        bot.stop()
    assert len(_profile(api)) == before


def _profile(api: FakeApi) -> list[Request]:
    return [request for request in api.requests if request.method.lower().startswith("setmy")]
