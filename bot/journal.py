"""What readers asked in vain, what they thought of answers, and what each chat has settled: the file worth a backup."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import sqlite_utils
from sqlite_utils.migrations import Migrations

_KEEP_ANSWERS_SECONDS = 30 * 24 * 3600

migrations = Migrations("journal")


@migrations()
def first(db: sqlite_utils.Database) -> None:
    """The tables of the first release; times are seconds since the epoch."""
    for statement in (
        "create table asked_in_vain (at real not null, chat integer, reader integer, language text, question text, status)",
        (
            "create table votes (at real not null, chat integer, message integer, reader integer, fact text, question text,"
            " verdict text not null, reason text, primary key (chat, message, reader))"
        ),
        (
            "create table answers (at real not null, chat integer, message integer, asked integer, thread integer, reader integer,"
            " fact text, question text, language text, primary key (chat, message))"
        ),
        "create index answers_asked on answers (chat, asked)",
        "create index answers_thread on answers (chat, thread, message)",
        (
            "create table chats (chat integer primary key, language text, style text not null default 'full',"
            " quiet integer not null default 0, active integer not null default 1)"
        ),
        (
            "create table series (chat integer primary key, thread integer, clock text not null, zone text not null,"
            " kind text not null, language text not null, position integer not null default 0, slot text not null,"
            " state text not null default 'sent')"
        ),
        "create table notes (key text primary key, value text not null)",
    ):
        db.execute(statement)


@dataclass(frozen=True)
class Settings:
    """What one chat has settled: `style` is `full` or `short`; not `active` means the bot was blocked or removed."""

    language: str | None = None
    style: str = "full"
    quiet: bool = False
    active: bool = True


@dataclass(frozen=True)
class Sent:
    """An answer that stands in a chat: where, to which message (`asked`), for whom, and what it said."""

    chat: int
    message: int
    asked: int | None
    thread: int
    reader: int | None
    fact: str | None
    question: str
    language: str


@dataclass(frozen=True)
class Series:
    """One fact or paragraph a day: at `clock` (HH:MM) in `zone`, next `position`, last `slot` (a date) and its `state`."""

    chat: int
    thread: int
    clock: str
    zone: str
    kind: str
    language: str
    position: int
    slot: str
    state: str = "sent"


class Journal:
    """The journal file; `:memory:` keeps everything for the life of the process only. `clock` gives seconds since the epoch."""

    def __init__(self, path: Path | str = ":memory:", clock: Callable[[], float] = time.time) -> None:
        self._db = sqlite_utils.Database(str(path))
        self._clock = clock
        if str(path) != ":memory:":
            self._db.enable_wal()
        self._db.execute("pragma synchronous = normal")
        self._db.execute("pragma busy_timeout = 5000")
        migrations.apply(self._db)
        self._settings: dict[int, Settings] = {}

    def settings(self, chat: int) -> Settings:
        """What this chat has settled, or the defaults."""
        if chat not in self._settings:
            rows = list(self._db.query("select language, style, quiet, active from chats where chat = ?", (chat,)))
            known = rows[0] if rows else {}
            self._settings[chat] = Settings(
                known.get("language"), known.get("style", "full"), bool(known.get("quiet", 0)), bool(known.get("active", 1))
            )
        return self._settings[chat]

    def settle(self, chat: int, **changes: Any) -> Settings:
        """Change some of a chat's settings."""
        settings = replace(self.settings(chat), **changes)
        self._db.execute(
            "insert or replace into chats (chat, language, style, quiet, active) values (?, ?, ?, ?, ?)",
            (chat, settings.language, settings.style, int(settings.quiet), int(settings.active)),
        )
        self._settings[chat] = settings
        return settings

    def migrate(self, old: int, new: int) -> None:
        """A group became a supergroup: everything kept of it moves to its new id. Twice is as good as once."""
        with self._db.atomic():
            for table in ("chats", "series", "answers"):
                self._db.execute(f"update or ignore {table} set chat = ? where chat = ?", (new, old))
                self._db.execute(f"delete from {table} where chat = ?", (old,))
            for table in ("asked_in_vain", "votes"):
                self._db.execute(f"update or ignore {table} set chat = ? where chat = ?", (new, old))
        self._settings.pop(old, None)
        self._settings.pop(new, None)

    def asked_in_vain(self, chat: int, reader: int | None, language: str, question: str, status: str) -> None:
        """Note a question that found no single answer."""
        self._db.execute(
            "insert into asked_in_vain (at, chat, reader, language, question, status) values (?, ?, ?, ?, ?, ?)",
            (self._clock(), chat, reader, language, question[:1000], status),
        )

    def answered(self, sent: Sent) -> None:
        """Note an answer that was sent."""
        self._db.execute(
            "insert or replace into answers (at, chat, message, asked, thread, reader, fact, question, language)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._clock(), sent.chat, sent.message, sent.asked, sent.thread,
                sent.reader, sent.fact, sent.question[:1000], sent.language,
            ),
        )  # fmt: skip

    def answer_at(self, chat: int, message: int) -> Sent | None:
        """The answer that stands in this message."""
        return self._sent("chat = ? and message = ?", (chat, message))

    def answer_to(self, chat: int, asked: int) -> Sent | None:
        """The answer that was given to this message."""
        return self._sent("chat = ? and asked = ?", (chat, asked))

    def last_answer(self, chat: int, thread: int) -> Sent | None:
        """The latest answer in a chat's topic that gave a fact."""
        return self._sent("chat = ? and thread = ? and fact is not null", (chat, thread))

    def answer_before(self, sent: Sent) -> Sent | None:
        """The answer that came before this one in the same topic."""
        return self._sent("chat = ? and thread = ? and message < ?", (sent.chat, sent.thread, sent.message))

    def vote(self, chat: int, message: int, reader: int, fact: str, verdict: str, reason: str | None = None) -> None:
        """Note what a reader thought of an answer; the last word counts."""
        known = self.answer_at(chat, message)
        self._db.execute(
            "insert or replace into votes (at, chat, message, reader, fact, question, verdict, reason) values (?, ?, ?, ?, ?, ?, ?, ?)",
            (self._clock(), chat, message, reader, fact, known.question if known else "", verdict, reason),
        )

    def forget(self, reader: int) -> int:
        """Delete all that is kept of a reader; how many rows that were."""
        with self._db.atomic():
            deleted = self._db.execute("delete from chats where chat = ?", (reader,)).rowcount
            for table in ("asked_in_vain", "votes", "answers"):
                deleted += self._db.execute(f"delete from {table} where reader = ? or chat = ?", (reader, reader)).rowcount
        self._settings.pop(reader, None)
        return deleted

    def start_series(self, series: Series) -> None:
        """Start a chat's series, or start it anew."""
        self._db.execute(
            "insert or replace into series (chat, thread, clock, zone, kind, language, position, slot, state)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            tuple(getattr(series, field.name) for field in fields(Series)),
        )

    def stop_series(self, chat: int) -> bool:
        """Stop a chat's series; whether there was one."""
        return bool(self._db.execute("delete from series where chat = ?", (chat,)).rowcount)

    def series(self) -> list[Series]:
        """The series of all chats."""
        return [Series(**row) for row in self._db.query("select * from series order by chat")]

    def mark_slot(self, chat: int, position: int, slot: str, state: str) -> None:
        """Note how far a chat's series is."""
        self._db.execute("update series set position = ?, slot = ?, state = ? where chat = ?", (position, slot, state, chat))

    def note(self, key: str) -> str | None:
        """What was remembered under a key."""
        rows = list(self._db.query("select value from notes where key = ?", (key,)))
        return str(rows[0]["value"]) if rows else None

    def remember(self, key: str, value: str) -> None:
        """Remember a text under a key."""
        self._db.execute("insert or replace into notes (key, value) values (?, ?)", (key, value))

    def counts(self) -> Mapping[str, int]:
        """How many rows each table has."""
        return {table: self._db.table(table).count for table in ("asked_in_vain", "votes", "answers", "chats", "series")}

    def prune(self) -> None:
        """Forget answers older than thirty days; what was asked in vain and votes stay."""
        self._db.execute("delete from answers where at < ?", (self._clock() - _KEEP_ANSWERS_SECONDS,))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _sent(self, where: str, values: tuple[int, ...]) -> Sent | None:
        columns = "chat, message, asked, thread, reader, fact, question, language"
        rows = self._db.query(f"select {columns} from answers where {where} order by message desc limit 1", values)
        return next((Sent(**row) for row in rows), None)
