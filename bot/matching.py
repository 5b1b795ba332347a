"""Which entry a question means, and how sure that is."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from bot.index import Candidate, Entry, Index
from bot.questions import Question

SIGNALS = (
    "covered", "worded", "filled", "likest", "nearer", "lead", "kind", "length", "core",
    "foreign", "gap", "denied", "learned", "ahead",
)  # fmt: skip
_CONSIDERED = 12
_CHOSEN = 5
_SPREAD_OVER = 24
_NO = 1.5
_CORE_PRIOR = 4.0
_FEW = 1.5
_STRANGE = 0.4
_ASKED = 0.1
_REMEMBERED, _REMEMBERED_TERMS = 5_000, 50_000


@dataclass(frozen=True)
class Signals:
    """What speaks for one entry. `values` stand in the order of SIGNALS and lie in 0..1 unless said:

    worded: how much of the question's weight stands in some wording of the entry; covered: in one of them or in its
    answer; filled: how much of the nearest wording the question holds; likest: RapidFuzz's ratio to the most alike wording,
    less the highest of the other entries (-1..1); nearer: the same of the mean cosine of the three nearest wordings; lead:
    the same of that mean and of how much of the question stands in many of the entry's wordings, less the highest of
    another paragraph; kind: 1 where the entry is never asked for such a thing; length: 1 for one term, towards 0 for many;
    core: how much of what most of the entry's wordings say the question says; foreign: the weight of the question that this
    entry never says and another one mostly says; gap: 1 for a gap; denied: how well the question and the best gap's nearest
    wording cover each other, 0 for a gap itself; learned: the classifier's distance brought to 0..1, and ahead: how far
    above its next choice (both 0 where nothing was learned). `verbatim`: the question, or what it frames ("what is the …"), is
    one of the entry's wordings, word for word; `fits`: the entry may be about the sessions, years and names in the
    question, and enough of the question is known.
    """

    entry: Entry
    values: tuple[float, ...]
    wording: Candidate
    verbatim: bool
    fits: bool


@dataclass(frozen=True)
class _Found:
    """An entry with its wordings that share terms with a question, the nearest first, and signals taken of all of them."""

    entry: Entry
    wordings: Sequence[Candidate]
    close: float
    spread: float
    worded: float
    covered: float
    foreign: float

    @property
    def nearest(self) -> Candidate:
        return self.wordings[0]

    @property
    def strength(self) -> float:
        return self.close + self.spread


class Matching:
    """Signals for the entries of one index."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._cores: dict[tuple[int, str], tuple[float, Sequence[tuple[str, float]]]] = {}
        self._idf: dict[tuple[str, str], float] = {}
        self._classifier = index.classifier
        self._own = frozenset(index.meta("own_sessions", ()))
        self._own_names = frozenset(index.meta("own_names", ()))

    def signals(self, question: Question, learned: Mapping[int, float] | None = None) -> list[Signals]:
        """The entries that may be meant, with their signals, the likeliest first by a rough order.

        `learned` stands in for the classifier's distances.
        """
        if not question.mass:
            return []
        distances = self._classifier.scores(question.text, question.language) if learned is None else learned
        found = self._found(question, distances)
        filled = [self._filled(question, f.nearest) for f in found]
        denied = max(((fill * f.worded) ** 2 for fill, f in zip(filled, found, strict=True) if f.entry.kind == "gap"), default=0.0)
        alike = [_alike(question, f) for f in found]
        close = [f.close for f in found]
        strongest = _strongest(found)
        length = 1 / (1 + sum(len(own) for own in question.terms.values()))
        top = sorted(distances.values(), reverse=True)[:2]
        known = bool(distances) or question.unknown <= _STRANGE * question.mass
        signals = []
        for i, f in enumerate(found):
            rival = next((strength for place, strength in strongest if place != f.entry.together), 0.0)
            values = (
                f.covered, f.worded, filled[i], _over(alike, i), _over(close, i),
                f.strength - rival, _unasked(question, f.entry), length, self._core(question, f.entry), f.foreign,
                *((1.0, 0.0) if f.entry.kind == "gap" else (0.0, denied)), *_distance(distances.get(f.entry.id), top),
            )  # fmt: skip
            verbatim = any(candidate.plain in {question.plain, question.core} for candidate in f.wordings)
            signals.append(Signals(f.entry, values, f.nearest, verbatim, known and self._fits(question, f.entry)))
        return signals

    def _found(self, question: Question, distances: Mapping[int, float]) -> list[_Found]:
        """The entries of the nearest wordings, the likeliest first by a rough order."""
        nearest = self._by_entry(question, distances)[:_SPREAD_OVER]
        entries = [entry_id for _, entry_id, _ in nearest]
        terms = []
        for language, own in question.terms.items():
            for term, weight in own.items():
                tally = self.index.tally(language, term)
                terms.append((language, term, weight / question.mass, tally.claim, tally.of(entries)))
        rough = []
        for place, (near, entry_id, held) in enumerate(nearest):
            close = sum(cosine for cosine, _ in held[:3]) / 3
            spread = sum([weight * counts[place] / (counts[place] + _FEW) for _, _, weight, _, counts in terms])
            order = near + close + spread
            rough.append((-order, entry_id, place, close, spread, held))
        found = []
        for _, entry_id, place, close, spread, held in sorted(rough)[:_CONSIDERED]:
            entry = self.index.entry(entry_id)
            worded = answered = foreign = 0.0
            for language, term, weight, claim, counts in terms:
                if counts[place]:
                    worded += weight
                else:
                    foreign += weight * claim
                    if term in entry.said.get(language, ()):
                        answered += weight
            found.append(_Found(entry, [candidate for _, candidate in held], close, spread, worded, worded + answered, foreign))
        return found

    def _weight(self, language: str, term: str) -> float:
        key = (language, term)
        found = self._idf.get(key)
        if found is None:
            if len(self._idf) > _REMEMBERED_TERMS:
                self._idf.clear()
            found = self._idf[key] = self.index.idf(language, term)
        return found

    def _by_entry(self, question: Question, distances: Mapping[int, float]) -> list[tuple[float, int, list[tuple[float, Candidate]]]]:
        """The candidates with their cosines by entry, the likeliest entry first; the classifier's first choices are among them."""
        norm = math.sqrt(sum(w * w for own in question.terms.values() for w in own.values()) + question.unknown**2)
        products = {
            language: {term: weight * self._weight(language, term) / norm for term, weight in own.items()}
            for language, own in question.terms.items()
        }
        by_entry: defaultdict[int, list[tuple[float, Candidate]]] = defaultdict(list)
        for candidate, product in self.index.candidates(products):
            by_entry[candidate.entry].append((product / self.index.norm(candidate), candidate))
        chosen = sorted(distances, key=lambda entry: (-distances[entry], entry))[:_CHOSEN]
        for entry in chosen:
            if entry not in by_entry:
                for candidate in self.index.examples(entry, question.language):
                    own = products.get(candidate.language, {})
                    product = sum([own.get(term, 0.0) for term in candidate.terms.split()])
                    by_entry[entry].append((product / self.index.norm(candidate), candidate))
        for held in by_entry.values():
            held.sort(key=lambda pair: (-pair[0], pair[1].id))
        found = [(self._near(question, held) + _ahead(distances, entry), entry, held) for entry, held in by_entry.items() if held]
        return sorted(found, key=lambda row: (-row[0], row[1]))

    def _near(self, question: Question, held: Sequence[tuple[float, Candidate]]) -> float:
        if len(question.terms) == 1:
            return held[0][0]
        best: dict[str, float] = {}
        for score, candidate in held:
            best[candidate.language] = max(best.get(candidate.language, 0.0), score)
        return min(1.0, sum(best.values()))

    def _fits(self, question: Question, entry: Entry) -> bool:
        """Whether the entry may be about the session, the year, the places and the bodies that the question names, if any.

        Where the question only asks whether it is so, an entry that gives a date or a name of the same kind says how it is.
        """
        asked, says_how = question.asked, "whether" in question.asked.kinds
        if asked.sessions - entry.sessions - self._own:
            return False
        if asked.years and entry.years and not asked.years & entry.years and not (says_how and entry.asked.get("when", 0.0) > _ASKED):
            return False
        others = asked.names - entry.names - self._own_names
        return not others or (says_how and set(map(_group, others)) <= set(map(_group, entry.stated)))

    def _core(self, question: Question, entry: Entry) -> float:
        language = question.language
        own = question.terms.get(language, {})
        total, weights = self._core_weights(entry, language)
        said = sum([weight for term, weight in weights if term in own])
        return (said + 0.5 * _CORE_PRIOR) / (total + _CORE_PRIOR)

    def _core_weights(self, entry: Entry, language: str) -> tuple[float, Sequence[tuple[str, float]]]:
        """What each term is worth that many of an entry's wordings share, and all of them together."""
        if (entry.id, language) not in self._cores:
            if len(self._cores) > _REMEMBERED:
                self._cores.clear()
            size = max(1, entry.wordings.get(language, 1))
            weights = [(term, self._weight(language, term) * count / size) for term, count in entry.core.get(language, ())]
            self._cores[entry.id, language] = sum(weight for _, weight in weights), weights
        return self._cores[entry.id, language]

    def _filled(self, question: Question, candidate: Candidate) -> float:
        own = question.terms.get(candidate.language, {})
        weights = [(term, self._weight(candidate.language, term)) for term in candidate.terms.split()]
        total = sum([weight for _, weight in weights])
        return sum([weight for term, weight in weights if term in own]) / total if total else 0.0


def _alike(question: Question, found: _Found) -> float:
    return max(fuzz.ratio(question.plain, candidate.plain) for candidate in found.wordings[:4]) / 100


def _strongest(found: Sequence[_Found]) -> list[tuple[tuple[str, str], float]]:
    """The strongest two of what stands together."""
    best: dict[tuple[str, str], float] = {}
    for f in found:
        best[f.entry.together] = max(best.get(f.entry.together, 0.0), f.strength)
    return sorted(best.items(), key=lambda pair: -pair[1])[:2]


def _ahead(distances: Mapping[int, float], entry_id: int) -> float:
    """What the classifier adds to the rough order."""
    return max(0.0, _NO + distances.get(entry_id, -_NO))


def _group(name: str) -> str:
    return name.partition("/")[0]


def _unasked(question: Question, entry: Entry) -> float:
    """Towards 1 where the entry is never asked for this kind of thing."""
    return min((1 - min(1.0, 8 * entry.asked.get(kind, 0.0)) for kind in question.asked.kinds), default=0.0)


def _over(values: Sequence[float], place: int) -> float:
    """A value less the highest of the others."""
    return values[place] - max((value for i, value in enumerate(values) if i != place), default=0.0)


def _distance(own: float | None, top: Sequence[float]) -> tuple[float, float]:
    if own is None:
        return 0.0, 0.0
    rival = top[1] if len(top) > 1 and own >= top[0] else top[0]
    return max(0.0, min(1.0, (own + _NO) / (2 * _NO))), max(-1.0, min(1.0, own - rival))
