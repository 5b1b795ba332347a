"""Learns the judge and its thresholds from questions whose answers are known."""

from __future__ import annotations

import json
import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bot.fitting import logistic
from bot.index import Entry, Index
from bot.judge import DOUBTS, Judge, Match, Sense, Thresholds
from bot.leaving import IndexWithout, Row
from bot.matching import SIGNALS, Matching
from bot.questions import Understanding

CALIBRATION = "calibration.json"
WRONG_COSTS = 1.0
UNANSWERABLE = 0.25
REFUSED, REFUSED_SURELY = 0.65, 0.8
_SAMPLE = 300
_SEED = 0
Without = Callable[[Row, bool], Mapping[int, float]]
_LEFT_OUT_WEIGHT = 0.8


@dataclass(frozen=True)
class Sample:
    """One question judged without knowing its answer: what was found and what sense that makes, the names of the entries that
    are right, and the paragraphs of the facts among them (none: no fact answers it)."""

    matches: tuple[Match, ...]
    senses: tuple[Sense, ...]
    right: frozenset[str]
    places: frozenset[tuple[str, str]]

    def judged(self, judge: Judge) -> Sample:
        """The same question, judged by another judge."""
        matches = tuple(judge.rejudged(self.matches))
        return replace(self, matches=matches, senses=judge.senses(matches))

    @property
    def answerable(self) -> bool:
        """Whether some fact answers it."""
        return bool(self.places)

    def sibling(self, entry: Entry) -> bool:
        """Whether an entry is not right but of the same paragraph as one that is: it may well answer, too."""
        return entry.kind == "fact" and entry.name not in self.right and entry.together in self.places


def leave_outs(
    index: Index,
    judge: Judge,
    most: int = _SAMPLE,
    kinds: Sequence[str] = ("fact",),
    without: Without | None = None,
) -> list[Sample]:
    """Wordings asked as questions: each with itself left out (answerable), and with its whole entry left out (not).

    What is left out is taken out of the candidates, the document frequencies and the entries' counts before any signal
    is computed. At most `most` wordings of entries of these `kinds` are drawn, with a fixed seed. `without` gives the
    classifier's distances for a wording from a model that has not seen it (True: nor its entry).
    """
    wordings = index.wordings()
    own: defaultdict[int, list[Row]] = defaultdict(list)
    for row in wordings:
        own[row[1]].append(row)
    drawn = [row for row in wordings if index.entry(row[1]).kind in kinds]
    random.Random(_SEED).shuffle(drawn)
    samples = []
    for row in drawn[:most]:
        entry = index.entry(row[1])
        for hidden, right in (([row], frozenset({entry.name})), (own[row[1]], frozenset[str]())):
            if right and len(own[row[1]]) < 2:
                continue
            learned = without(row, not right) if without else {}
            matches = tuple(_judged(index, judge, row, hidden, learned))
            places = frozenset({entry.together} if right and entry.kind == "fact" else ())
            samples.append(Sample(matches, judge.senses(matches), right, places))
    return samples


def _judged(index: Index, judge: Judge, row: Row, hidden: list[Row], learned: Mapping[int, float]) -> list[Match]:
    left = IndexWithout(index, hidden)
    return judge.matches(Matching(left).signals(Understanding(left).read(row[3], row[2]), learned))


def thresholds(samples: Sequence[Sample], learned_from: str) -> Thresholds:
    """The scores from which on to answer and to offer a choice, from questions as readers ask them.

    An answer that is right counts 1, one that is wrong or uncalled for costs WRONG_COSTS; a choice with the right fact
    in it counts a half, and a choice where there is nothing to choose costs a half. Unanswerable questions count no more
    than as UNANSWERABLE of all; however rare they are among the samples, at least REFUSED of them get neither.
    """
    tops = _tops(samples)
    uncalled = _weight_of_unanswerable(samples)
    answer = _best_cut([(top.score, _answer_gain(top, s, uncalled)) for top, s in tops])
    below = [(top.score, _choice_gain(s, uncalled)) for top, s in tops if top.score < answer]
    choice = max(min(answer, _best_cut(below)), _refusing(samples, REFUSED))
    return _reported(samples, max(answer, choice), choice, learned_from)


def _weight_of_unanswerable(samples: Sequence[Sample]) -> float:
    answerable = sum(sample.answerable for sample in samples)
    unanswerable = len(samples) - answerable
    return min(1.0, UNANSWERABLE / (1 - UNANSWERABLE) * answerable / unanswerable) if unanswerable else 1.0


def _answer_gain(top: Sense, sample: Sample, uncalled: float) -> float:
    if not sample.answerable:
        return -uncalled * (1 + WRONG_COSTS)
    return 1.0 if _right(top, sample) else -WRONG_COSTS


def thresholds_from_wordings(samples: Sequence[Sample]) -> Thresholds:
    """The scores from which on to answer and to offer a choice, from wordings left out.

    A wording whose entry is left out is a near miss by its making, harder to refuse than what readers ask; so the cuts
    refuse a set share of them: REFUSED for a choice, REFUSED_SURELY for an answer.
    """
    return _reported(samples, _refusing(samples, REFUSED_SURELY), _refusing(samples, REFUSED), "the knowledge itself")


def _tops(samples: Sequence[Sample]) -> list[tuple[Sense, Sample]]:
    """The samples whose likeliest sense is facts, with that sense."""
    return [(s.senses[0], s) for s in samples if s.senses and s.senses[0].entry.kind == "fact"]


def _refusing(samples: Sequence[Sample], share: float) -> float:
    """The score that so large a share of the unanswerable questions stays below."""
    scores = sorted(_fact_score(s) for s in samples if not s.answerable)
    return scores[min(len(scores) - 1, math.ceil(share * len(scores)))] if scores else 0.0


def _reported(samples: Sequence[Sample], answer: float, choice: float, learned_from: str) -> Thresholds:
    accepted = [(top, s) for top, s in _tops(samples) if top.score >= answer]
    answerable, unanswerable = [s for s in samples if s.answerable], [s for s in samples if not s.answerable]
    return Thresholds(
        answer=round(answer, 4),
        choice=round(choice, 4),
        accepted=round(sum(_right(top, s) for top, s in accepted) / max(1, len(answerable)), 4),
        refused=round(1 - sum(not s.answerable for _, s in accepted) / max(1, len(unanswerable)), 4),
        auroc=round(auroc(samples), 4),
        learned_from=learned_from,
    )


def _right(sense: Sense, sample: Sample) -> bool:
    return any(match.entry.name in sample.right for match in sense.likely)


def _offered(sample: Sample) -> bool:
    """Whether a right fact would be among those a choice offers."""
    return any(m.entry.name in sample.right for m in sample.matches[:3])


def _choice_gain(sample: Sample, uncalled: float) -> float:
    if not sample.answerable:
        return -0.5 * uncalled
    return 0.5 if _offered(sample) else -0.1


def _best_cut(scored: Sequence[tuple[float, float]]) -> float:
    """The score from which on taking everything gains most."""
    best, cut, total = 0.0, 1.0, 0.0
    ordered = sorted(scored, reverse=True)
    for place, (score, gain) in enumerate(ordered):
        total += gain
        last = place + 1 == len(ordered) or ordered[place + 1][0] < score
        if last and total > best:
            below = ordered[place + 1][0] if place + 1 < len(ordered) else 0.0
            best, cut = total, (score + below) / 2
    return cut


def auroc(samples: Sequence[Sample]) -> float:
    """How often an answerable question scores above one that is not (0.5 is chance)."""
    scored = sorted((_fact_score(s), s.answerable) for s in samples)
    yes = sum(answerable for _, answerable in scored)
    no = len(scored) - yes
    ranks = defaultdict(list)
    for place, (score, answerable) in enumerate(scored, 1):
        ranks[score].append((place, answerable))
    total = 0.0
    for held in ranks.values():
        middle = sum(place for place, _ in held) / len(held)
        total += middle * sum(answerable for _, answerable in held)
    return (total - yes * (yes + 1) / 2) / (yes * no) if yes and no else 0.5


def _fact_score(sample: Sample) -> float:
    top = sample.senses[:1]
    return top[0].score if top and top[0].entry.kind == "fact" else 0.0


def fit(asked: Iterable[Sample], left_out: Iterable[Sample]) -> Judge:
    """The logistic model that tells right entries from wrong ones.

    Of wordings left out, entries of the same paragraph as the right one teach nothing: they may well answer, too.
    """
    rows: list[tuple[float, ...]] = []
    marks: list[float] = []
    weights: list[float] = []
    for samples, weight in ((asked, 1.0), (left_out, _LEFT_OUT_WEIGHT)):
        for sample in samples:
            for match in sample.matches:
                if (match.entry.kind == "fact" or sample.right) and (weight == 1.0 or not sample.sibling(match.entry)):
                    rows.append((*match.values, 1.0))
                    marks.append(1.0 if match.entry.name in sample.right else 0.0)
                    weights.append(weight)
    *learned, bias = logistic(len(SIGNALS) + 1, rows, marks, weights)
    return Judge(dict(zip(SIGNALS, learned, strict=True)), bias)


def fit_doubts(judge: Judge, asked: Iterable[Sample]) -> Judge:
    """The judge, with the logistic model that tells from the doubts about the likeliest facts whether to answer with them."""
    rows: list[tuple[float, ...]] = []
    marks: list[float] = []
    for sample in asked:
        facts = [sense for sense in sample.judged(judge).senses if sense.entry.kind == "fact"]
        if facts:
            rows.append((*facts[0].doubts, 1.0))
            marks.append(float(_right(facts[0], sample)))
    if not rows:
        return judge
    *learned, bias = logistic(len(DOUBTS) + 1, rows, marks, [1.0] * len(rows))
    return replace(judge, doubts=dict(zip(DOUBTS, learned, strict=True)) | {"bias": bias})


@dataclass(frozen=True)
class Calibration:
    """What was learned for one folder: the judge, its thresholds, and whether the classifier earned its place."""

    judge: Judge
    thresholds: Thresholds
    classifier: bool


def stored(home: Path) -> Calibration | None:
    """What `calibrate` keeps in a folder, or None."""
    try:
        kept = json.loads((home / "knowledge" / CALIBRATION).read_text(encoding="utf-8"))
        judge = Judge(**kept["judge"]) if kept["judge"] else Judge.shipped()
        return Calibration(judge, Thresholds(**kept["thresholds"]), bool(kept["classifier"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def store(home: Path, learned: Calibration) -> Path:
    """Keep what was learned with the knowledge it was learned for; the shipped judge is not repeated."""
    path = home / "knowledge" / CALIBRATION
    judge = None if learned.judge == Judge.shipped() else asdict(learned.judge)
    kept = {"judge": judge, "thresholds": asdict(learned.thresholds), "classifier": learned.classifier}
    path.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path


def store_judge(path: Path, judge: Judge) -> None:
    """Write the weights of the judge."""
    path.write_text(json.dumps(asdict(judge), indent=1, sort_keys=True) + "\n", encoding="utf-8")
