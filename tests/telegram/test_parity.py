"""Private chat, group mention, inline and terminal give the same fact with the same paragraph."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import yaml
from bot_process import ROOT, BotProcess, environment
from fake_api import FakeApi
from markup import JSON, parsed
from people import People
from world import BOT, Chat

QUESTIONS = Path(__file__).resolve().parents[1] / "questions"
PACE = 200


@dataclass(frozen=True)
class Asked:
    """One golden question asked at three doors of the telegram bot; `query` is the inline one."""

    turns: list[str]
    private: Chat
    group: Chat
    query: str


def _golden() -> list[list[str]]:
    """The turns of every golden question."""
    entries = [entry for path in sorted(QUESTIONS.glob("*.yaml")) for entry in yaml.safe_load(path.read_text("utf-8"))]
    return [turns if isinstance(turns := entry["ask"], list) else [turns] for entry in entries]


def _in_the_terminal(golden: list[list[str]]) -> list[JSON]:
    lines = [json.dumps({"id": str(number), "turns": turns}) for number, turns in enumerate(golden)]
    command = [sys.executable, "-m", "bot", "ask", "--batch", "-"]
    done = subprocess.run(command, cwd=ROOT, env=environment(), input="\n".join(lines), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def asked(busy_api: FakeApi, busy_bot: BotProcess) -> list[Asked]:
    """Every golden question, asked of a new reader, in a new group, and inline; all have been dealt with."""
    people, golden, done = People(busy_api), _golden(), []
    for number, turns in enumerate(golden):
        user = people.world.user("Anna", "en")
        private, group = people.world.private(user), people.world.chat("supergroup", "Partners")
        for turn in turns:
            people.say(private, user, turn)
            people.say(group, user, f"@{BOT['username']} {turn}")
        done.append(Asked(turns, private, group, people.ask_inline(user, turns[-1])))
        if number % PACE == PACE - 1 or number == len(golden) - 1:
            people.settle(private, user)
            people.settle(group, user)
    for one in done:
        user = people.world.people[one.private.id]
        people.settle(one.private, user)
        people.settle(one.group, user)
        busy_bot.wait(partial(busy_api.called, "answerInlineQuery", inline_query_id=one.query), "cards")
    return done


def test_every_door_gives_the_same_fact_and_paragraph(asked: list[Asked], busy_api: FakeApi) -> None:
    requests = list(busy_api.requests)
    cards = {r.params["inline_query_id"]: r.params["results"] for r in requests if r.method == "answerInlineQuery"}
    replies = _in_the_terminal([one.turns for one in asked])
    assert len(replies) == len(asked)
    assert [reply for reply in replies if reply["status"] == "answer"]
    differing = []
    for one, reply in zip(asked, replies, strict=True):
        doors = {"private": one.private.from_bot()[-1:], "group": one.group.from_bot()[-1:]}
        if len(one.turns) == 1:
            doors["inline"] = [_shown(card) for card in cards[one.query][:1]]
        for door, shown in doors.items():
            if reply["status"] == "answer" or door == "private":
                differing += [f"{door} {one.turns}: {wanted!r} is not in {shown}" for wanted in _missing(reply, shown)]
    assert not differing, f"{len(differing)} differ\n" + "\n".join(differing[:10])


def _missing(reply: JSON, shown: list[JSON]) -> list[str]:
    text = _plain("".join(message["text"] for message in shown))
    wanted = [reply["text"], *(citation["quote"] for citation in reply["citations"])]
    return [words for words in wanted if _plain(words) not in text]


def _shown(card: JSON) -> JSON:
    content = card["input_message_content"]
    text, entities = parsed(content["message_text"], content.get("parse_mode"))
    return {"text": text, "entities": entities}


def _plain(text: str) -> str:
    return "".join(text.split()).replace("\u2068", "").replace("\u2069", "")
