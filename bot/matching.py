"""Which entry a question means, and how sure that is."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from bot.index import Candidate, Entry, Index
from bot.questions import Question

_OWN = (
    "near", "near3", "spread", "covered", "filled", "alike", "lead", "unknown", "kind", "session", "year", "length",
    "core", "foreign", "gap", "short", "learned", "ahead",
)  # fmt: skip
_COMPARED = ("near", "near3", "spread", "covered", "filled", "alike", "kind", "core", "foreign", "gap", "short", "learned")
SIGNALS = (*_OWN, *(f"{name} over" for name in _COMPARED))
_Count = tuple[Mapping[int, int], float, tuple[str, str]]
_CONSIDERED = 12
_SPREAD_OVER = 24
_CLAIMED = 3
_NO = 1.5
_CORE_PRIOR = 4.0


@dataclass(frozen=True)
class Signals:
    """What speaks for one entry. `values` stand in the order of SIGNALS and lie in 0..1 unless said:

    near: cosine of the nearest wording; near3: mean of the nearest three; spread: how much of the question's weight
    stands in many of the entry's wordings; covered: in any of them; filled: how much of the nearest wording the
    question holds; alike: RapidFuzz's ratio to the most alike wording; lead: near3 and spread above the best entry of
    another paragraph (-1..1); unknown: the weight of the question that no wording holds; kind, session, year: 1 where
    the entry is never asked so (or, for session, always of another one); length: 1 for one term, towards 0 for many;
    core: how much of what most of the entry's wordings say the question says; foreign: the weight of the question that
    this entry never says and another one mostly says; gap: 1 for a gap; short: how much of a gap's nearest wording the
    question lacks; learned: the classifier's distance brought to 0..1, and ahead: how far above its next choice (both 0
    where nothing was learned); "… over": the same signal less the highest one of the other entries (-1..1).
    `verbatim`: the question is one of the entry's wordings, word for word.
    """

    entry: Entry
    values: tuple[float, ...]
    wording: Candidate
    verbatim: bool


class Matching:
    """Signals for the entries of one index."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._idf: dict[tuple[str, str], float] = {}
        self._classifier = index.classifier
        self._own = frozenset(index.meta("own_sessions", ()))
        self._lengths: dict[int, float] = {}
        self._claim = lru_cache(20_000)(self._claimed)

    def signals(
        self,
        question: Question,
        learned: Mapping[int, float] | None = None,
    ) -> list[Signals]:
        """The entries that may be meant, with their signals, the likeliest first by a rough order.

        `learned` stands in for the classifier's distances.
        """
        mass = question.mass
        if not mass:
            return []
        by_entry = self._by_entry(question)
        counts = [
            (self.index.entry_counts(language, term), weight, (language, term))
            for language, own in question.terms.items() for term, weight in own.items()
        ]  # fmt: skip
        distances = self._classifier.scores(question.text, question.language) if learned is None else learned
        top = sorted(distances.values(), reverse=True)[:2]
        rough = []
        for near, entry_id, held in by_entry[:_SPREAD_OVER]:
            spread, covered = _spread(counts, entry_id, mass)
            near3 = sum(s for s, _ in held[:3]) / 3
            rough.append(
                (near + near3 + spread + max(0.0, 1 + distances.get(entry_id, -1.0)), entry_id, near, near3, spread, covered, held)
            )
        rough.sort(key=lambda row: (-row[0], row[1]))
        rough = rough[:_CONSIDERED]
        entries = [self.index.entry(row[1]) for row in rough]
        claims = [(held, weight * self._claim(*key)) for held, weight, key in counts]
        best = [row[3] + row[4] for row in rough]
        rows: list[tuple[float, ...]] = []
        for place, (_, _, near, near3, spread, covered, held) in enumerate(rough):
            entry = entries[place]
            rival = max((best[i] for i, e in enumerate(entries) if i != place and not _same_place(e, entry)), default=0.0)
            filled = self._filled(question, held[0][1])
            values = (
                near, near3, spread, covered, filled, self._alike(question, held),
                near3 + spread - rival, question.unknown / mass, *_misfits(question, entry, self._own),
                1 / (1 + sum(len(own) for own in question.terms.values())),
                self._core(question, entry), _foreign(claims, entry.id) / mass,
                float(entry.kind == "gap"), float(entry.kind == "gap") * (1 - filled),
                *_distance(distances.get(entry.id), top),
            )  # fmt: skip
            rows.append(values)
        return [
            Signals(entry, values + over, held[0][1], held[0][1].plain == question.plain)
            for entry, values, over, (*_, held) in zip(entries, rows, _over(rows), rough, strict=True)
        ]

    def _weight(self, language: str, term: str) -> float:
        key = (language, term)
        found = self._idf.get(key)
        if found is None:
            found = self._idf[key] = self.index.idf(language, term)
        return found

    def _by_entry(self, question: Question) -> list[tuple[float, int, list[tuple[float, Candidate]]]]:
        """The candidates with their cosines by entry, the nearest entry first."""
        norm = math.sqrt(sum(w * w for own in question.terms.values() for w in own.values()) + question.unknown**2)
        products = {
            language: {term: weight * self._weight(language, term) / norm for term, weight in own.items()}
            for language, own in question.terms.items()
        }
        by_entry: defaultdict[int, list[tuple[float, Candidate]]] = defaultdict(list)
        candidates = self.index.candidates(question.terms)
        for language in question.terms:
            met = (c.terms for c in candidates if c.language == language and c.id not in self._lengths)
            self.index.recall(language, frozenset[str]().union(*met))
        for candidate in candidates:
            own = products.get(candidate.language, {})
            dot = sum([own[term] for term in own.keys() & candidate.terms])
            by_entry[candidate.entry].append((dot / self._length(candidate), candidate))
        for held in by_entry.values():
            held.sort(key=lambda pair: (-pair[0], pair[1].id))
        return sorted(((self._near(question, held), entry, held) for entry, held in by_entry.items()), key=lambda r: (-r[0], r[1]))

    def _length(self, candidate: Candidate) -> float:
        found = self._lengths.get(candidate.id)
        if found is None:
            square = sum(self._weight(candidate.language, term) ** 2 for term in candidate.terms)
            found = self._lengths[candidate.id] = math.sqrt(square) or 1.0
        return found

    def _near(self, question: Question, held: Sequence[tuple[float, Candidate]]) -> float:
        if len(question.terms) == 1:
            return held[0][0]
        best: dict[str, float] = {}
        for score, candidate in held:
            best[candidate.language] = max(best.get(candidate.language, 0.0), score)
        return min(1.0, sum(best.values()))

    def _claimed(self, language: str, term: str) -> float:
        """The largest share of one entry's wordings that hold a term."""
        best, sizes = 0.0, self.index.meta(f"counts {language}", [])
        for entry_id, count in self.index.entry_counts(language, term).items():
            if count >= _CLAIMED:
                best = max(best, count / max(1, sizes[entry_id - 1]))
        return best

    def _core(self, question: Question, entry: Entry) -> float:
        language = question.language
        own = question.terms.get(language, {})
        said = total = 0.0
        for term, count in entry.core.get(language, ()):
            weight = self._weight(language, term) * count / max(1, entry.wordings.get(language, 1))
            total += weight
            if term in own:
                said += weight
        return (said + 0.5 * _CORE_PRIOR) / (total + _CORE_PRIOR)

    def _filled(self, question: Question, candidate: Candidate) -> float:
        own = question.terms.get(candidate.language, {})
        total = sum(self._weight(candidate.language, t) for t in candidate.terms)
        return sum(self._weight(candidate.language, t) for t in candidate.terms if t in own) / total if total else 0.0

    def _alike(self, question: Question, held: Sequence[tuple[float, Candidate]]) -> float:
        return max(fuzz.ratio(question.plain, candidate.plain) for _, candidate in held[:4]) / 100


def _spread(counts: Sequence[_Count], entry_id: int, mass: float) -> tuple[float, float]:
    spread = covered = 0.0
    for held, weight, _ in counts:
        count = held.get(entry_id, 0)
        if count > 0:
            covered += weight
            spread += weight * count / (count + 1.5)
    return spread / mass, covered / mass


def _foreign(claims: Sequence[tuple[Mapping[int, int], float]], entry_id: int) -> float:
    return sum(claim for held, claim in claims if held.get(entry_id, 0) <= 0)


def _same_place(one: Entry, other: Entry) -> bool:
    return one.kind == other.kind == "fact" and one.place == other.place


def _misfits(question: Question, entry: Entry, own: frozenset[int]) -> tuple[float, float, float]:
    """Whether the entry is never asked for this kind of thing, this session, this year; `own` is the report's session."""
    asked = question.asked
    kind = min((1 - min(1.0, 8 * entry.asked.get(k, 0.0)) for k in asked.kinds), default=0.0)
    session = float(bool(asked.sessions - entry.sessions - own)) if asked.sessions - own else entry.elsewhere
    year = float(bool(asked.years - entry.years))
    return kind, session, year


def _over(rows: Sequence[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """For each row, its compared signals less the highest of the other rows."""
    compared = []
    for place in map(_OWN.index, _COMPARED):
        column = [row[place] for row in rows]
        top = sorted(column, reverse=True)[:2]
        second = top[1] if len(top) > 1 else 0.0
        compared.append([value - (second if value == top[0] else top[0]) for value in column])
    return list(zip(*compared, strict=True))


def _distance(own: float | None, top: Sequence[float]) -> tuple[float, float]:
    if own is None:
        return 0.0, 0.0
    rival = top[1] if len(top) > 1 and own >= top[0] else top[0]
    return max(0.0, min(1.0, (own + _NO) / (2 * _NO))), max(-1.0, min(1.0, own - rival))
