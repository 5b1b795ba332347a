"""How often terms stand in wordings, and what that makes them worth."""

from __future__ import annotations

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.analysis import is_han

_CLAIMED = 3
_CHANCE, _WORD = 0.5, 3.0


def worth(term: str, df: int, total: int, frequency: Mapping[str, int]) -> float:
    """How telling a term is that stands in `df` of `total` wordings: its inverse document frequency.

    Two Han characters tell up to half as much when chance may bring them together: by their pointwise mutual information,
    from the `frequency` of each.
    """
    telling = math.log(1 + (total + 1) / (df + 0.5))
    if len(term) != 2 or not is_han(term):
        return telling
    information = math.log((df + 0.5) * (total + 1) / ((frequency[term[0]] + 0.5) * (frequency[term[1]] + 0.5)))
    return telling * min(1.0, max(_CHANCE, information / _WORD))


def claim(entries: Sequence[int], counts: Sequence[int], sizes: Sequence[int]) -> float:
    """The largest share of one entry's wordings that hold a term, of entries in which it stands often enough to tell.

    `sizes` are the numbers of wordings of all entries, the first of them that of entry 1.
    """
    shares = (count / max(1, sizes[entry - 1]) for entry, count in zip(entries, counts, strict=True) if count >= _CLAIMED)
    return max(shares, default=0.0)


class Counts:
    """What one language's wordings hold, counted entry by entry while they stream by."""

    def __init__(self) -> None:
        self.wordings = 0
        self.sizes = array("I")
        self._words: Counter[str] = Counter()
        self._held: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))

    def words(self, wordings: Iterable[Iterable[str]]) -> None:
        """Take in the words of some wordings."""
        self._words.update([word for words in wordings for word in set(words) if not is_han(word)])

    def entry(self, entry: int, wordings: int, terms: Mapping[str, int]) -> None:
        """Take in an entry: its number, how many wordings it has, and in how many of them each term stands."""
        self.wordings += wordings
        self.sizes.append(wordings)
        held = self._held
        for term, count in terms.items():
            held[term].extend((entry, count))

    def frequencies(self) -> dict[str, int]:
        """In how many wordings each term stands."""
        return {term: sum(held[1::2]) for term, held in sorted(self._held.items())}

    def terms(self) -> Iterator[tuple[str, int, bytes, float]]:
        """Every term with its frequency, the entries that hold it and the counts of each, and its claim."""
        for term, df in self.frequencies().items():
            entries, counts = self._held[term][::2], self._held[term][1::2]
            yield term, df, (entries + counts).tobytes(), claim(entries, counts, self.sizes) if df >= _CLAIMED else 0.0

    def vocabulary(self) -> Iterator[tuple[str, int]]:
        """Every word that is not Han, with the number of wordings that hold it."""
        yield from sorted(self._words.items())

    def squares(self) -> dict[str, float]:
        """The square of what each term is worth."""
        frequency = self.frequencies()
        return {term: worth(term, df, self.wordings, frequency) ** 2 for term, df in frequency.items()}
