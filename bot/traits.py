"""What an entry's wordings have in common: what they ask for, the sessions and years they name, the terms they share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from bot.asks import Asked
from bot.facts import Block, Citation, Fact, Gap

_CORE = 0.25
_CORE_TERMS = 24
_STRAY, _OFTEN = 1, 0.1
_Named = TypeVar("_Named", int, str)


class Traits:
    """Gathers the traits of one entry, wording by wording."""

    def __init__(self) -> None:
        self._kinds: list[str] = []
        self._asked: list[Asked] = []
        self._sessions: set[int] = set()
        self._years: set[int] = set()
        self._stated: set[str] = set()
        self._seen: defaultdict[str, list[str]] = defaultdict(list)
        self._terms: dict[str, Counter[str]] = {}
        self._said: dict[str, str] = {}
        self.wordings: Counter[str] = Counter()

    def wording(self, language: str, asked: Asked, terms: Sequence[str]) -> None:
        """Take in one wording: what it asks for, and its terms, each once."""
        self.wordings[language] += 1
        self._kinds += asked.kinds
        self._seen[language] += terms
        if asked.sessions or asked.years or asked.names:
            self._asked.append(asked)

    def answer(self, language: str, asked: Asked, terms: Iterable[str]) -> None:
        """Take in an answer: the sessions and years it names, and its terms."""
        self._sessions |= asked.sessions
        self._years |= asked.years
        self._stated |= asked.names
        self._said[language] = " ".join(dict.fromkeys(terms))

    def terms(self, language: str) -> Mapping[str, int]:
        """In how many of the wordings of a language each term stands, once all were taken in."""
        if language not in self._terms:
            self._terms[language] = Counter(self._seen[language])
        return self._terms[language]

    def as_json(self) -> Mapping[str, Any]:
        """What the index keeps of them."""
        total = sum(self.wordings.values()) or 1
        sessions = self._sessions | _usual((asked.sessions for asked in self._asked), _OFTEN * total)
        years = self._years.union(*(asked.years for asked in self._asked))
        names = self._stated | _usual((asked.names for asked in self._asked), _STRAY)
        return {
            "wordings": dict(self.wordings),
            "asked": {kind: round(count / total, 4) for kind, count in sorted(Counter(self._kinds).items())},
            "sessions": sorted(sessions),
            "years": sorted(years),
            "names": sorted(names),
            "stated": sorted(self._stated),
            "said": self._said,
            "core": {language: self._core(language) for language in self._seen},
        }

    def _core(self, language: str) -> list[tuple[str, int]]:
        least = max(2, _CORE * self.wordings[language])
        shared = [(term, count) for term, count in self.terms(language).items() if count >= least]
        return sorted(shared, key=lambda pair: (-pair[1], pair[0]))[:_CORE_TERMS]


def _usual(found: Iterable[Iterable[_Named]], stray: float) -> set[_Named]:
    """What stands in more than a few stray wordings."""
    return {named for named, count in Counter(named for own in found for named in own).items() if count > stray}


def texts(source: Fact | Gap | None, blocks: Mapping[str, Block]) -> Mapping[str, Any]:
    """What the index keeps of an entry's words: answers and first questions by language, and its citations."""
    return {
        "answers": {language: block.answer for language, block in blocks.items()},
        "questions": {language: block.wordings[0].text for language, block in blocks.items() if block.wordings},
        "citations": [[c.report, c.paragraph, c.quote, c.url] for c in citations(source)],
    }


def citations(source: Fact | Gap | None) -> tuple[Citation, ...]:
    """Where an entry stands, the best place first; small talk stands nowhere."""
    if isinstance(source, Fact):
        return source.citations
    return source.nearest if isinstance(source, Gap) else ()
