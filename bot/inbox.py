"""No update is lost: each is written down before Telegram hears that it arrived, and struck off once answered."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Protocol

import sqlite_utils
from sqlite_utils.migrations import Migrations

RawUpdate = Mapping[str, Any]

CALLBACK_SECONDS, INLINE_SECONDS = 150, 30
"""How long Telegram itself keeps a button press and an inline query; an answer after that is refused."""
_KEEP_SECONDS = 2 * 24 * 3600
_KEEP_QUARANTINE_SECONDS = 14 * 24 * 3600
_ATTEMPTS = 5

migrations = Migrations("inbox")


@migrations()
def first(db: sqlite_utils.Database) -> None:
    """The updates, and those that could not be handled."""
    db.execute(
        "create table inbox (update_id integer primary key, received real not null, state text not null,"
        " attempts integer not null default 0, body text)"
    )
    db.execute("create index inbox_state on inbox (state)")
    db.execute("create table quarantine (received real not null, update_id integer, reason text not null, body text)")


class Inbox:
    """Updates on disk: `open` until their answer has left (`sent`) or their handling has ended (`done`).

    The text of an update is kept only while it is open. An update taken up again after a crash is counted, and after
    five crashes it is put into quarantine. `clock` gives seconds since the epoch.
    """

    def __init__(self, path: Path | str, clock: Callable[[], float] = time.time) -> None:
        self._db = sqlite_utils.Database(str(path))
        self._clock = clock
        if str(path) != ":memory:":
            self._db.enable_wal()
        self._db.execute("pragma synchronous = normal")
        self._db.execute("pragma busy_timeout = 5000")
        migrations.apply(self._db)
        self._held: set[int] = set()
        self._answered: list[tuple[int]] = []
        self._again: set[int] = set()

    def write(self, updates: Iterable[RawUpdate]) -> list[RawUpdate]:
        """Write updates down; those not seen before, in order. What has no `update_id` is put into quarantine."""
        new: list[RawUpdate] = []
        now = self._clock()
        with self._db.atomic():
            self._strike_off()
            for update in updates:
                update_id = update.get("update_id")
                if isinstance(update_id, bool) or not isinstance(update_id, int):
                    self._put_aside(None, "no update_id", json.dumps(update))
                    continue
                written = self._db.execute(
                    "insert or ignore into inbox (update_id, received, state, body) values (?, ?, 'open', ?)",
                    (update_id, now, json.dumps(update)),
                )
                if written.rowcount == 1:
                    self._held.add(update_id)
                    new.append(update)
        return new

    def waiting(self) -> list[RawUpdate]:
        """Open updates that nobody holds, the oldest first; they are held from now on.

        Button presses and inline queries that Telegram has forgotten are struck off.
        """
        self._strike_off()
        now = self._clock()
        taken: list[RawUpdate] = []
        rows = self._db.query("select update_id, received, attempts, body from inbox where state = 'open' order by update_id")
        for row in list(rows):
            update_id = int(row["update_id"])
            if update_id in self._held:
                continue
            update = json.loads(row["body"])
            if stale(update, now - row["received"]):
                self.done(update_id)
            elif row["attempts"] >= _ATTEMPTS:
                self.quarantine(update_id, f"{_ATTEMPTS} attempts ended in a crash")
            else:
                self._held.add(update_id)
                self._again.add(update_id)
                taken.append(update)
        return taken

    def begin(self, update_id: int) -> None:
        """Note that an update taken up again is about to be handled."""
        if update_id in self._again:
            self._db.execute("update inbox set attempts = attempts + 1 where update_id = ?", (update_id,))

    def sent(self, update_id: int) -> None:
        """The answer has left this machine."""
        self._db.execute("update inbox set state = 'sent' where update_id = ? and state = 'open'", (update_id,))

    def returned(self, update_id: int) -> None:
        """The answer had left, and was refused."""
        self._db.execute("update inbox set state = 'open' where update_id = ? and state = 'sent'", (update_id,))

    def done(self, update_id: int) -> None:
        """Nothing is left to do for this update; its text is forgotten."""
        self._db.execute("update inbox set state = 'done', body = null where update_id = ?", (update_id,))
        self._release(update_id)

    def answered(self, update_id: int) -> None:
        """Like `done`, for an update that is noted as sent: its text is forgotten with the next write."""
        self._answered.append((update_id,))
        self._release(update_id)

    def later(self, update_id: int) -> None:
        """The network failed, not the update: `waiting` gives it again, and the attempt does not count."""
        self._db.execute(
            "update inbox set state = 'open', attempts = max(attempts - ?, 0) where update_id = ? and state != 'done'",
            (1 if update_id in self._again else 0, update_id),
        )
        self._release(update_id)

    def quarantine(self, update_id: int, reason: str) -> None:
        """Put an update aside with the reason, to be looked at by a person."""
        with self._db.atomic():
            for row in list(self._db.query("select body from inbox where update_id = ?", (update_id,))):
                self._put_aside(update_id, reason, row["body"])
            self.done(update_id)

    def prune(self) -> None:
        """Forget what was answered more than two days ago, and quarantine older than two weeks."""
        now = self._clock()
        self._db.execute("update inbox set body = null where state = 'sent' and body is not null")
        self._db.execute("delete from inbox where state != 'open' and received < ?", (now - _KEEP_SECONDS,))
        self._db.execute("delete from quarantine where received < ?", (now - _KEEP_QUARANTINE_SECONDS,))

    def counts(self) -> Mapping[str, int]:
        """How many updates are in each state, `quarantined` among them."""
        rows = self._db.query("select state, count(*) as n from inbox group by state")
        return {row["state"]: row["n"] for row in rows} | {"quarantined": self._db.table("quarantine").count}

    def close(self) -> None:
        """Close the file."""
        self._strike_off()
        self._db.close()

    def _strike_off(self) -> None:
        if self._answered:
            with self._db.atomic():
                self._db.conn.executemany("update inbox set state = 'done', body = null where update_id = ?", self._answered)
            self._answered.clear()

    def _release(self, update_id: int) -> None:
        self._held.discard(update_id)
        self._again.discard(update_id)

    def _put_aside(self, update_id: int | None, reason: str, body: str | None) -> None:
        self._db.execute(
            "insert into quarantine (received, update_id, reason, body) values (?, ?, ?, ?)",
            (self._clock(), update_id, reason[:500], body),
        )


def stale(update: RawUpdate, age: float) -> bool:
    """Whether Telegram no longer takes an answer to this update, `age` seconds after it arrived."""
    return ("callback_query" in update and age > CALLBACK_SECONDS) or ("inline_query" in update and age > INLINE_SECONDS)


class Departure(Protocol):
    """Something on disk that must know when a message has left, and when it was refused after all."""

    armed: bool

    def left(self) -> None:
        """The bytes of the message are with the network."""

    def returned(self) -> None:
        """The message was refused and has not been delivered."""


class Receipt:
    """What becomes of one update while it is handled; without an inbox it keeps nothing."""

    def __init__(self, inbox: Inbox | None, update_id: int) -> None:
        self.armed = False
        self._inbox = inbox
        self._update_id = update_id
        self._left = self._settled = False
        if inbox:
            inbox.begin(update_id)

    def left(self) -> None:
        """The answer's bytes are with the network: should the process die now, it is not sent a second time."""
        if self._inbox and not self._left and not self._settled:
            self._left = True
            self._inbox.sent(self._update_id)

    def returned(self) -> None:
        """The answer was refused: should the process die now, it is sent again."""
        if self._inbox and self._left and not self._settled:
            self._left = False
            self._inbox.returned(self._update_id)

    def later(self) -> None:
        """The network failed; try again in a while."""
        if self._inbox and not self._settled:
            self._settled = True
            self._inbox.later(self._update_id)

    def quarantine(self, reason: str) -> None:
        """The update cannot be handled."""
        if self._inbox and not self._settled:
            self._settled = True
            self._inbox.quarantine(self._update_id, reason)

    def close(self) -> None:
        """The handling has ended."""
        if self._inbox and not self._settled:
            self._settled = True
            if self._left:
                self._inbox.answered(self._update_id)
            else:
                self._inbox.done(self._update_id)


current: ContextVar[Departure | None] = ContextVar("current", default=None)
"""What the message that is being sent belongs to."""
