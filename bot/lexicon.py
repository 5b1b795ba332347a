"""The words and terms of an index: how often they stand in wordings, and how telling they are."""

from __future__ import annotations

import math
import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from bot.counting import worth

_POSTINGS = 1500
_UNFAMILIAR = -13.0
_REMEMBERED = 20_000
_AT_ONCE = 500


@dataclass(frozen=True)
class Tally:
    """In how many wordings of each entry a term stands: entries in order, a count for each; `claim` is the largest share
    of one entry's wordings that hold it."""

    entries: array[int]
    counts: array[int]
    claim: float

    def of(self, entries: Sequence[int]) -> list[int]:
        """The counts of some entries."""
        own, counts, size = self.entries, self.counts, len(self.entries)
        return [counts[p] if (p := bisect_left(own, entry)) < size and own[p] == entry else 0 for entry in entries]


class Lexicon:
    """Reads the tables of words and terms; `sizes` says how many wordings each language has."""

    def __init__(self, connection: sqlite3.Connection, sizes: Mapping[str, int]) -> None:
        self.connection = connection
        self.sizes = sizes
        self._dfs: dict[tuple[str, str], int] = {}
        self.tally: Callable[[str, str], Tally] = lru_cache(_REMEMBERED)(self._tally)

    def idf(self, language: str, term: str) -> float:
        """How telling a term is among the wordings of a language; two Han characters tell less when chance brings them together."""
        characters = {char: self.df(language, char) for char in term} if len(term) == 2 else {}
        return worth(term, self.df(language, term), self.sizes.get(language, 0), characters)

    def df(self, language: str, term: str) -> int:
        """In how many wordings of a language a term stands."""
        found = self._dfs.get((language, term))
        if found is None:
            self.recall(language, [term])
            found = self._dfs[language, term]
        return found

    def recall(self, language: str, terms: Iterable[str]) -> None:
        """Look up the frequencies of terms not met before, all at once."""
        wanted = [term for term in terms if (language, term) not in self._dfs]
        if len(self._dfs) > _REMEMBERED:
            self._dfs.clear()
        self._dfs.update(dict.fromkeys(((language, term) for term in wanted), 0))
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(part))
            rows = self.connection.execute(f"SELECT term, df FROM terms WHERE language = ? AND term IN ({marks})", (language, *part))
            self._dfs.update({(language, term): df for term, df in rows})

    def _tally(self, language: str, term: str) -> Tally:
        row = self.connection.execute("SELECT entries, claim FROM terms WHERE language = ? AND term = ?", (language, term)).fetchone()
        numbers = array("I")
        if row and row[0]:
            numbers.frombytes(row[0])
        half = len(numbers) // 2
        return Tally(numbers[:half], numbers[half:], row[1] or 0.0 if row else 0.0)

    def knows_word(self, language: str, word: str) -> bool:
        """Whether some wording of the language holds this word."""
        return self.word_count(language, word) > 0

    def word_count(self, language: str, word: str) -> int:
        """How many wordings of the language hold this word."""
        row = self.connection.execute("SELECT df FROM words WHERE language = ? AND word = ?", (language, word)).fetchone()
        return int(row[0]) if row else 0

    def familiarity(self, language: str, word: str) -> float:
        """How usual a word is in a language's wordings: the logarithm of its share, the same in all for one that never occurs."""
        count = self.word_count(language, word)
        return math.log(count / self.sizes[language]) if count > 0 else _UNFAMILIAR

    def words_like(self, language: str, initial: str, shortest: int, longest: int) -> list[tuple[str, int]]:
        """Words of a language with their frequencies, by first letter and length."""
        return self.connection.execute(
            "SELECT word, df FROM words WHERE language = ? AND initial = ? AND length BETWEEN ? AND ?",
            (language, initial, shortest, longest),
        ).fetchall()

    def sound(self, characters: str) -> str:
        """How a run of Han characters sounds, in pinyin without tones; empty when a character has no reading."""
        read = [self.connection.execute("SELECT sound FROM sounds WHERE char = ?", (c,)).fetchone() for c in characters]
        return " ".join(row[0] for row in read if row) if all(read) else ""

    @cached_property
    def syllables(self) -> frozenset[str]:
        """Every syllable of pinyin."""
        return frozenset(row[0] for row in self.connection.execute("SELECT DISTINCT sound FROM sounds"))

    def terms_sounding(self, sound: str) -> list[tuple[str, int]]:
        """Pairs of Han characters that sound so, with their frequencies, the most frequent first."""
        return self.connection.execute("SELECT term, df FROM terms WHERE sound = ? ORDER BY df DESC, term", (sound,)).fetchall()

    def rarest(self, language: str, terms: Iterable[str], budget: int = _POSTINGS) -> list[str]:
        """The rarest of some terms, as many as a budget of postings allows, two at least."""
        ordered = sorted((df, term) for term in set(terms) if (df := self.df(language, term)))
        chosen: list[str] = []
        postings = 0
        for df, term in ordered:
            if len(chosen) >= 2 and postings + df > budget:
                break
            chosen.append(term)
            postings += df
        return chosen
