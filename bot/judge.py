"""Signals become the score of an entry, and entries the score of a sense; two thresholds make of it an answer, a choice or a no."""

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
DOUBTS = ("odds", "first", "second", "gap", "kind", "denied", "likest", "length", "foreign")
_OWN = [SIGNALS.index(name) for name in DOUBTS[4:]]
_ODDS, _LEAST = 0.25, 1e-6


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

    `score` is the chance (0..1) that one of the matches is meant; the likeliest comes first. For facts, `doubts` is what the
    score was learned from, in the order of DOUBTS: odds: the logarithm of the odds that one of the matches is meant, were they
    independent, a quarter of it; first: the score of the likeliest; second: the same of the likeliest other facts; gap: the
    score of the likeliest gap; and five signals of the likeliest match.
    """

    matches: tuple[Match, ...]
    score: float
    doubts: tuple[float, ...] = ()

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
    """A logistic model over the signals of an entry, and one over the doubts about the likeliest facts; without the second,
    a sense is as likely as its matches make it."""

    weights: Mapping[str, float]
    bias: float
    doubts: Mapping[str, float] | None = None

    @cached_property
    def _ordered(self) -> tuple[float, ...]:
        return tuple(self.weights.get(name, 0.0) for name in SIGNALS)

    @classmethod
    def shipped(cls) -> Judge:
        """The weights learned with `reportbot calibrate --judge` from the shipped knowledge and golden questions."""
        stored = json.loads((PACKAGE / "judge.json").read_text(encoding="utf-8"))
        return cls(**stored)

    def score(self, signals: Sequence[float]) -> float:
        """The chance that the entry with these signals is meant."""
        return _chance(self.bias + sum(map(operator.mul, self._ordered, signals)))

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

    def senses(self, matches: Sequence[Match]) -> tuple[Sense, ...]:
        """What the matches make of a question, the likeliest first.

        Facts of one paragraph often answer one question together, and then share its score between them; so they count as
        one sense, in which no more than the best three have a say. Facts of which none is likelier than some gap come last.
        """
        held: dict[tuple[str, str], list[Match]] = {}
        for match in matches:
            held.setdefault(match.entry.together, []).append(match)
        found = [Sense(tuple(own[:_TOGETHER]), 1 - math.prod(1 - m.score for m in own[:_TOGETHER])) for own in held.values()]
        gap = max((m.score for m in matches if m.entry.kind == "gap"), default=0.0)
        facts = sorted((s for s in found if s.entry.kind == "fact"), key=lambda s: -s.score)[:2]
        found = [self._doubted(s, max((f.score for f in facts if f is not s), default=0.0), gap) for s in found]
        return tuple(sorted(found, key=lambda s: (s.matches[0].score < gap, -s.score, s.entry.kind != "fact", s.entry.id)))

    def _doubted(self, sense: Sense, second: float, gap: float) -> Sense:
        first = sense.matches[0]
        if first.entry.kind != "fact":
            return sense
        doubts = (_odds(sense.score), first.score, second, gap, *(first.values[place] for place in _OWN))
        if self.doubts is None or first.score == 1.0:
            return replace(sense, doubts=doubts)
        total = self.doubts["bias"] + sum(self.doubts[name] * value for name, value in zip(DOUBTS, doubts, strict=True))
        return replace(sense, score=_chance(total), doubts=doubts)

    def _fair(self, found: Signals | Match) -> float:
        return self.score(found.values) * (1.0 if found.fits or found.entry.kind != "fact" else _MISFIT)


def _chance(total: float) -> float:
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, total))))


def _odds(score: float) -> float:
    held = min(1 - _LEAST, max(_LEAST, score))
    return _ODDS * math.log(held / (1 - held))


def _likelier(score: float) -> float:
    """A score whose odds are multiplied by _BESIDE."""
    return _BESIDE * score / (1 + (_BESIDE - 1) * score)


def _order(match: Match) -> tuple[float, bool, int]:
    return -match.score, match.entry.kind != "fact", match.entry.id
