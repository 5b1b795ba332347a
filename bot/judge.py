"""Signals become one score, and two thresholds make of it an answer, a choice or a no."""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bot.index import Candidate, Entry
from bot.matching import SIGNALS, Signals
from bot.settings import PACKAGE

_TOGETHER = 3
_AS_LIKELY = 0.15
_DOUBT = 0.02
_MISFIT = 0.05
_BESIDE = 5.0


@dataclass(frozen=True)
class Match:
    """An entry judged: `score` is the chance (0..1) that it is what the question means."""

    entry: Entry
    score: float
    values: tuple[float, ...]
    wording: Candidate
    fits: bool = True


@dataclass(frozen=True)
class Sense:
    """What a question may mean: facts of one paragraph, or a gap, or a piece of small talk.

    `score` is the chance (0..1) that one of the matches is meant; the likeliest comes first.
    """

    matches: tuple[Match, ...]
    score: float

    @property
    def entry(self) -> Entry:
        """The likeliest entry."""
        return self.matches[0].entry

    @property
    def likely(self) -> tuple[Match, ...]:
        """The matches to answer with: the first, and those not much less likely, until one of them is all but surely meant."""
        chosen: list[Match] = []
        for match in self.matches:
            if chosen and (match.score < _AS_LIKELY * chosen[0].score or math.prod(1 - m.score for m in chosen) <= _DOUBT):
                break
            chosen.append(match)
        return tuple(chosen)


@dataclass(frozen=True)
class Thresholds:
    """The least score of a sense for an answer and for a choice, and how they did where they were learned."""

    answer: float
    choice: float
    accepted: float = 0.0
    refused: float = 0.0
    auroc: float = 0.0
    learned_from: str = ""


@dataclass(frozen=True)
class Judge:
    """A logistic model over the signals."""

    weights: Mapping[str, float]
    bias: float

    @cached_property
    def _ordered(self) -> tuple[float, ...]:
        return tuple(self.weights.get(name, 0.0) for name in SIGNALS)

    @classmethod
    def shipped(cls) -> Judge:
        """The weights learned with `reportbot calibrate --judge` from the shipped knowledge and golden questions."""
        stored = json.loads((PACKAGE / "judge.json").read_text(encoding="utf-8"))
        return cls(stored["weights"], stored["bias"])

    def score(self, signals: Sequence[float]) -> float:
        """The chance that the entry with these signals is meant."""
        total = self.bias + sum(map(operator.mul, self._ordered, signals))
        return 1 / (1 + math.exp(-max(-40.0, min(40.0, total))))

    def matches(self, found: Sequence[Signals], beside: tuple[str, str] | None = None) -> list[Match]:
        """The entries with their scores, the best first.

        A question that is a curated wording word for word is certain; a fact about another session or year than the
        question names is hardly what it means. What follows up on a fact of a paragraph `beside` rather means another fact
        of that paragraph.
        """
        judged = [Match(s.entry, 1.0 if s.verbatim else self._fair(s), s.values, s.wording, s.fits) for s in found]
        if beside is not None:
            judged = [replace(m, score=_likelier(m.score)) if m.entry.together == beside else m for m in judged]
        return sorted(judged, key=_order)

    def rejudged(self, matches: Sequence[Match]) -> list[Match]:
        """Matches that another judge scored, by this one."""
        judged = (Match(m.entry, self._fair(m), m.values, m.wording, m.fits) for m in matches)
        return sorted(judged, key=_order)

    def _fair(self, found: Signals | Match) -> float:
        return self.score(found.values) * (1.0 if found.fits or found.entry.kind != "fact" else _MISFIT)


def senses(matches: Sequence[Match]) -> list[Sense]:
    """What the matches make of a question, the likeliest first.

    Facts of one paragraph often answer one question together, and then share its score between them; so they count as
    one sense, in which no more than the best three have a say. Facts of which none is likelier than some gap come last.
    """
    held: dict[tuple[str, str], list[Match]] = {}
    for match in matches:
        held.setdefault(match.entry.together, []).append(match)
    found = [Sense(tuple(own[:_TOGETHER]), 1 - math.prod(1 - m.score for m in own[:_TOGETHER])) for own in held.values()]
    gap = max((m.score for m in matches if m.entry.kind == "gap"), default=0.0)
    return sorted(found, key=lambda s: (s.matches[0].score < gap, -s.score, s.entry.kind != "fact", s.entry.id))


def _likelier(score: float) -> float:
    """A score whose odds are multiplied by _BESIDE."""
    return _BESIDE * score / (1 + (_BESIDE - 1) * score)


def _order(match: Match) -> tuple[float, bool, int]:
    return -match.score, match.entry.kind != "fact", match.entry.id
