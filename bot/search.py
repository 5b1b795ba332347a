"""Ranks paragraphs for a question, and finds the sentence that carries the answer."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from bot.index import GRAMS, PASSAGES, Index
from bot.passages import Passage, Passages
from bot.questions import Understanding

_K1, _B, _B_WHOLE = 1.0, 0.75, 0.9
_RESCORED = 10
_GRAM_WEIGHT = 0.4
_PARTIAL, _TILES, _NEIGHBOURS, _FIGURE, _OPENING = 0.6, 0.8, 0.8, 0.1, 0.2
_FIGURES = frozenset({"number", "when", "share", "money"})
_SHORTEST_PIECE = 2
_COMMON = 0.5
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Found:
    """A paragraph that may hold what was asked; `sentence` is its most telling sentence."""

    report: str
    paragraph: str
    score: float
    text: str
    sentence: str


@dataclass(frozen=True)
class _Asked:
    """A question's terms, each between spaces, and grams, with their weights; `total` is the weight of all its terms,
    `figure` whether it asks for a number or a date."""

    plain: str
    terms: Sequence[tuple[str, float]]
    grams: Mapping[str, float]
    total: float
    figure: bool

    def held(self, passage: Passage) -> _Asked:
        """What of the question a passage holds."""
        terms = [pair for pair in self.terms if pair[0] in passage.terms]
        grams = {gram: weight for gram, weight in self.grams.items() if gram in passage.grams} if self.grams else self.grams
        return _Asked(self.plain, terms, grams, self.total, self.figure)


def search(passages: Passages, understanding: Understanding, text: str, limit: int) -> list[Found]:
    """At most `limit` paragraphs, the best first; scores are comparable within one answer only.

    A paragraph's score is the BM25 (Robertson and Zaragoza 2009) of its terms and, less, of its words' four-letter
    pieces, and the same of its best sentence; how much of the question two sentences side by side hold; whether the best one
    has the figure that is asked for; and how much of the question stands in them letter for letter.
    """
    index, found = passages.index, []
    language = understanding.source_language(text)
    bare = understanding.without_question_words(text, language)
    words = index.analyzer.words(bare, language)
    terms = _terms(index, index.analyzer.terms(words, language))
    kinds = index.asks.read(index.analyzer.words(text, language), language).kinds
    asked = _Asked(
        index.analyzer.plain(bare),
        [(f" {term} ", weight) for term, weight in terms.items()],
        _grams(index, index.analyzer.grams(words)),
        sum(terms.values()) or 1.0,
        not kinds.isdisjoint(_FIGURES),
    )
    for paragraph in passages.found(terms, asked.grams, max(limit, _RESCORED)):
        score, sentence = _scored(passages, paragraph, asked.held(paragraph))
        found.append(Found(paragraph.report, paragraph.label, score, paragraph.text, sentence.text))
    found.sort(key=lambda f: -f.score)
    return found[:limit]


def _scored(passages: Passages, paragraph: Passage, held: _Asked) -> tuple[float, Passage]:
    """The score of a paragraph, and its best sentence."""
    meta, sentences = passages.index.meta, passages.sentences(paragraph)
    whole = _bm25(paragraph, held, meta("paragraph_terms", 1.0), _B_WHOLE)
    parts, average = [held.held(sentence) for sentence in sentences], meta("sentence_terms", 1.0)
    scored = [(_bm25(s, own, average, _B), -s.place, s) for s, own in zip(sentences, parts, strict=True)]
    value, _, best = max(scored, default=(0.0, 0, paragraph))
    score = (whole + value) / held.total + _NEIGHBOURS * _neighbours(parts) / held.total
    score += _PARTIAL * fuzz.partial_ratio(held.plain, best.plain) / 100 + _TILES * _tiles(held.plain, paragraph.plain)
    score += _OPENING * _opens(held.plain, paragraph.plain)
    return score + _FIGURE * (held.figure and bool(_DIGIT.search(best.plain))), best


def _neighbours(sentences: Sequence[_Asked]) -> float:
    """The largest weight of what two sentences side by side hold of a question."""
    held = [dict(sentence.terms) for sentence in sentences]
    return max((sum((one | other).values()) for one, other in itertools.pairwise([*held, {}])), default=0.0)


def _terms(index: Index, terms: Sequence[str]) -> dict[str, float]:
    """The weights of the terms that paragraphs hold, less those that half of them hold unless there are no others."""
    common = _COMMON * index.sizes.get(PASSAGES, 0)
    known = [term for term in dict.fromkeys(terms) if index.df(PASSAGES, term)]
    telling = [term for term in known if index.df(PASSAGES, term) <= common]
    return {term: index.idf(PASSAGES, term) for term in telling or known}


def _grams(index: Index, grams: Sequence[str]) -> dict[str, float]:
    return {gram: _GRAM_WEIGHT * index.idf(GRAMS, gram) for gram in grams if index.df(GRAMS, gram)}


def _bm25(passage: Passage, held: _Asked, average: float, b: float) -> float:
    """The BM25 of what a passage holds of a question."""
    size = _K1 * (1 - b + b * passage.length / average)
    score = sum(held.grams.values())
    for term, weight in held.terms:
        count = passage.terms.count(term)
        score += weight * count * (_K1 + 1) / (count + size)
    return score


def _opens(question: str, text: str) -> bool:
    """Whether a text opens with what a question opens with, as one does that is about it."""
    return question[:_SHORTEST_PIECE] == text[:_SHORTEST_PIECE]


def _tiles(question: str, text: str) -> float:
    """How much of a question stands in a text in long pieces: the length of the pieces' vector over the question's."""
    start, total = 0, 0
    while start < len(question):
        end = start
        while end < len(question) and question[start : end + 1] in text:
            end += 1
        if end - start >= _SHORTEST_PIECE:
            total += (end - start) ** 2
        start = max(end, start + 1)
    return math.sqrt(total) / max(1, len(question))
