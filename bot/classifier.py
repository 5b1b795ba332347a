"""A linear classifier over characters and words, learned from many wordings at build time and read without libraries."""

from __future__ import annotations

import itertools
import math
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.analysis import Analyzer, is_han

SCHEMA = """
CREATE TABLE IF NOT EXISTS learned (language TEXT NOT NULL, feature TEXT NOT NULL, idf REAL NOT NULL, scale REAL NOT NULL,
    weights BLOB NOT NULL, PRIMARY KEY (language, feature)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS learned_entries (language TEXT PRIMARY KEY, entries TEXT NOT NULL, bias TEXT NOT NULL) WITHOUT ROWID;
"""
_BLOCKS = ("t", "p", "g")
_PENALTY = 0.5
_STEPS = 127


def features(analyzer: Analyzer, text: str, language: str) -> dict[str, Counter[str]]:
    """Counts of a text's terms (t), pairs of neighbouring terms (p) and pieces of three and four letters (g)."""
    words = analyzer.words(text, language)
    terms = list(analyzer.terms(words, language))
    marked = ["^", *terms, "$"]
    pairs = Counter(f"p{a} {b}" for a, b in itertools.pairwise(marked))
    pieces: Counter[str] = Counter()
    for word in words:
        edged = word if is_han(word) else f" {word} "
        for size in (3, 4):
            pieces.update(f"g{edged[i : i + size]}" for i in range(max(1, len(edged) - size + 1)))
    return {"t": Counter(f"t{term}" for term in terms), "p": pairs, "g": pieces}


def vector(blocks: Mapping[str, Counter[str]], idf: Mapping[str, float]) -> dict[str, float]:
    """Sublinear TF-IDF of the known features, each block of length 1."""
    values: dict[str, float] = {}
    for counts in blocks.values():
        own = {name: (1 + math.log(n)) * idf[name] for name, n in counts.items() if name in idf}
        norm = math.sqrt(sum(v * v for v in own.values()))
        values.update({name: value / norm for name, value in own.items()} if norm else {})
    return values


@dataclass(frozen=True)
class Model:
    """One language's weights, one row a feature, and the entry each column stands for."""

    idf: Mapping[str, float]
    weights: Mapping[str, Sequence[float]]
    bias: Sequence[float]
    entries: Sequence[int]

    def scores(self, blocks: Mapping[str, Counter[str]]) -> dict[int, float]:
        """The signed distance of a text from each entry's plane (about -1 and below: no; 0 and above: yes)."""
        totals = list(self.bias)
        for name, value in vector(blocks, self.idf).items():
            totals = [total + value * weight for total, weight in zip(totals, self.weights[name], strict=True)]
        return dict(zip(self.entries, map(float, totals), strict=True))


def train(texts: Sequence[Mapping[str, Counter[str]]], labels: Sequence[int]) -> Model:
    """A linear support vector machine, one entry against the rest (scikit-learn's LinearSVC, squared hinge)."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.svm import LinearSVC

    df = Counter(name for blocks in texts for counts in blocks.values() for name in counts)
    idf = {name: math.log((1 + len(texts)) / (1 + n)) + 1 for name, n in sorted(df.items())}
    column = {name: place for place, name in enumerate(idf)}
    rows = [vector(blocks, idf) for blocks in texts]
    starts = np.cumsum([0, *(len(row) for row in rows)])
    places = np.fromiter((column[name] for row in rows for name in row), dtype=np.int32)
    values = np.fromiter((value for row in rows for value in row.values()), dtype=np.float64)
    matrix = csr_matrix((values, places, starts), shape=(len(rows), len(column)))
    entries = sorted(set(labels))
    machine = LinearSVC(C=_PENALTY, random_state=0).fit(matrix, np.asarray(labels))
    coefficients, bias = machine.coef_, machine.intercept_
    if len(entries) == 2:
        coefficients, bias = np.vstack([-coefficients, coefficients]), np.concatenate([-bias, bias])
    by_feature = np.ascontiguousarray(coefficients.T, dtype=np.float32)
    return Model(idf, {name: by_feature[place] for name, place in column.items()}, list(map(float, bias)), entries)


def store(connection: sqlite3.Connection, language: str, model: Model) -> None:
    """Keep a model in an index, eight bits a weight."""
    connection.executescript(SCHEMA)
    rows = []
    for name, weights in model.weights.items():
        scale = max(map(abs, weights)) / _STEPS or 1.0
        packed = bytes((round(weight / scale)) & 0xFF for weight in weights)
        rows.append((language, name, model.idf[name], float(scale), packed))
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO learned VALUES (?, ?, ?, ?, ?)", rows)
    entries, bias = " ".join(map(str, model.entries)), " ".join(repr(round(b, 6)) for b in model.bias)
    connection.execute("INSERT INTO learned_entries VALUES (?, ?, ?)", (language, entries, bias))
    connection.execute("COMMIT")


class Classifier:
    """Reads the models of one index."""

    def __init__(self, connection: sqlite3.Connection, analyzer: Analyzer) -> None:
        self._db = connection
        self._analyzer = analyzer
        self._heads = {}
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'learned_entries'").fetchone():
            for language, entries, bias in connection.execute("SELECT language, entries, bias FROM learned_entries"):
                self._heads[language] = (list(map(int, entries.split())), list(map(float, bias.split())))

    @property
    def languages(self) -> Iterable[str]:
        """The languages that have a model."""
        return self._heads.keys()

    def scores(self, text: str, language: str) -> dict[int, float]:
        """As Model.scores; empty where the language has no model."""
        if language not in self._heads:
            return {}
        blocks = features(self._analyzer, text, language)
        names = [name for counts in blocks.values() for name in counts]
        marks = ", ".join("?" * len(names))
        rows = self._db.execute(
            f"SELECT feature, idf, scale, weights FROM learned WHERE language = ? AND feature IN ({marks})", (language, *names)
        ).fetchall()
        idf = {row[0]: row[1] for row in rows}
        weights = {row[0]: [row[2] * w for w in memoryview(row[3]).cast("b")] for row in rows}
        entries, bias = self._heads[language]
        return Model(idf, weights, bias, entries).scores(blocks)
