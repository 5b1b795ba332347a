"""Which places, bodies, platforms and events a text names."""

from __future__ import annotations

import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.analysis import Analyzer, is_han

_BESIDE = "en"
_STEMMED = "ru"
_NO_NAMES = "no-names/"
_CLITICS = {"ar": re.compile(r"و?(?:[بلكف]?ال|لل|[بلكف])?(?=\w{3})")}
_Table = Mapping[str, Sequence[tuple[tuple[str, ...], str]]]


@dataclass(frozen=True)
class Names:
    """Recognizes names by tables of words: `words` gives, for a language, the words for each name (`countries/egypt`).

    A name stands as it is listed, but for what is joined to its front in Arabic and its ending in Russian; in a Chinese text
    English names stand, too. What is listed under `no-names` only looks like one.
    """

    analyzer: Analyzer
    words: Callable[[str], Mapping[str, Sequence[str]]] = lambda language: {}
    _made: dict[str, _Table] = field(default_factory=dict, compare=False, repr=False)

    def read(self, words: Sequence[str], language: str) -> frozenset[str]:
        """The names in a text, given its words as the analyzer cuts them."""
        found: set[str] = set()
        for word in words:
            if is_han(word) and not self._table("zh").keys().isdisjoint(map(operator.add, word, word[1:])):
                found.update(self._within(word))
        spoken = [word for word in words if not is_han(word)]
        if spoken:
            found.update(self._among(spoken, _BESIDE if language == "zh" else language))
        return frozenset(found)

    def _within(self, run: str) -> Iterator[str]:
        """The names in a run of Han characters: from left to right, the longest first."""
        table, place = self._table("zh"), 0
        while place < len(run) - 1:
            held = [(own, name) for (own,), name in table.get(run[place : place + 2], ()) if run.startswith(own, place)]
            longest, name = max(held, key=lambda pair: len(pair[0]), default=("", ""))
            if name and not name.startswith(_NO_NAMES):
                yield name
            place += len(longest) or 1

    def _among(self, words: Sequence[str], language: str) -> Iterator[str]:
        table, clitics = self._table(language), _CLITICS.get(language)
        terms = self.analyzer.terms(words, language) if language == _STEMMED else words
        bare = [clitics.sub("", term, count=1) for term in terms] if clitics else terms
        if table.keys().isdisjoint(terms) and (bare is terms or table.keys().isdisjoint(bare)):
            return
        for place, term in enumerate(terms):
            for own, name in (*table.get(term, ()), *(table.get(bare[place], ()) if bare[place] != term else ())):
                if tuple(terms[place + 1 : place + len(own)]) == own[1:]:
                    yield name

    def _table(self, language: str) -> _Table:
        """The names by the first two Han characters, or else the first term."""
        if language not in self._made:
            table: defaultdict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
            for name, texts in self.words(language).items():
                for text in texts:
                    words = tuple(self.analyzer.words(text, language))
                    if any(map(is_han, words)):
                        if len(words) == 1:
                            table[words[0][:2]].append((words, name))
                    elif words:
                        terms = tuple(self.analyzer.terms(words, language)) if language == _STEMMED else words
                        table[terms[0]].append((terms, name))
            self._made[language] = table
        return self._made[language]
