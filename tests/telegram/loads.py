"""Many readers at once, each asking for one paragraph after the other, so that every lost, doubled or swapped answer shows."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import partial

from bot_process import BotProcess
from fake_api import FakeApi
from people import People
from world import Chat

LAST_PARAGRAPH = 22
_NAMED = re.compile(r"para\. (\d+)$")


@dataclass(frozen=True)
class Outcome:
    """What became of a load: questions asked, never answered, answered again, and chats answered out of order."""

    asked: int
    lost: int
    doubled: int
    disordered: int


class Load:
    """Readers in private chats; each asks for paragraphs 1, 2, 3 … up to 22."""

    def __init__(self, api: FakeApi, readers: int, each: int) -> None:
        assert each <= LAST_PARAGRAPH
        self._api = api
        self._people = People(api)
        self._each = each
        self._users = [api.world.user(f"Reader {number}", "en") for number in range(readers)]
        self._chats = [api.world.private(user) for user in self._users]

    @property
    def asked(self) -> int:
        """How many questions the load has."""
        return len(self._chats) * self._each

    def ask(self) -> None:
        """Everybody asks; first all their first question, then all their second."""
        for number in range(1, self._each + 1):
            for user, chat in zip(self._users, self._chats, strict=True):
                self._people.say(chat, user, f"/paragraph {number}")

    def messages(self) -> int:
        """How many messages the bot has sent to these readers."""
        return sum(len(chat.own) for chat in self._chats)

    def reached(self, messages: int) -> bool:
        """Whether the bot has sent so many messages to these readers."""
        return self.messages() >= messages

    def complete(self) -> bool:
        """Whether every question has an answer."""
        return self.answered() == self.asked

    def answered(self) -> int:
        """How many different questions have an answer."""
        return sum(len(set(_answers(chat))) for chat in self._chats)

    def outcome(self) -> Outcome:
        """The count at this moment."""
        counted = [Counter(_answers(chat)) for chat in self._chats]
        doubled = sum(sum(counts.values()) - len(counts) for counts in counted)
        disordered = sum(list(counts) != sorted(counts) for counts in counted)
        return Outcome(self.asked, self.asked - self.answered(), doubled, disordered)


def killed_under(load: Load, bot: BotProcess, kills: int) -> Outcome:
    """Asks, kills the bot `kills` times in the midst of its answers, and waits for the rest of them."""
    load.ask()
    for number in range(1, kills + 1):
        goal = load.asked * number // (kills + 1)
        bot.wait(partial(load.reached, goal), f"{goal} answers")
        bot.kill()
        bot.start(wait=False)
    bot.wait(load.complete, "all answers")
    bot.stop()
    return load.outcome()


def _answers(chat: Chat) -> list[int]:
    numbers = []
    for message in chat.from_bot():
        found = _NAMED.search(message["text"].split("\n")[0])
        numbers.append(int(found[1]) if found else 0)
    return numbers
