"""What a question asks for: its kind (who, when, how many, …), and the sessions, years and names in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.analysis import Analyzer
from bot.naming import Names

_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SESSION_DIGITS = 2
_NOTHING = frozenset[str]()
_NEXT_TO_NOTHING = 2


@dataclass(frozen=True)
class Asked:
    """What one question asks for. `kinds` may be empty: key words alone ask for nothing in particular."""

    kinds: frozenset[str] = frozenset()
    sessions: frozenset[int] = frozenset()
    years: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Asks:
    """Recognizes what is asked, by tables of words per language.

    `kinds` maps a kind to the words or phrases that ask for it; `sessions` holds the words beside which a number
    names a session (`session`, 届). Both are folded by `analyzer`. `names` recognizes places, bodies and the like.
    """

    analyzer: Analyzer
    kinds: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    sessions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    names: Names = field(default_factory=lambda: Names(Analyzer()))
    _made: dict[str, tuple[re.Pattern[str], dict[str, frozenset[str]]]] = field(default_factory=dict, compare=False, repr=False)
    _named: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    def read(self, words: Sequence[str], language: str) -> Asked:
        """What a text in this language asks for, given its words as the analyzer cuts them."""
        joined = f" {' '.join(words)} "
        pattern, asking = self._phrases(language)
        phrases = pattern.findall(joined)
        kinds = asking[phrases[0]] if len(phrases) == 1 else _NOTHING.union(*[asking[phrase] for phrase in phrases])
        names = self.names.read(words, language)
        if not _DIGIT.search(joined):
            return Asked(kinds, names=names)
        return Asked(kinds, frozenset(self._session_numbers(words, language)), frozenset(map(int, _YEAR.findall(joined))), names)

    def bare(self, words: Sequence[str], language: str) -> bool:
        """Whether words ask for something and say next to nothing else: one word, or two Han characters."""
        joined = f" {' '.join(words)} "
        left, asking = self._phrases(language)[0].subn(" ", joined)
        rest = left.split()
        return asking > 0 and (len("".join(rest)) <= _NEXT_TO_NOTHING if language == "zh" else len(rest) <= 1)

    def _session_numbers(self, words: Sequence[str], language: str) -> Iterable[int]:
        names = self._session_names(language)
        for place, word in enumerate(words):
            if not (word.isdecimal() and len(word) <= _SESSION_DIGITS and int(word) > 0):
                continue
            around = [*words[max(0, place - 2) : place], *words[place + 1 : place + 3]]
            if any(near in names or (language == "zh" and near[:1] in names) for near in around):
                yield int(word)

    def _phrases(self, language: str) -> tuple[re.Pattern[str], dict[str, frozenset[str]]]:
        """What finds the phrases that ask for something, the longest first, and the kinds that each asks for."""
        if language not in self._made:
            edge = "" if language == "zh" else " "
            table = self.kinds.get(language, {})
            folded = {kind: {" ".join(self.analyzer.words(p, language)) for p in phrases} for kind, phrases in table.items()}
            every = sorted({phrase for phrases in folded.values() for phrase in phrases}, key=lambda p: (-len(p), p))
            asking = {
                phrase: frozenset(kind for kind, own in folded.items() if any(f"{edge}{p}{edge}" in f"{edge}{phrase}{edge}" for p in own))
                for phrase in every
            }
            found = "|".join(map(re.escape, every)) or "(?!)"
            self._made[language] = re.compile(f"(?:{found})" if language == "zh" else f" ({found})(?= )"), asking
        return self._made[language]

    def _session_names(self, language: str) -> frozenset[str]:
        if language not in self._named:
            names = self.sessions.get(language, ())
            self._named[language] = frozenset(word for name in names for word in self.analyzer.words(name, language))
        return self._named[language]
