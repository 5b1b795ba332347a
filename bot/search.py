"""Ranks paragraphs for a question, and finds the sentence that carries the answer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from bot.index import GRAMS, PASSAGES, Index
from bot.passages import Passage, Passages
from bot.questions import Understanding

_K1, _B = 1.2, 0.6
_RESCORED = 10
_GRAM_WEIGHT = 0.3
_PARTIAL, _TILES = 0.4, 0.3
_SHORTEST_PIECE = 2
_COMMON = 0.5


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
    """A question's terms, each between spaces, and grams, with their weights."""

    terms: Sequence[tuple[str, float]]
    grams: Mapping[str, float]


def search(passages: Passages, understanding: Understanding, text: str, limit: int) -> list[Found]:
    """At most `limit` paragraphs, the best first; scores are comparable within one answer only.

    A paragraph's score is the BM25 (Robertson and Zaragoza 2009) of its terms and, less, of its words' four-letter
    pieces, and the same of its best sentence; and how much of the question stands in them letter for letter.
    """
    index, found = passages.index, []
    language = understanding.source_language(text)
    words = index.analyzer.words(text, language)
    plain = index.analyzer.plain(text)
    terms = _terms(index, index.analyzer.terms(words, language))
    grams = _grams(index, index.analyzer.grams(words))
    asked = _Asked([(f" {term} ", weight) for term, weight in terms.items()], grams)
    total = sum(terms.values()) or 1.0
    for paragraph in passages.found(terms, grams, max(limit, _RESCORED)):
        held = _held(paragraph, asked)
        whole = _bm25(paragraph, held, index.meta("paragraph_terms", 1.0))
        scored = [(_bm25(s, held, index.meta("sentence_terms", 1.0)), -s.place, s) for s in passages.sentences(paragraph)]
        value, _, best = max(scored, default=(0.0, 0, paragraph))
        verbatim = _PARTIAL * fuzz.partial_ratio(plain, best.plain) / 100 + _TILES * _tiles(plain, paragraph.plain)
        score = (whole + value) / total + verbatim
        found.append(Found(paragraph.report, paragraph.label, score, paragraph.text, best.text))
    found.sort(key=lambda f: -f.score)
    return found[:limit]


def _terms(index: Index, terms: Sequence[str]) -> dict[str, float]:
    """The weights of the terms that paragraphs hold, less those that half of them hold unless there are no others."""
    common = _COMMON * index.sizes.get(PASSAGES, 0)
    known = [term for term in dict.fromkeys(terms) if index.df(PASSAGES, term)]
    telling = [term for term in known if index.df(PASSAGES, term) <= common]
    return {term: _idf(index, PASSAGES, term) for term in telling or known}


def _grams(index: Index, grams: Sequence[str]) -> dict[str, float]:
    return {gram: _GRAM_WEIGHT * _idf(index, GRAMS, gram) for gram in grams if index.df(GRAMS, gram)}


def _idf(index: Index, kind: str, term: str) -> float:
    df, total = index.df(kind, term), index.sizes.get(kind, 0)
    return math.log(1 + (total - df + 0.5) / (df + 0.5))


def _held(paragraph: Passage, asked: _Asked) -> _Asked:
    """What of a question a paragraph, and so some sentence of it, can hold."""
    return _Asked(
        [pair for pair in asked.terms if pair[0] in paragraph.terms],
        {gram: weight for gram, weight in asked.grams.items() if gram in paragraph.grams},
    )


def _bm25(passage: Passage, asked: _Asked, average: float) -> float:
    size = _K1 * (1 - _B + _B * passage.length / average)
    score = sum([weight for gram, weight in asked.grams.items() if gram in passage.grams]) if asked.grams else 0.0
    for term, weight in asked.terms:
        count = passage.terms.count(term)
        if count:
            score += weight * count * (_K1 + 1) / (count + size)
    return score


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
