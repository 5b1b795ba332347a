"""Finds candidates fast and roughly: one SQLite file, read as an immutable snapshot."""

from __future__ import annotations

import json
import math
import sqlite3
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.analysis import Analyzer
from bot.asks import Asked, Asks
from bot.facts import Citation
from bot.freshness import code_signature

if TYPE_CHECKING:
    from bot.classifier import Classifier

_POSTINGS = 1500
_CANDIDATES = 100
_REMEMBERED = 20_000
_AT_ONCE = 500
_PASSAGE = "id, report, label, place, text, length, terms, grams"
PASSAGES, GRAMS = "*", "#"


class IndexUnreadableError(Exception):
    """The file is not an index this code can read."""


DamagedError = sqlite3.DatabaseError


@dataclass(frozen=True)
class Entry:
    """A fact, a gap or a piece of small talk, as the index holds it."""

    id: int
    name: str
    kind: str
    wordings: Mapping[str, int]
    asked: Mapping[str, float]
    sessions: frozenset[int]
    years: frozenset[int]
    elsewhere: float
    place: str
    core: Mapping[str, Sequence[tuple[str, int]]]


@dataclass(frozen=True)
class Texts:
    """What an entry says: its answers and first questions by language, and where it stands."""

    answers: Mapping[str, str]
    questions: Mapping[str, str]
    citations: tuple[Citation, ...]


@dataclass(frozen=True)
class Candidate:
    """A wording that shares terms with the question."""

    id: int
    entry: int
    language: str
    plain: str
    terms: frozenset[str]


@dataclass(frozen=True)
class Passage:
    """A sentence of a paragraph, or the whole paragraph when `place` is 0; its terms stand between spaces."""

    id: int
    report: str
    label: str
    place: int
    text: str
    length: int
    terms: str
    grams: frozenset[str]


class Index:
    """One open index. Reading it never changes it; `close` it when a newer one has come."""

    def __init__(self, path: Path) -> None:
        """Open the index at `path`. Raises IndexUnreadableError when it is missing, torn or built by other code."""
        self.path = path
        try:
            self._db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
            self._meta = dict(self._db.execute("SELECT key, value FROM meta"))
            for table in ("wordings_fts", "passages_fts", "entries"):
                self._db.execute(f"SELECT rowid FROM {table} LIMIT 1").fetchone()
        except (sqlite3.Error, OSError) as error:
            raise IndexUnreadableError(f"{path}: {error}") from error
        if self._meta.get("code") != code_signature():
            self._db.close()
            raise IndexUnreadableError(f"{path}: built by another version")
        self._read_meta: dict[str, Any] = {}
        self._seen: dict[int, Candidate] = {}
        self._hidden: frozenset[int] = frozenset()
        self._dfs: dict[tuple[str, str], int] = {}
        self.entry_counts: Callable[[str, str], Mapping[int, int]] = lru_cache(20_000)(self._entry_counts)
        self.entry: Callable[[int], Entry] = lru_cache(5_000)(self._entry)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def meta(self, key: str, default: Any = None) -> Any:
        """A value the build stored, read from JSON."""
        if key not in self._read_meta:
            if key not in self._meta:
                return default
            self._read_meta[key] = json.loads(self._meta[key])
        return self._read_meta[key]

    @cached_property
    def analyzer(self) -> Analyzer:
        """The analyzer the index was built with."""
        stored = self.meta("analysis")
        return Analyzer(str.maketrans(*stored["simplified"]), stored["synonyms"], stored["numbers"])

    @cached_property
    def asks(self) -> Asks:
        """What recognizes the kinds of questions, as it was when the index was built."""
        stored = self.meta("asks")
        return Asks(self.analyzer, stored["kinds"], stored["sessions"])

    @cached_property
    def classifier(self) -> Classifier:
        """What was learned from the wordings; it knows nothing where nothing was."""
        from bot.classifier import Classifier

        return Classifier(self._db, self.analyzer)

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """How many wordings each language has."""
        return dict(self.meta("sizes"))

    def idf(self, language: str, term: str) -> float:
        """How telling a term is among the wordings of a language."""
        total = self.sizes.get(language, 0)
        return math.log(1 + (total + 1) / (self.df(language, term) + 0.5))

    def df(self, language: str, term: str) -> int:
        """In how many wordings of a language a term stands."""
        found = self._dfs.get((language, term))
        if found is None:
            self.recall(language, [term])
            found = self._dfs[language, term]
        return found

    def recall(self, language: str, terms: Iterable[str]) -> None:
        """Look up the frequencies of terms not met before, all at once."""
        wanted = [term for term in terms if (language, term) not in self._dfs]
        if len(self._dfs) > _REMEMBERED:
            self._dfs.clear()
        self._dfs.update(dict.fromkeys(((language, term) for term in wanted), 0))
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(part))
            rows = self._db.execute(f"SELECT term, df FROM terms WHERE language = ? AND term IN ({marks})", (language, *part))
            self._dfs.update({(language, term): df for term, df in rows})

    def _entry_counts(self, language: str, term: str) -> Mapping[int, int]:
        """In how many of each entry's wordings a term stands."""
        row = self._db.execute("SELECT entries FROM terms WHERE language = ? AND term = ?", (language, term)).fetchone()
        if not row or not row[0]:
            return {}
        numbers = array("I")
        numbers.frombytes(row[0])
        return dict(zip(numbers[::2], numbers[1::2], strict=True))

    def _entry(self, entry_id: int) -> Entry:
        row = self._db.execute("SELECT name, kind, place, traits FROM entries WHERE id = ?", (entry_id,)).fetchone()
        return self.read_entry(entry_id, row[0], row[1], row[2], json.loads(row[3]))

    def read_entry(self, entry_id: int, name: str, kind: str, place: str, traits: Mapping[str, Any]) -> Entry:
        """An entry with these traits."""
        sessions, years = frozenset(traits["sessions"]), frozenset(traits["years"])
        core = {language: [(term, count) for term, count in terms] for language, terms in traits["core"].items()}
        return Entry(entry_id, name, kind, traits["wordings"], traits["asked"], sessions, years, traits["elsewhere"], place, core)

    def texts(self, entry_id: int) -> Texts:
        """What an entry says."""
        row = self._db.execute("SELECT texts FROM entries WHERE id = ?", (entry_id,)).fetchone()
        stored = json.loads(row[0])
        return Texts(stored["answers"], stored["questions"], tuple(Citation(*c) for c in stored["citations"]))

    def named(self, name: str, kind: str = "fact") -> Entry | None:
        """The entry with this name, or None."""
        row = self._db.execute("SELECT id FROM entries WHERE name = ? AND kind = ?", (name, kind)).fetchone()
        return self.entry(row[0]) if row else None

    def names(self, kind: str = "fact") -> list[str]:
        """Every entry's name, sorted."""
        return [row[0] for row in self._db.execute("SELECT name FROM entries WHERE kind = ? ORDER BY name", (kind,))]

    def knows_word(self, language: str, word: str) -> bool:
        """Whether some wording of the language holds this word."""
        return self.word_count(language, word) > 0

    def word_count(self, language: str, word: str) -> int:
        """How many wordings of the language hold this word."""
        row = self._db.execute("SELECT df FROM words WHERE language = ? AND word = ?", (language, word)).fetchone()
        return int(row[0]) if row else 0

    def familiarity(self, language: str, word: str) -> float:
        """How usual a word is in a language's wordings: the logarithm of its share, low for one that never occurs."""
        return math.log((self.word_count(language, word) + 0.05) / max(1, self.sizes[language]))

    def words_like(self, language: str, initial: str, shortest: int, longest: int) -> list[tuple[str, int]]:
        """Words of a language with their frequencies, by first letter and length."""
        return self._db.execute(
            "SELECT word, df FROM words WHERE language = ? AND initial = ? AND length BETWEEN ? AND ?",
            (language, initial, shortest, longest),
        ).fetchall()

    def sound(self, characters: str) -> str:
        """How a run of Han characters sounds, in pinyin without tones; empty when a character has no reading."""
        read = [self._db.execute("SELECT sound FROM sounds WHERE char = ?", (c,)).fetchone() for c in characters]
        return " ".join(row[0] for row in read if row) if all(read) else ""

    @cached_property
    def syllables(self) -> frozenset[str]:
        """Every syllable of pinyin."""
        return frozenset(row[0] for row in self._db.execute("SELECT DISTINCT sound FROM sounds"))

    def terms_sounding(self, sound: str) -> list[tuple[str, int]]:
        """Pairs of Han characters that sound so, with their frequencies, the most frequent first."""
        return self._db.execute("SELECT term, df FROM terms WHERE sound = ? ORDER BY df DESC, term", (sound,)).fetchall()

    def candidates(self, terms: Mapping[str, Iterable[str]], limit: int = _CANDIDATES) -> list[Candidate]:
        """The wordings that share the most telling terms with a question.

        `terms` are the question's terms by language. The rarest terms are looked up first, up to a budget of postings,
        so that time grows little with the index.
        """
        parts = []
        for language, own in terms.items():
            if language in self.sizes:
                chosen = self._rarest(language, own)
                if chosen:
                    parts.append(f"{language}:({' OR '.join(quoted(t) for t in chosen)})")
        if not parts:
            return []
        rows = self._db.execute(
            "SELECT rowid FROM wordings_fts WHERE wordings_fts MATCH ? ORDER BY bm25(wordings_fts) LIMIT ?",
            (" OR ".join(parts), limit + len(self._hidden)),
        ).fetchall()
        wanted = [row[0] for row in rows if row[0] not in self._hidden][:limit]
        return self._candidates(wanted)

    def _candidates(self, wordings: list[int]) -> list[Candidate]:
        if len(self._seen) + len(wordings) > _REMEMBERED:
            self._seen.clear()
        new = [wording for wording in wordings if wording not in self._seen]
        marks = ", ".join("?" * len(new))
        rows = self._db.execute(f"SELECT id, entry, language, plain, terms FROM wordings WHERE id IN ({marks})", new)
        self._seen.update({row[0]: Candidate(row[0], row[1], row[2], row[3], frozenset(row[4].split())) for row in rows})
        return [self._seen[wording] for wording in wordings]

    def _rarest(self, language: str, terms: Iterable[str]) -> list[str]:
        ordered = sorted((df, term) for term in set(terms) if (df := self.df(language, term)))
        chosen: list[str] = []
        postings = 0
        for df, term in ordered:
            if len(chosen) >= 2 and postings + df > _POSTINGS:
                break
            chosen.append(term)
            postings += df
        return chosen

    def wordings(self, entry_id: int | None = None) -> list[tuple[int, int, str, str]]:
        """(id, entry, language, text) of every wording, or of one entry's."""
        where, values = ("WHERE entry = ? ", (entry_id,)) if entry_id is not None else ("", ())
        return self._db.execute(f"SELECT id, entry, language, text FROM wordings {where}ORDER BY id", values).fetchall()

    def passages(self, terms: Iterable[str], grams: Iterable[str], limit: int) -> list[Passage]:
        """Whole paragraphs that share the most telling of these terms and grams, the best first by BM25."""
        parts = []
        for column, language, own in (("terms", PASSAGES, terms), ("grams", GRAMS, grams)):
            chosen = self._rarest(language, own)
            if chosen:
                parts.append(f"{column}:({' OR '.join(map(quoted, chosen))})")
        if not parts:
            return []
        rows = self._db.execute(
            f"SELECT {_PASSAGE} FROM (SELECT rowid AS found FROM passages_fts WHERE passages_fts MATCH ? "
            "ORDER BY bm25(passages_fts, 1.0, 0.3) LIMIT ?) CROSS JOIN passages ON id = found",
            (" OR ".join(parts), limit),
        )
        return [_passage(row) for row in rows]

    def sentences(self, paragraph: Passage) -> list[Passage]:
        """The sentences of a whole paragraph, in order."""
        query = f"SELECT {_PASSAGE} FROM passages WHERE label = ? AND report = ? AND place > 0 ORDER BY place"
        return [_passage(row) for row in self._db.execute(query, (paragraph.label, paragraph.report))]

    def paragraph(self, label: str, report: str | None = None) -> Passage | None:
        """The whole paragraph with this label, or None."""
        query = f"SELECT {_PASSAGE} FROM passages WHERE label = ? AND place = 0 AND report = ifnull(?, report)"
        row = self._db.execute(query, (label, report)).fetchone()
        return _passage(row) if row else None

    def labels(self) -> tuple[str, ...]:
        """Every paragraph label in the reports' order."""
        return tuple(row[0] for row in self._db.execute("SELECT label FROM passages WHERE place = 0 ORDER BY id"))


def _passage(row: tuple[Any, ...]) -> Passage:
    serial, report, label, place, text, length, terms, grams = row
    return Passage(serial, report, label, place, text, length, terms, frozenset(grams.split()))


def quoted(term: str) -> str:
    """A term as an FTS5 string."""
    return '"' + term.replace('"', '""') + '"'


__all__ = [
    "Asked",
    "Candidate",
    "DamagedError",
    "Entry",
    "Index",
    "IndexUnreadableError",
    "Passage",
    "Texts",
    "quoted",
]
