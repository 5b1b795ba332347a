"""Signals become one score, and two thresholds make of it an answer, a choice or a no."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.index import Candidate, Entry
from bot.matching import SIGNALS, Signals
from bot.settings import PACKAGE


@dataclass(frozen=True)
class Match:
    """An entry judged: `score` is the chance (0..1) that it is what the question means."""

    entry: Entry
    score: float
    signals: tuple[float, ...]
    wording: Candidate


@dataclass(frozen=True)
class Thresholds:
    """The least score for an answer and for a choice, and how they did where they were learned.

    `margin` is how far an answer's score must stand above the next fact's; when it does not, both are offered.
    """

    answer: float
    choice: float
    margin: float = 0.0
    accepted: float = 0.0
    refused: float = 0.0
    auroc: float = 0.0
    learned_from: str = ""


@dataclass(frozen=True)
class Judge:
    """A logistic model over the signals."""

    weights: Mapping[str, float]
    bias: float

    @classmethod
    def shipped(cls) -> Judge:
        """The weights learned with `reportbot calibrate --judge` from the shipped knowledge and golden questions."""
        stored = json.loads((PACKAGE / "judge.json").read_text(encoding="utf-8"))
        return cls(stored["weights"], stored["bias"])

    def score(self, signals: Sequence[float]) -> float:
        """The chance that the entry with these signals is meant."""
        total = self.bias + sum(self.weights.get(name, 0.0) * value for name, value in zip(SIGNALS, signals, strict=True))
        return 1 / (1 + math.exp(-max(-40.0, min(40.0, total))))

    def matches(self, found: Sequence[Signals]) -> list[Match]:
        """The entries with their scores, the best first; a question that is a curated wording word for word is certain."""
        judged = [Match(s.entry, 1.0 if s.verbatim else self.score(s.values), s.values, s.wording) for s in found]
        return sorted(judged, key=_order)

    def rejudged(self, matches: Sequence[Match]) -> list[Match]:
        """Matches that another judge scored, by this one."""
        return sorted((Match(m.entry, self.score(m.signals), m.signals, m.wording) for m in matches), key=_order)


def _order(match: Match) -> tuple[float, bool, int]:
    return -match.score, match.entry.kind != "fact", match.entry.id
