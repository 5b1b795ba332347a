"""Ranks paragraphs for a question, and finds the sentence that carries the answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bot.index import GRAMS, PASSAGES, Index, Passage
from bot.questions import Understanding

_K1, _B = 1.2, 0.6
_RESCORED = 12
_GRAM_WEIGHT = 0.3


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
    """A question's terms and grams with their weights."""

    terms: Mapping[str, float]
    grams: Mapping[str, float]


def search(index: Index, understanding: Understanding, text: str, limit: int) -> list[Found]:
    """At most `limit` paragraphs, the best first; scores are comparable within one answer only.

    A paragraph's score is the BM25 (Robertson and Zaragoza 2009) of its terms and, less, of its words' four-letter
    pieces, and the same of its best sentence.
    """
    language = understanding.source_language(text)
    words = index.analyzer.words(text, language)
    asked = _asked(index, list(index.analyzer.terms(words, language)), index.analyzer.grams(words))
    found = []
    for paragraph in index.passages(asked.terms, asked.grams, max(limit, _RESCORED)):
        best, value = paragraph, 0.0
        for sentence in index.sentences(paragraph):
            score = _bm25(sentence, asked, float(index.meta("sentence_terms", 1.0)))
            if score > value:
                best, value = sentence, score
        score = value + _bm25(paragraph, asked, float(index.meta("paragraph_terms", 1.0)))
        found.append(Found(paragraph.report, paragraph.label, score, paragraph.text, best.text))
    found.sort(key=lambda f: -f.score)
    return found[:limit]


def _asked(index: Index, terms: list[str], grams: list[str]) -> _Asked:
    weights = {term: _idf(index, PASSAGES, term) for term in dict.fromkeys(terms) if index.df(PASSAGES, term)}
    pieces = {gram: _GRAM_WEIGHT * _idf(index, GRAMS, gram) for gram in grams if index.df(GRAMS, gram)}
    return _Asked(weights, pieces)


def _idf(index: Index, kind: str, term: str) -> float:
    df, total = index.df(kind, term), index.sizes.get(kind, 0)
    return math.log(1 + (total - df + 0.5) / (df + 0.5))


def _bm25(passage: Passage, asked: _Asked, average: float) -> float:
    size = _K1 * (1 - _B + _B * passage.length / average)
    score = sum(weight for gram, weight in asked.grams.items() if gram in passage.grams)
    for term, weight in asked.terms.items():
        count = passage.terms.count(f" {term} ")
        if count:
            score += weight * count * (_K1 + 1) / (count + size)
    return score
