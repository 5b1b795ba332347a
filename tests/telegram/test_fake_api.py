"""The server refuses what Telegram refuses, as python-telegram-bot understands it."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Awaitable, Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeVar

import pytest
from bot_process import BotProcess
from fake_api import TOKEN, FakeApi
from markup import RefusedError, parsed, utf16
from people import People
from telegram import Bot, CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters
from telegram import InlineQueryResultArticle as Article
from telegram import InputTextMessageContent as Content
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, RetryAfter, TelegramError

ECHO = (sys.executable, str(Path(__file__).with_name("echo_bot.py")))
T = TypeVar("T")
Call = Callable[[Bot, int], Awaitable[object]]


def _keyboard(button: InlineKeyboardButton) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[button]])


def _cards(count: int) -> list[Article]:
    return [Article(str(i), "title", Content("text")) for i in range(count)]


REFUSALS: dict[str, tuple[Call, type[TelegramError], str]] = {
    "nobody": (lambda bot, _: bot.send_message(1, "x"), BadRequest, "chat not found"),
    "only spaces": (lambda bot, chat: bot.send_message(chat, " \n "), BadRequest, "text is empty"),
    "over-long": (lambda bot, chat: bot.send_message(chat, "😀" * 2049), BadRequest, "too long"),
    "open tag": (lambda bot, chat: bot.send_message(chat, "<b>x", "HTML"), BadRequest, "can't parse entities"),
    "bare less-than": (lambda bot, chat: bot.send_message(chat, "1 < 2", "HTML"), BadRequest, "can't parse entities"),
    "crossed tags": (lambda bot, chat: bot.send_message(chat, "<b><i>x</b></i>", "HTML"), BadRequest, "can't parse entities"),
    "missing reply": (
        lambda bot, chat: bot.send_message(chat, "x", reply_parameters=ReplyParameters(5)), BadRequest, "replied not found"
    ),
    "missing thread": (lambda bot, chat: bot.send_message(chat, "x", message_thread_id=9), BadRequest, "thread not found"),
    "65-byte data": (
        lambda bot, chat: bot.send_message(chat, "x", reply_markup=_keyboard(InlineKeyboardButton("x", callback_data="é" * 33))),
        BadRequest, "button_data_invalid",
    ),
    "long copy": (
        lambda bot, chat: bot.send_message(
            chat, "x", reply_markup=_keyboard(InlineKeyboardButton("x", copy_text=CopyTextButton("y" * 257)))
        ),
        BadRequest, "button_copy_text_invalid",
    ),
    "missing edit": (lambda bot, chat: bot.edit_message_text("x", chat, 5), BadRequest, "to edit not found"),
    "stale press": (lambda bot, _: bot.answer_callback_query("1"), BadRequest, "query is too old"),
    "51 cards": (lambda bot, _: bot.answer_inline_query("1", _cards(51)), BadRequest, "results_too_much"),
    "stale inline": (lambda bot, _: bot.answer_inline_query("1", _cards(1)), BadRequest, "query is too old"),
    "bad command": (lambda bot, _: bot.set_my_commands([("Über", "x")]), BadRequest, "bot_command_invalid"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "words"), REFUSALS.values(), ids=REFUSALS.keys())
def test_what_telegram_refuses_is_refused(
    api: FakeApi, people: People, call: Call, kind: type[TelegramError], words: str
) -> None:
    chat = people.world.private(people.world.user("Anna"))
    with pytest.raises(kind) as refused:
        asyncio.run(_with_bot(api, lambda bot: call(bot, chat.id)))
    assert words in str(refused.value).lower()


@pytest.mark.parametrize(("state", "words"), [("blocked", "blocked by the user"), ("stranger", "can't initiate")])
def test_a_reader_who_shut_the_door_is_not_written_to(api: FakeApi, people: People, state: str, words: str) -> None:
    chat = people.world.private(people.world.user("Anna"))
    chat.bot = state
    with pytest.raises(Forbidden, match=words):
        asyncio.run(_with_bot(api, lambda bot: bot.send_message(chat.id, "x")))


def test_a_group_that_moved_says_where(api: FakeApi, people: People) -> None:
    group = people.world.chat("group", "Partners")
    new = people.migrate(group)
    with pytest.raises(ChatMigrated) as moved:
        asyncio.run(_with_bot(api, lambda bot: bot.send_message(group.id, "x")))
    assert moved.value.new_chat_id == new.id


def test_an_unchanged_edit_is_refused(api: FakeApi, people: People) -> None:
    chat = people.world.private(people.world.user("Anna"))

    async def twice(bot: Bot) -> None:
        sent = await bot.send_message(chat.id, "x")
        await bot.edit_message_text("<b>y</b>", chat.id, sent.message_id, parse_mode="HTML")
        await bot.edit_message_text("<b>y</b>", chat.id, sent.message_id, parse_mode="HTML")

    with pytest.raises(BadRequest, match="not modified"):
        asyncio.run(_with_bot(api, twice))


@pytest.mark.filterwarnings("ignore:.*retry_after")
def test_flood_control_names_the_wait(api: FakeApi, people: People) -> None:
    group = people.world.chat("supergroup", "Partners")
    api.methods.group_minute = 1

    async def twice(bot: Bot) -> None:
        await bot.send_message(group.id, "x")
        await bot.send_message(group.id, "y")

    with pytest.raises(RetryAfter):
        asyncio.run(_with_bot(api, twice))


def test_a_reply_in_a_topic_is_echoed_with_its_entities(api: FakeApi, people: People) -> None:
    forum = people.world.chat("supergroup", "Partners", frozenset({7}))
    asked = people.world.said(forum, people.world.user("Anna"), "how many?", 7)
    reply = ReplyParameters(asked["message_id"], quote="many")

    async def send(bot: Bot) -> object:
        return await bot.send_message(forum.id, "😀 <b>x</b>", "HTML", message_thread_id=7, reply_parameters=reply)

    sent = asyncio.run(_with_bot(api, send))
    assert forum.from_bot()[0]["message_thread_id"] == 7
    assert forum.from_bot()[0]["reply_to_message"]["message_id"] == asked["message_id"]
    assert forum.from_bot()[0]["entities"] == [{"type": "bold", "offset": 3, "length": 1}]
    assert sent is not None


def test_files_travel_as_multipart(api: FakeApi, people: People) -> None:
    chat = people.world.private(people.world.user("Anna"))
    asyncio.run(_with_bot(api, lambda bot: bot.send_document(chat.id, b"text", caption="<i>card</i>", parse_mode="HTML")))
    assert chat.from_bot()[0]["caption"] == "card"


def test_the_offset_forgets_what_lies_below_it(api: FakeApi, people: People) -> None:
    anna = people.world.user("Anna")
    for text in ("one", "two", "three"):
        people.say(people.world.private(anna), anna, text)

    async def read(bot: Bot) -> list[str | None]:
        first = await bot.get_updates()
        rest = await bot.get_updates(offset=first[1].update_id)
        return [update.message.text for update in rest if update.message]

    assert asyncio.run(_with_bot(api, read)) == ["two", "three"]


def test_only_the_kinds_asked_for_arrive(api: FakeApi, people: People) -> None:
    anna = people.world.user("Anna")
    asyncio.run(_with_bot(api, lambda bot: bot.get_updates(allowed_updates=["inline_query"])))
    people.say(people.world.private(anna), anna, "one")
    people.ask_inline(anna, "two")
    updates = asyncio.run(_with_bot(api, lambda bot: bot.get_updates()))
    assert [update.inline_query.query for update in updates if update.inline_query] == ["two"]
    assert len(updates) == 1


def test_the_second_poller_ends_the_first(api: FakeApi) -> None:
    async def both(bot: Bot) -> None:
        first = asyncio.create_task(bot.get_updates(timeout=20))
        while not api.delivery.polling:
            await asyncio.sleep(0)
        await _with_bot(api, lambda second: second.get_updates(timeout=0))
        with pytest.raises(Conflict):
            await first

    asyncio.run(_with_bot(api, both))


def test_a_webhook_that_says_no_is_asked_again_and_later_messages_of_the_chat_wait(api: FakeApi, people: People) -> None:
    heard: list[tuple[str, str | None]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.append((body["message"]["text"], self.headers["X-Telegram-Bot-Api-Secret-Token"]))
            self.send_response(200 if len(heard) > 3 else 500)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keeps quiet."""

    anna = people.world.user("Anna")
    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/hook"
        asyncio.run(_with_bot(api, lambda bot: bot.set_webhook(url, secret_token="secret")))  # noqa: S106  it opens nothing
        for text in ("one", "two"):
            people.say(people.world.private(anna), anna, text)
        api.wait(lambda: not api.delivery.pending, "both to be taken")
        server.shutdown()
    assert heard == [("one", "secret")] * 4 + [("two", "secret")]


def test_with_a_webhook_nobody_may_poll(api: FakeApi) -> None:
    asyncio.run(_with_bot(api, lambda bot: bot.set_webhook("http://127.0.0.1:1/hook")))
    with pytest.raises(Conflict, match="webhook is active"):
        asyncio.run(_with_bot(api, lambda bot: bot.get_updates()))


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
def test_a_bot_of_python_telegram_bot_lives_with_the_server(api: FakeApi, people: People, tmp_path: Path, webhook: bool) -> None:
    bot = BotProcess(api, tmp_path, webhook, ECHO).start()
    anna = people.world.user("Anna", "en")
    room = people.world.private(anna)
    for number in range(20):
        people.say(room, anna, f"hello {number}")
    api.wait(lambda: len(room.from_bot()) == 20, "twenty echoes")
    assert not api.complaints
    bot.stop()


@pytest.mark.parametrize(
    ("written", "seen", "kinds"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c", []),
        ("<b>x <i>y</i></b>", "x y", ["bold", "italic"]),
        ("<blockquote expandable>引文</blockquote>", "引文", ["expandable_blockquote"]),
        ('<a href="https://un.org/?a=1&amp;b=2">x</a>', "x", ["text_link"]),
        ("x <b> </b>", "x", []),
    ],
)
def test_markup_reads_as_telegram_reads_it(written: str, seen: str, kinds: list[str]) -> None:
    text, entities = parsed(written, "HTML")
    assert (text, [entity["type"] for entity in entities]) == (seen, kinds)


def test_length_counts_utf_16() -> None:
    assert utf16("😀a") == 3
    with pytest.raises(RefusedError):
        parsed("😀" * 2049, None)


async def _with_bot(api: FakeApi, call: Callable[[Bot], Awaitable[T]]) -> T:
    async with Bot(TOKEN, base_url=api.url) as bot:
        return await call(bot)
