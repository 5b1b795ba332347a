"""Finds candidates fast and roughly: one SQLite file, read as an immutable snapshot."""

from __future__ import annotations

import json
import math
import sqlite3
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.analysis import Analyzer
from bot.asks import Asks
from bot.facts import Citation
from bot.freshness import code_signature
from bot.lexicon import Lexicon
from bot.naming import Names

if TYPE_CHECKING:
    from bot.classifier import Classifier

_CANDIDATES = 90
_EXAMPLES = 10
_REMEMBERED = 20_000
_REMEMBERED_POSTINGS = 2_000
PASSAGES, GRAMS = "*", "#"
_SHORTER = [1.0, *(1 / math.sqrt(n) for n in range(1, 256))]


class IndexUnreadableError(Exception):
    """The file is not an index this code can read."""


DamagedError = sqlite3.DatabaseError


@dataclass(frozen=True)
class Entry:
    """A fact, a gap or a piece of small talk, as the index holds it; `said` are its answers' terms by language, `stated` the
    names in them."""

    id: int
    name: str
    kind: str
    wordings: Mapping[str, int]
    asked: Mapping[str, float]
    sessions: frozenset[int]
    years: frozenset[int]
    names: frozenset[str]
    stated: frozenset[str]
    report: str
    place: str
    core: Mapping[str, Sequence[tuple[str, int]]]
    said: Mapping[str, frozenset[str]]

    @property
    def together(self) -> tuple[str, str]:
        """What it stands together with: the facts of one paragraph stand together, all else alone."""
        return (self.report, self.place) if self.kind == "fact" else (self.kind, self.name)


@dataclass(frozen=True)
class Texts:
    """What an entry says: its answers and first questions by language, and where it stands."""

    answers: Mapping[str, str]
    questions: Mapping[str, str]
    citations: tuple[Citation, ...]


@dataclass(frozen=True)
class Candidate:
    """A wording that shares terms with the question; its terms stand between spaces."""

    id: int
    entry: int
    language: str
    plain: str
    terms: str


class Index(Lexicon):
    """One open index. Reading it never changes it; `close` it when a newer one has come."""

    def __init__(self, path: Path) -> None:
        """Open the index at `path`. Raises IndexUnreadableError when it is missing, torn or built by other code."""
        self.path = path
        try:
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
            self._meta = dict(connection.execute("SELECT key, value FROM meta"))
            for table in ("wordings_fts", "passages_fts"):
                connection.execute(f"SELECT rowid FROM {table} WHERE {table} MATCH 'a'").fetchone()
            for table in ("entries", "lengths"):
                connection.execute(f"SELECT rowid FROM {table} LIMIT 1").fetchone()
        except (sqlite3.Error, OSError) as error:
            raise IndexUnreadableError(f"{path}: {error}") from error
        super().__init__(connection, json.loads(self._meta.get("sizes", "{}")))
        if self._meta.get("code") != code_signature():
            self.connection.close()
            raise IndexUnreadableError(f"{path}: built by another version")
        self._read_meta: dict[str, Any] = {}
        self._seen: dict[int, Candidate] = {}
        self._hidden: frozenset[int] = frozenset()
        self.postings: Callable[[str, str], array[int]] = lru_cache(_REMEMBERED_POSTINGS)(self._postings)
        self.entry: Callable[[int], Entry] = lru_cache(5_000)(self._entry)

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

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
        return Asks(self.analyzer, stored["kinds"], stored["sessions"], Names(self.analyzer, self._names))

    def _names(self, language: str) -> Mapping[str, Sequence[str]]:
        found: Mapping[str, Sequence[str]] = self.meta(f"names {language}", {})
        return found

    @cached_property
    def classifier(self) -> Classifier:
        """What was learned from the wordings; it knows nothing where nothing was."""
        from bot.classifier import Classifier

        return Classifier(self.connection, self.analyzer)

    def _entry(self, entry_id: int) -> Entry:
        row = self.connection.execute("SELECT name, kind, report, place, traits FROM entries WHERE id = ?", (entry_id,)).fetchone()
        return self.read_entry(entry_id, row[0], row[1], row[2], row[3], json.loads(row[4]))

    def read_entry(self, entry_id: int, name: str, kind: str, report: str, place: str, traits: Mapping[str, Any]) -> Entry:
        """An entry with these traits."""
        sessions, years = frozenset(traits["sessions"]), frozenset(traits["years"])
        names, stated = frozenset(traits["names"]), frozenset(traits["stated"])
        core = {language: [(term, count) for term, count in terms] for language, terms in traits["core"].items()}
        said = {language: frozenset(terms.split()) for language, terms in traits["said"].items()}
        return Entry(entry_id, name, kind, traits["wordings"], traits["asked"], sessions, years, names, stated, report, place, core, said)

    def texts(self, entry_id: int) -> Texts:
        """What an entry says."""
        row = self.connection.execute("SELECT texts FROM entries WHERE id = ?", (entry_id,)).fetchone()
        stored = json.loads(row[0])
        return Texts(stored["answers"], stored["questions"], tuple(Citation(*c) for c in stored["citations"]))

    def named(self, name: str, kind: str = "fact") -> Entry | None:
        """The entry with this name, or None."""
        row = self.connection.execute("SELECT id FROM entries WHERE name = ? AND kind = ?", (name, kind)).fetchone()
        return self.entry(row[0]) if row else None

    def names(self, kind: str = "fact") -> list[str]:
        """Every entry's name, sorted."""
        return [row[0] for row in self.connection.execute("SELECT name FROM entries WHERE kind = ? ORDER BY name", (kind,))]

    def candidates(self, worths: Mapping[str, Mapping[str, float]], limit: int = _CANDIDATES) -> list[tuple[Candidate, float]]:
        """The wordings that share the most telling terms with a question, for their number of terms.

        `worths` are the question's terms by language with what each is worth. With each wording comes the worth of the
        terms it shares. The rarest terms are looked up first, up to a budget of postings, so that time grows little with
        the index.
        """
        shared: dict[int, float] = {}
        common: dict[str, list[tuple[str, float]]] = {}
        for language, own in worths.items():
            if language in self.sizes:
                rarest = self.rarest(language, own)
                common[language] = [(f" {term} ", worth) for term, worth in own.items() if term not in rarest]
                for term in rarest:
                    worth = own[term]
                    for wording in self.postings(language, term):
                        shared[wording] = shared.get(wording, 0.0) + worth
        found = []
        for candidate in self._candidates(self._densest(shared, limit)):
            worth = shared[candidate.id] + sum([worth for term, worth in common[candidate.language] if term in candidate.terms])
            found.append((candidate, worth))
        return found

    def examples(self, entry_id: int, language: str, limit: int = _EXAMPLES) -> list[Candidate]:
        """Some wordings of an entry in a language."""
        query = "SELECT id FROM wordings WHERE entry = ? AND language = ? ORDER BY id LIMIT ?"
        found = self.connection.execute(query, (entry_id, language, limit + len(self._hidden)))
        return self._candidates([row[0] for row in found if row[0] not in self._hidden][:limit])

    def _densest(self, shared: Mapping[int, float], limit: int) -> list[int]:
        """The wordings with the most worth for their number of terms, in no order."""
        counts = self._counts
        left = [wording for wording in shared if wording not in self._hidden] if self._hidden else list(shared)
        dense = [shared[wording] * _SHORTER[counts[wording]] for wording in left]
        if len(dense) <= limit:
            return left
        least = sorted(dense, reverse=True)[limit - 1]
        return [wording for wording, density in zip(left, dense, strict=True) if density >= least][: 2 * limit]

    @cached_property
    def _counts(self) -> bytes:
        """The number of terms of each wording, 255 at most; 0 comes before the first."""
        return b"\0" + bytes(self.connection.execute("SELECT counts FROM lengths").fetchone()[0])

    @cached_property
    def _norms(self) -> array[float]:
        norms = array("d", [1.0])
        norms.frombytes(self.connection.execute("SELECT norms FROM lengths").fetchone()[0])
        return norms

    def norm(self, candidate: Candidate) -> float:
        """The length of a wording's vector of inverse document frequencies."""
        return self._norms[candidate.id]

    def _postings(self, language: str, term: str) -> array[int]:
        query = "SELECT rowid FROM wordings_fts WHERE wordings_fts MATCH ?"
        return array("I", [row[0] for row in self.connection.execute(query, (f"{language}:{quoted(term)}",))])

    def _candidates(self, wordings: list[int]) -> list[Candidate]:
        if len(self._seen) + len(wordings) > _REMEMBERED:
            self._seen.clear()
        new = [wording for wording in wordings if wording not in self._seen]
        if new:
            marks = ", ".join("?" * len(new))
            rows = self.connection.execute(f"SELECT id, entry, language, plain, terms FROM wordings WHERE id IN ({marks})", new)
            self._seen.update({row[0]: Candidate(row[0], row[1], row[2], row[3], f" {row[4]} ") for row in rows})
        return [self._seen[wording] for wording in wordings]

    def wordings(self, entry_id: int | None = None) -> list[tuple[int, int, str, str]]:
        """(id, entry, language, text) of every wording, or of one entry's."""
        where, values = ("WHERE entry = ? ", (entry_id,)) if entry_id is not None else ("", ())
        return self.connection.execute(f"SELECT id, entry, language, text FROM wordings {where}ORDER BY id", values).fetchall()


def quoted(term: str) -> str:
    """A term as an FTS5 string."""
    return '"' + term.replace('"', '""') + '"'
