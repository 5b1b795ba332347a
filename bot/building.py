"""Knowledge becomes an index file, whole or not at all."""

from __future__ import annotations

import contextlib
import json
import math
import os
import sqlite3
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlite_utils

from bot import sources, traits, variants
from bot.analysis import Analyzer
from bot.asks import Asks
from bot.counting import Counts
from bot.facts import Block, Fact, Gap, Knowledge, Wording
from bot.freshness import code_signature
from bot.index import GRAMS, PASSAGES
from bot.naming import Names
from bot.traits import Traits

_AT_ONCE = 32 * 1024 * 1024
_OWN = 0.1
_CACHE = 128 * 1024
Progress = Callable[[int, int], None]
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entries (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, report TEXT NOT NULL, place TEXT NOT NULL,
    traits TEXT NOT NULL, texts TEXT NOT NULL);
CREATE TABLE wordings (id INTEGER PRIMARY KEY, entry INTEGER NOT NULL, language TEXT NOT NULL, text TEXT NOT NULL,
    plain TEXT NOT NULL, terms TEXT NOT NULL);
CREATE TABLE terms (language TEXT NOT NULL, term TEXT NOT NULL, df INTEGER NOT NULL, sound TEXT, entries BLOB,
    claim REAL,    PRIMARY KEY (language, term)) WITHOUT ROWID;
CREATE TABLE words (language TEXT NOT NULL, word TEXT NOT NULL, initial TEXT NOT NULL, length INTEGER NOT NULL, df INTEGER NOT NULL,
    PRIMARY KEY (language, word)) WITHOUT ROWID;
CREATE TABLE lengths (counts BLOB NOT NULL, norms BLOB NOT NULL);
CREATE TABLE sounds (char TEXT PRIMARY KEY, sound TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE passages (id INTEGER PRIMARY KEY, report TEXT NOT NULL, label TEXT NOT NULL, place INTEGER NOT NULL,
    text TEXT NOT NULL, plain TEXT NOT NULL, length INTEGER NOT NULL, terms TEXT NOT NULL, grams TEXT NOT NULL);
CREATE VIRTUAL TABLE passages_fts USING fts5(terms, grams, content='', tokenize='ascii');
"""
_INDEXES = """
CREATE INDEX wordings_by_entry ON wordings (entry);
CREATE INDEX entries_by_name ON entries (name);
CREATE INDEX terms_by_sound ON terms (sound) WHERE sound IS NOT NULL;
CREATE INDEX words_by_form ON words (language, initial, length);
CREATE INDEX passages_by_label ON passages (label, place);
INSERT INTO passages_fts (passages_fts) VALUES ('optimize');
"""
_Entry = tuple[str, str, Mapping[str, Block], Fact | Gap | None]


def analyzer(knowledge: Knowledge) -> Analyzer:
    """The analyzer for this knowledge: its synonyms and spelled numbers, and the traditional characters folded."""
    numbers = {
        language: {str(word).casefold(): str(value) for word, value in _table(table, "numbers").items()}
        for language, table in knowledge.languages.items()
    }
    plain = Analyzer(variants.simplified())
    folded = {language: {plain.fold(word): value for word, value in table.items()} for language, table in numbers.items()}
    return Analyzer(plain.simplified, knowledge.synonyms, folded)


def asks(knowledge: Knowledge, cut: Analyzer) -> Asks:
    """What recognizes the kinds of questions in this knowledge's languages."""
    kinds = {language: _table(table, "asks") for language, table in knowledge.languages.items()}
    sessions = {language: _strings(table.get("sessions")) for language, table in knowledge.languages.items()}
    return Asks(cut, kinds, sessions, Names(cut, lambda language: knowledge.names.get(language, {})))


def write(knowledge: Knowledge, target: Path, progress: Progress | None = None) -> None:
    """Write the index of `knowledge` to `target`, an empty file."""
    database = sqlite_utils.Database(sqlite3.connect(target, isolation_level=None))
    _Writer(database.conn, knowledge).write(progress)
    database.conn.close()


def add_meta(target: Path, values: Mapping[str, object]) -> None:
    """Add to what an index says of itself, before it is published."""
    with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as connection:
        _meta(connection, values)


def publish(temporary: Path, target: Path) -> None:
    """Put a finished file in place of another so that a reader sees the one or the other, never a part."""
    with temporary.open("rb") as handle:
        os.fsync(handle.fileno())
    os.replace(temporary, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _meta(connection: sqlite3.Connection, values: Mapping[str, object]) -> None:
    rows = [(key, json.dumps(value, ensure_ascii=False, sort_keys=True)) for key, value in values.items()]
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)


class _Writer:
    def __init__(self, connection: sqlite3.Connection, knowledge: Knowledge) -> None:
        self.connection = connection
        self.knowledge = knowledge
        self.analyzer = analyzer(knowledge)
        self.asks = asks(knowledge, self.analyzer)
        self.nameless = replace(self.asks, names=Names(self.analyzer))
        titles = [(title, language) for report in knowledge.reports for language, title in report.titles.items()]
        self.own_sessions = frozenset(
            n for title, language in titles for n in self.asks.read(self.analyzer.words(title, language), language).sessions
        )
        self.named: Counter[str] = Counter()
        self.counts: dict[str, Counts] = {}
        self.readings = variants.sounds()
        self.lengths: tuple[array[int], array[int]] = (array("I"), array("I"))

    def write(self, progress: Progress | None) -> None:
        entries = [*self.entries()]
        languages = sorted({language for _, _, blocks, _ in entries for language in blocks}) or ["en"]
        self.counts = {language: Counts() for language in languages}
        self.connection.execute(f"PRAGMA cache_size = -{_CACHE}")
        self.connection.execute("PRAGMA journal_mode = OFF")
        self.connection.execute("PRAGMA synchronous = OFF")
        self.connection.executescript(_SCHEMA)
        self.connection.execute("BEGIN")
        options = "content='', detail=column, columnsize=0, tokenize='ascii'"
        self.connection.execute(f"CREATE VIRTUAL TABLE wordings_fts USING fts5({', '.join(languages)}, {options})")
        self.connection.execute("INSERT INTO wordings_fts (wordings_fts, rank) VALUES ('hashsize', ?)", (_AT_ONCE,))
        self.wordings(entries, languages, progress)
        self.terms()
        self.lengths_of_wordings()
        self.passages()
        self.connection.executemany("INSERT INTO sounds VALUES (?, ?)", sorted(self.readings.items()))
        self.connection.execute("COMMIT")
        self.connection.executescript(_INDEXES)
        self.meta(languages)

    def entries(self) -> Iterator[_Entry]:
        """Every entry: its name, kind, blocks and what it was read from."""
        for fact in self.knowledge.facts:
            yield fact.id, "fact", fact.blocks, fact
        for gap in self.knowledge.gaps:
            yield gap.id, "gap", gap.blocks, gap
        for name, blocks in small_talk(self.knowledge).items():
            yield name, "chat", blocks, None

    def wordings(self, entries: Sequence[_Entry], languages: list[str], progress: Progress | None) -> None:
        serial = 0
        for number, (name, kind, blocks, source) in enumerate(entries, 1):
            gathered, asks = Traits(), self.asks if kind == "fact" else self.nameless
            rows: list[tuple[int, int, str, str, str, str]] = []
            for language, block in blocks.items():
                spelled = []
                for wording in block.wordings:
                    serial += 1
                    folded = self.analyzer.fold(wording.text)
                    raw = self.analyzer.cut(folded)
                    words = self.analyzer.words_of(folded, language, raw)
                    terms = list(dict.fromkeys(self.analyzer.terms(words, language)))
                    gathered.wording(language, asks.read(words, language), terms)
                    spelled.append(raw if words == raw else [*words, *raw])
                    rows.append((serial, number, language, wording.text, " ".join(words), " ".join(terms)))
                self.counts[language].words(spelled)
                found = [(row[0], row[5]) for row in rows if row[2] == language]
                self.connection.executemany(f"INSERT INTO wordings_fts (rowid, {language}) VALUES (?, ?)", found)
                words = self.analyzer.words(block.answer, language)
                gathered.answer(language, asks.read(words, language), self.analyzer.terms(words, language))
            for language in languages:
                self.counts[language].entry(number, gathered.wordings[language], gathered.terms(language))
            held = gathered.as_json()
            if kind == "fact":
                self.named.update(held["names"])
            report, place = next(((c.report, c.paragraph) for c in traits.citations(source)), ("", ""))
            entry = (number, name, kind, report, place, _json(held), _json(traits.texts(source, blocks)))
            self.connection.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", entry)
            self.connection.executemany("INSERT INTO wordings VALUES (?, ?, ?, ?, ?, ?)", rows)
            if progress:
                progress(number, len(entries))

    def terms(self) -> None:
        for language, counts in self.counts.items():
            rows = ((language, term, df, self.sound(term), entries, claim) for term, df, entries, claim in counts.terms())
            self.connection.executemany("INSERT INTO terms VALUES (?, ?, ?, ?, ?, ?)", rows)
            words = ((language, word, word[0], len(word), df) for word, df in counts.vocabulary())
            self.connection.executemany("INSERT INTO words VALUES (?, ?, ?, ?, ?)", words)

    def lengths_of_wordings(self) -> None:
        """The number of terms of each wording, and the length of its vector of inverse document frequencies."""
        squares = {language: counts.squares() for language, counts in self.counts.items()}
        counts, norms = bytearray(), array("d")
        for language, held in self.connection.execute("SELECT language, terms FROM wordings ORDER BY id"):
            terms = held.split()
            counts.append(min(255, len(terms)))
            norms.append(math.sqrt(sum(map(squares[language].__getitem__, terms))) or 1.0)
        self.connection.execute("INSERT INTO lengths VALUES (?, ?)", (bytes(counts), norms.tobytes()))

    def sound(self, term: str) -> str | None:
        if len(term) != 2 or not all(c in self.readings for c in term):
            return None
        return " ".join(self.readings[c] for c in term)

    def passages(self) -> None:
        counts: Counter[tuple[str, str]] = Counter()
        serial = 0
        for report in self.knowledge.reports:
            for paragraph in report.paragraphs:
                for place, text in enumerate([paragraph.text, *sources.sentences(paragraph.text)]):
                    serial += 1
                    words = self.analyzer.words(text, report.language)
                    terms, grams = self.analyzer.terms(words, report.language), self.analyzer.grams(words)
                    plain, spaced = self.analyzer.plain(text), f" {'  '.join(terms)} "
                    row = (serial, report.id, paragraph.label, place, text, plain, len(terms), spaced, " ".join(grams))
                    self.connection.execute("INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
                    self.lengths[min(place, 1)].append(len(terms))
                    if place == 0:
                        self.connection.execute(
                            "INSERT INTO passages_fts (rowid, terms, grams) VALUES (?, ?, ?)", (serial, spaced, row[-1])
                        )
                        counts.update((PASSAGES, term) for term in set(terms))
                        counts.update((GRAMS, gram) for gram in grams)
        rows = ((kind, term, df, None, None, None) for (kind, term), df in sorted(counts.items()))
        self.connection.executemany("INSERT INTO terms VALUES (?, ?, ?, ?, ?, ?)", rows)

    def meta(self, languages: list[str]) -> None:
        simplified = self.analyzer.simplified
        paragraphs = sum(len(r.paragraphs) for r in self.knowledge.reports)
        _meta(
            self.connection,
            {
                "analysis": {
                    "simplified": ["".join(map(chr, simplified)), "".join(simplified.values())],
                    "synonyms": self.analyzer.synonyms,
                    "numbers": self.analyzer.numbers,
                },
                "asks": {"kinds": self.asks.kinds, "sessions": self.asks.sessions},
                "sizes": {language: counts.wordings for language, counts in self.counts.items()}
                | {PASSAGES: paragraphs, GRAMS: paragraphs},
                "languages": dict(self.knowledge.languages.items()),
                "spoken": list(self.knowledge.phrases),
                **{f"phrases {language}": phrases for language, phrases in self.knowledge.phrases.items()},
                **{f"counts {language}": counts.sizes.tolist() for language, counts in self.counts.items()},
                "topics": self.knowledge.topics,
                "reports": {
                    r.id: {"language": r.language, "source": r.source, "title": dict(r.titles), "url": r.url}
                    for r in self.knowledge.reports
                },
                "own_sessions": sorted(self.own_sessions),
                **{f"names {language}": names for language, names in self.knowledge.names.items()},
                "own_names": sorted(name for name, count in self.named.items() if count > _OWN * len(self.knowledge.facts)),
                "facts": len(self.knowledge.facts),
                "gaps": len(self.knowledge.gaps),
                "wordings": sum(counts.wordings for counts in self.counts.values()),
                "paragraphs": paragraphs,
                "paragraph_terms": _mean(self.lengths[0]),
                "sentence_terms": _mean(self.lengths[1]),
            },
        )
        self.connection.execute("INSERT INTO meta VALUES ('code', ?)", (code_signature(),))


def small_talk(knowledge: Knowledge) -> dict[str, dict[str, Block]]:
    """The bot's own words for greetings and the like, as blocks by name and language."""
    found: defaultdict[str, dict[str, Block]] = defaultdict(dict)
    for language, phrases in knowledge.phrases.items():
        for name, said in _table(phrases, "chat").items():
            if isinstance(said, Mapping):
                wordings = tuple(Wording(text, language) for text in _strings(said.get("questions")))
                found[name][language] = Block(wordings, str(said.get("answer", "")))
    return dict(found)


def _mean(lengths: array[int]) -> float:
    return sum(lengths) / len(lengths) if lengths else 1.0


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _table(table: Mapping[str, object], key: str) -> Mapping[str, Any]:
    value = table.get(key)
    return value if isinstance(value, Mapping) else {}


def _strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, Iterable) and not isinstance(value, str) else []
