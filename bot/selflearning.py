"""What an index learns from its own wordings, each left out before anything is computed from it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from bot import classifier, learning
from bot.classifier import Model
from bot.index import Index
from bot.judge import Judge
from bot.learning import Calibration, Sample
from bot.leaving import Row

_FOLDS = 3
_LEAST_WORDINGS = 8
_GAIN = 0.005
_SAMPLE = 600
_MOST_CELLS = 4_000_000


def calibrate(path: Path) -> Calibration:
    """The calibration of the index at `path` from its own wordings; a classifier that earns its place is written into it."""
    index = Index(path)
    shipped = Judge.shipped()
    plain = learning.leave_outs(index, shipped)
    learned = _learned(index) if _may_learn(index) else None
    if learned:
        crossed = learning.leave_outs(index, shipped, _SAMPLE, without=learned.without)
        judge = learning.fit(crossed, ())
        samples = [sample.judged(judge) for sample in crossed]
        if _accuracy(samples) >= _accuracy(plain) + _GAIN:
            index.close()
            with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                for language, model in learned.whole().items():
                    classifier.store(connection, language, model)
            return Calibration(judge, learning.thresholds_from_wordings(samples), True)
    index.close()
    return Calibration(shipped, learning.thresholds_from_wordings(plain), False)


def add_classifier(path: Path) -> None:
    """Write the classifier into the index at `path`."""
    index = Index(path)
    models = _Folds(index).whole()
    index.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for language, model in models.items():
            classifier.store(connection, language, model)


def _may_learn(index: Index) -> bool:
    """Whether there are wordings enough to learn from, and not so many entries that learning would take minutes."""
    counts = Counter(row[1] for row in index.wordings() if index.entry(row[1]).kind == "fact")
    enough = len(counts) > 2 and sum(counts.values()) / len(counts) >= _LEAST_WORDINGS
    return enough and sum(counts.values()) * len(counts) <= _MOST_CELLS


def _learned(index: Index) -> _Folds | None:
    try:
        import sklearn  # noqa: F401
    except ImportError:
        return None
    return _Folds(index)


class _Folds:
    """Models that have not seen a fold of the wordings, or a fold of the entries."""

    def __init__(self, index: Index) -> None:
        self._rows = [row for row in index.wordings() if index.entry(row[1]).kind != "chat"]
        self._features = {row[0]: classifier.features(index.analyzer, row[3], row[2]) for row in self._rows}
        self._models: dict[tuple[str, int, bool], Model] = {}

    def without(self, row: Row, entry_too: bool) -> Mapping[int, float]:
        """The distances of a wording by a model that has not seen it (nor, with `entry_too`, its entry)."""
        number = row[1] if entry_too else row[0]
        key = (row[2], number % _FOLDS, entry_too)
        if key not in self._models:
            place = 1 if entry_too else 0
            seen = [r for r in self._rows if r[2] == row[2] and r[place] % _FOLDS != key[1]]
            self._models[key] = classifier.train([self._features[r[0]] for r in seen], [r[1] for r in seen])
        return self._models[key].scores(self._features[row[0]])

    def whole(self) -> dict[str, Model]:
        """A model of every language from all its wordings."""
        models = {}
        for language in sorted({row[2] for row in self._rows}):
            rows = [row for row in self._rows if row[2] == language]
            if len({row[1] for row in rows}) > 1:
                models[language] = classifier.train([self._features[r[0]] for r in rows], [r[1] for r in rows])
        return models


def _accuracy(samples: list[Sample]) -> float:
    asked = [s for s in samples if s.answerable]
    return sum(bool(s.matches) and s.matches[0].entry.name in s.right for s in asked) / max(1, len(asked))
