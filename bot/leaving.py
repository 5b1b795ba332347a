"""An index as it would be without some wordings of one entry, to learn from questions it has truly not seen."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from bot.analysis import is_han
from bot.counting import claim
from bot.index import Candidate, Entry, Index
from bot.lexicon import Tally
from bot.traits import Traits

Row = tuple[int, int, str, str]


class IndexWithout(Index):
    """A view of `index` in which these rows (id, entry, language, text; all of one entry) do not exist."""

    def __init__(self, index: Index, rows: Sequence[Row]) -> None:
        self.__dict__.update(index.__dict__)
        self._whole = index
        self._hidden = frozenset(row[0] for row in rows)
        self._entry_id = rows[0][1]
        self._terms: Counter[tuple[str, str]] = Counter()
        self._words: Counter[tuple[str, str]] = Counter()
        for _, _, language, text in rows:
            words = index.analyzer.words(text, language)
            self._terms.update((language, term) for term in set(index.analyzer.terms(words, language)))
            own = {word for word in (*index.analyzer.raw_words(text), *words) if not is_han(word)}
            self._words.update((language, word) for word in own)
        fewer = Counter(row[2] for row in rows)
        self.sizes = {language: count - fewer[language] for language, count in index.sizes.items()}
        self.entry = self._entry_left
        self.tally = cache(self._tally_left)
        self._left = self._traits_left()

    def meta(self, key: str, default: Any = None) -> Any:
        found = self._whole.meta(key, default)
        if key.startswith("counts "):
            found = list(found)
            found[self._entry_id - 1] = self._left.wordings.get(key.removeprefix("counts "), 0)
        return found

    def df(self, language: str, term: str) -> int:
        return self._whole.df(language, term) - self._terms[language, term]

    def recall(self, language: str, terms: Iterable[str]) -> None:
        self._whole.recall(language, terms)

    def knows_word(self, language: str, word: str) -> bool:
        return self.word_count(language, word) > 0

    def word_count(self, language: str, word: str) -> int:
        return self._whole.word_count(language, word) - self._words[language, word]

    def words_like(self, language: str, initial: str, shortest: int, longest: int) -> list[tuple[str, int]]:
        found = self._whole.words_like(language, initial, shortest, longest)
        left = ((word, count - self._words[language, word]) for word, count in found)
        return [(word, count) for word, count in left if count > 0]

    def terms_sounding(self, sound: str) -> list[tuple[str, int]]:
        left = ((term, count - self._terms["zh", term]) for term, count in self._whole.terms_sounding(sound))
        return sorted(((term, count) for term, count in left if count > 0), key=lambda pair: (-pair[1], pair[0]))

    def _tally_left(self, language: str, term: str) -> Tally:
        whole = self._whole.tally(language, term)
        counts = array("I", whole.counts)
        fewer = self._terms[language, term]
        if fewer:
            counts[bisect_left(whole.entries, self._entry_id)] -= fewer
        if self._entry_id in whole.entries:
            return Tally(whole.entries, counts, claim(whole.entries, counts, self.meta(f"counts {language}", [])))
        return whole

    def norm(self, candidate: Candidate) -> float:
        """The length of a wording's vector, by the frequencies that are left."""
        terms = candidate.terms.split()
        self.recall(candidate.language, terms)
        return math.sqrt(sum([self.idf(candidate.language, term) ** 2 for term in terms])) or 1.0

    def _entry_left(self, entry_id: int) -> Entry:
        return self._left if entry_id == self._entry_id else self._whole.entry(entry_id)

    def _traits_left(self) -> Entry:
        whole = self._whole.entry(self._entry_id)
        gathered = Traits()
        for serial, _, language, text in self._whole.wordings(self._entry_id):
            if serial not in self._hidden:
                words = self.analyzer.words(text, language)
                terms = list(dict.fromkeys(self.analyzer.terms(words, language)))
                gathered.wording(language, self._whole.asks.read(words, language), terms)
        for language, answer in self._whole.texts(self._entry_id).answers.items():
            words = self.analyzer.words(answer, language)
            gathered.answer(language, self._whole.asks.read(words, language), self.analyzer.terms(words, language))
        return self.read_entry(self._entry_id, whole.name, whole.kind, whole.report, whole.place, gathered.as_json())
