"""A conversation written down (tests/conversations/README.md says how) and played against the bot."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from expectations import Event, check, heard
from fake_api import FakeApi
from markup import JSON
from people import People
from world import Chat

FOLDER = Path(__file__).resolve().parents[1] / "conversations"
TOPICS = frozenset({7, 8})
VERBS = ("says", "posts", "edits", "presses", "forges", "asks inline", "calls as guest", "removes the bot", "becomes a supergroup")
STEP = {*VERBS, "as", "topic", "replies to", "bot"}


@dataclass(frozen=True)
class Transcript:
    """One file of `tests/conversations`."""

    path: Path
    title: str
    chat: str
    language: str | None
    steps: tuple[JSON, ...]


def transcripts() -> list[Transcript]:
    """All conversations that were written down."""
    return [_read(path) for path in sorted(FOLDER.glob("*.yaml"))]


class Replay:
    """One transcript played against the bot, in chats that nobody used before."""

    def __init__(self, api: FakeApi, transcript: Transcript) -> None:
        self.api = api
        self.people = People(api)
        self.transcript = transcript
        world = api.world
        self.users = {name: world.user(name.title(), transcript.language) for name in ("reader", "friend", "admin")}
        self.chat, self.channel = self._place(transcript.chat)
        self.chat.admins |= {self.users["admin"]["id"]}
        self.last: JSON = {}

    def play(self) -> None:
        """Plays every step; AssertionError names the step and what came instead."""
        for number, step in enumerate(self.transcript.steps, 1):
            start = len(self.api.requests)
            query = self._act(step)
            self.people.settle(self.chat, self.users["reader"])
            if query:
                self.api.wait(partial(self._answered, query), f"an answer to step {number}")
            where = f"{self.transcript.path.name}, step {number} {step}"
            refused = [r for r in self.api.requests[start:] if r.status != 200]
            assert not refused, f"{where}: Telegram refused {refused}"
            check(step.get("bot", "anything"), self._events(start, query), self.last, where)

    def _place(self, kind: str) -> tuple[Chat, Chat | None]:
        world = self.api.world
        if kind == "private":
            return world.private(self.users["reader"]), None
        if kind == "channel":
            channel = world.chat("channel", "News", bot="administrator")
            return channel, channel
        chat = world.chat("group" if kind == "group" else "supergroup", "Partners", TOPICS if kind == "forum" else frozenset())
        if kind == "comments":
            channel = world.chat("channel", "News", bot="administrator")
            channel.linked, chat.linked = chat.id, channel.id
            return chat, channel
        return chat, None

    def _act(self, step: JSON) -> str | None:
        people, user = self.people, self.users.get(step.get("as", "reader"), {})
        if "says" in step:
            reply_to = self._replied(step.get("replies to"))
            if step.get("as") == "anonymous":
                self.last = people.say_anonymously(self.chat, step["says"])
            else:
                self.last = people.say(self.chat, user, step["says"], step.get("topic"), reply_to)
        elif "posts" in step:
            assert self.channel
            self.last = people.post(self.channel, step["posts"])
        elif "edits" in step:
            self.last = people.edit(self.chat, self.last, step["edits"])
        elif "presses" in step:
            return self._press(step["presses"], user)
        elif "forges" in step:
            return people.press(user, self.chat.from_bot()[-1], step["forges"])
        elif "asks inline" in step:
            return people.ask_inline(user, step["asks inline"])
        elif "calls as guest" in step:
            return people.call_as_guest(self.api.world.chat("supergroup", "Elsewhere", bot="left"), user, step["calls as guest"])
        elif "removes the bot" in step:
            people.bot_becomes(self.chat, user, "kicked")
            people.bot_becomes(self.chat, user, "member")
        elif "becomes a supergroup" in step:
            self.chat = people.migrate(self.chat)
        else:
            raise AssertionError(f"{self.transcript.path.name}: nobody does anything in {step}")
        return None

    def _press(self, label: str, user: JSON) -> str:
        for message in reversed(self.chat.from_bot()):
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    if label in button["text"] and "callback_data" in button:
                        return self.people.press(user, message, button["callback_data"])
        shown = [message.get("reply_markup") for message in self.chat.from_bot()[-2:]]
        raise AssertionError(f"{self.transcript.path.name}: no button {label!r} under {shown}")

    def _replied(self, whom: str | None) -> JSON | None:
        if whom is None:
            return None
        return self.chat.from_bot()[-1] if whom == "the bot" else self.last

    def _events(self, start: int, query: str | None) -> list[Event]:
        return heard(self.api.requests[start:], self.chat.id, query)

    def _answered(self, query: str) -> bool:
        return any(query in r.params.values() for r in list(self.api.requests))


def _read(path: Path) -> Transcript:
    written: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for step in written["steps"]:
        if unknown := set(step) - STEP:
            raise ValueError(f"{path.name}: no step has {', '.join(map(repr, unknown))}; there are {', '.join(sorted(STEP))}")
    return Transcript(path, written["title"], written["chat"], written.get("language"), tuple(written["steps"]))
