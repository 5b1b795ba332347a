"""The reports' own text, paragraph by paragraph and sentence by sentence, as an index holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bot.index import GRAMS, PASSAGES, Index, quoted

_REMEMBERED = 1_000
_POSTINGS = 600
_PASSAGE = "id, report, label, place, text, plain, length, terms, grams"


@dataclass(frozen=True)
class Passage:
    """A sentence of a paragraph, or the whole paragraph when `place` is 0; its terms stand between spaces."""

    id: int
    report: str
    label: str
    place: int
    text: str
    plain: str
    length: int
    terms: str
    grams: frozenset[str]


class Passages:
    """The paragraphs and sentences of one index."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.sentences: Callable[[Passage], Sequence[Passage]] = lru_cache(_REMEMBERED)(self._sentences)

    def found(self, terms: Iterable[str], grams: Iterable[str], limit: int) -> list[Passage]:
        """Whole paragraphs that share the most telling of these terms and grams, the best first by BM25."""
        parts = []
        for column, language, own in (("terms", PASSAGES, terms), ("grams", GRAMS, grams)):
            chosen = self.index.rarest(language, own, _POSTINGS)
            if chosen:
                parts.append(f"{column}:({' OR '.join(map(quoted, chosen))})")
        if not parts:
            return []
        rows = self.index.connection.execute(
            f"SELECT {_PASSAGE} FROM (SELECT rowid AS found FROM passages_fts WHERE passages_fts MATCH ? "
            "ORDER BY bm25(passages_fts, 1.0, 0.3) LIMIT ?) CROSS JOIN passages ON id = found",
            (" OR ".join(parts), limit),
        )
        return [_passage(row) for row in rows]

    def _sentences(self, paragraph: Passage) -> list[Passage]:
        """The sentences of a whole paragraph, in order."""
        query = f"SELECT {_PASSAGE} FROM passages WHERE label = ? AND report = ? AND place > 0 ORDER BY place"
        return [_passage(row) for row in self.index.connection.execute(query, (paragraph.label, paragraph.report))]

    def paragraph(self, label: str, report: str | None = None) -> Passage | None:
        """The whole paragraph with this label, or None."""
        query = f"SELECT {_PASSAGE} FROM passages WHERE label = ? AND place = 0 AND report = ifnull(?, report)"
        row = self.index.connection.execute(query, (label, report)).fetchone()
        return _passage(row) if row else None

    def labels(self) -> tuple[str, ...]:
        """Every paragraph label in the reports' order."""
        return tuple(row[0] for row in self.index.connection.execute("SELECT label FROM passages WHERE place = 0 ORDER BY id"))


def _passage(row: tuple[Any, ...]) -> Passage:
    serial, report, label, place, text, plain, length, terms, grams = row
    return Passage(serial, report, label, place, text, plain, length, terms, frozenset(grams.split()))
