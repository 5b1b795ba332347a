"""Tables of what the Telegram door bears: how fast, and what is left after kills, floods and outages.

    python tests/bench/telegram.py [throughput] [kills] [flood] [faults] [backlog]

Everything runs against the fake Bot API server of tests/telegram on this machine, with 50 ms of latency, beside an echo bot.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[0] = str(HERE.parent / "telegram")

from bot_process import BOT, BotProcess  # noqa: E402
from fake_api import FakeApi  # noqa: E402
from loads import Load, killed_under  # noqa: E402
from people import People  # noqa: E402
from world import Chat  # noqa: E402

ECHO = (sys.executable, str(HERE.parent / "telegram" / "echo_bot.py"))
LATENCY = 0.05
KILLS = 20
MODES = (("polling", False), ("webhook", True))
QUESTIONS = (
    "How many people attended?",
    "论坛几号开",
    "How many countries took part?",
    "第十一届世界城市论坛有多少人参加？",
    "Who wrote the report?",
    "What is the weather in Katowice?",
    "UN Web TV views",
    "下一届论坛在哪里举行",
)


@contextmanager
def bot(command: tuple[str, ...] = BOT, webhook: bool = False, started: bool = True) -> Iterator[tuple[FakeApi, BotProcess]]:
    """A server with latency and a bot of its own, both gone afterwards."""
    with FakeApi(retry_scale=0.05) as api, tempfile.TemporaryDirectory() as state:
        api.wishes.latency, api.wishes.judged = LATENCY, False
        process = BotProcess(api, Path(state), webhook, command)
        if started:
            process.start()
        try:
            yield api, process
        finally:
            process.kill()


def throughput(readers: int = 200, each: int = 10) -> None:
    """Answers a second from one process, beside an echo bot of python-telegram-bot on the same server."""
    head("throughput", f"{readers * each} questions of {readers} readers, 50 ms latency")
    row("bot", "updates by", "answers/s", "CPU ms each", "out of order")
    for name, webhook in MODES:
        for title, command in (("echo", ECHO), ("reportbot", BOT)):
            with bot(command, webhook) as (api, process):
                seconds, cpu, disordered = _asked(api, process, readers, each)
                count = readers * each
                row(title, name, f"{count / seconds:.0f}", f"{1000 * cpu / count:.1f}", str(disordered))


def kills() -> None:
    """Questions lost and doubled by SIGKILL in the midst of answers."""
    head("kills", f"{KILLS} SIGKILLs under load")
    row("updates by", "questions", "kills", "lost", "doubled", "out of order")
    for name, webhook in MODES:
        with bot(webhook=webhook) as (api, process):
            outcome = killed_under(Load(api, readers=120, each=20), process, KILLS)
            row(name, *map(str, (outcome.asked, KILLS, outcome.lost, outcome.doubled, outcome.disordered)))


def flood() -> None:
    """A storm of 429s: every third message is told to wait a second, for a while."""
    head("429 storm", "one of three messages is refused with retry_after 1, 300 times")
    _under_faults(FakeApi.too_many, 300)


def faults() -> None:
    """502s in place of answers."""
    head("502s", "one of three messages meets a 502, 100 times")
    _under_faults(FakeApi.fail, 100)


def backlog() -> None:
    """What was asked during half an hour's outage."""
    head("backlog", "3,600 questions of 200 readers wait when the bot starts (two a second for half an hour)")
    row("updates by", "questions", "seconds", "answers/s", "lost", "doubled", "out of order")
    for name, webhook in MODES:
        with bot(webhook=webhook, started=False) as (api, process):
            load = Load(api, readers=200, each=18)
            load.ask()
            begun = time.monotonic()
            process.start(wait=False)
            process.wait(load.complete, "all answers", seconds=300)
            seconds, outcome = time.monotonic() - begun, load.outcome()
            counts = (outcome.lost, outcome.doubled, outcome.disordered)
            row(name, str(load.asked), f"{seconds:.1f}", f"{load.asked / seconds:.0f}", *map(str, counts))


def _under_faults(fault: Callable[[FakeApi, str], None], times: int) -> None:
    row("updates by", "questions", "seconds", "refused", "lost", "doubled", "out of order")
    for name, webhook in MODES:
        with bot(webhook=webhook) as (api, process):
            load = Load(api, readers=100, each=10)
            for _ in range(times):
                fault(api, "sendMessage")
                api.pass_by("sendMessage", 2)
            begun = time.monotonic()
            load.ask()
            process.wait(load.complete, "all answers", seconds=300)
            seconds, outcome = time.monotonic() - begun, load.outcome()
            refused = sum(r.status != 200 for r in api.called("sendMessage"))
            row(name, str(load.asked), f"{seconds:.1f}", *map(str, (refused, outcome.lost, outcome.doubled, outcome.disordered)))


def _asked(api: FakeApi, process: BotProcess, readers: int, each: int) -> tuple[float, float, int]:
    """Seconds of the clock, seconds of CPU of the bot, and chats answered otherwise than a reader who asks alone and waits."""
    people = People(api)
    calm = [_calmly(people, process, _questions(start, each)) for start in range(len(QUESTIONS))]
    users = [api.world.user(f"Reader {number}", "en") for number in range(readers)]
    rooms = [api.world.private(user) for user in users]
    begun, worked = time.monotonic(), process.cpu_seconds()
    for number in range(each):
        for place, (user, room) in enumerate(zip(users, rooms, strict=True)):
            people.say(room, user, _questions(place, each)[number])
    process.wait(lambda: sum(len(room.own) for room in rooms) >= readers * each, "all answers", seconds=300)
    seconds, cpu = time.monotonic() - begun, process.cpu_seconds() - worked
    return seconds, cpu, sum(_texts(room) != calm[place % len(calm)] for place, room in enumerate(rooms))


def _questions(start: int, each: int) -> list[str]:
    return [QUESTIONS[(start + number) % len(QUESTIONS)] for number in range(each)]


def _calmly(people: People, process: BotProcess, questions: list[str]) -> list[str]:
    user = people.world.user("Calm", "en")
    room = people.world.private(user)
    for question in questions:
        before = len(room.own)
        people.say(room, user, question)
        process.wait(partial(_longer, room, before), "an answer")
    return _texts(room)


def _texts(room: Chat) -> list[str]:
    return [message["text"] for message in room.from_bot()]


def _longer(room: Chat, before: int) -> bool:
    return len(room.own) > before


def head(name: str, what: str) -> None:
    """The title of a table."""
    print(f"\n{name}: {what}")


def row(*cells: str) -> None:
    """One line of a table."""
    print("  ".join(cell.ljust(13) for cell in cells).rstrip(), flush=True)


TABLES = {table.__name__: table for table in (throughput, kills, flood, faults, backlog)}


if __name__ == "__main__":
    chosen = sys.argv[1:] or list(TABLES)
    if unknown := [name for name in chosen if name not in TABLES]:
        sys.exit(f"no table {', '.join(unknown)}; there are {', '.join(TABLES)}")
    for name in chosen:
        TABLES[name]()
