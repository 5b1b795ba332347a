"""Text becomes tokens: the same cut for indexing and for asking, in six scripts."""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import Stemmer

_STEMMERS = {"en": "english", "fr": "french", "es": "spanish", "ru": "russian", "ar": "arabic"}
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3007"
_CUT = re.compile(rf"[{_HAN}]+|\d+|[^\W\d_{_HAN}]+")
_HAN_NUMERAL = re.compile(r"[一二三四五六七八九十百千万]{2,}|(?<=第)[一二三四五六七八九十]")
_GROUPED = re.compile(r"(?<=\d)[,  ٬’'](?=\d{3}(?!\d))")
_DIGIT = re.compile(r"\d")
_SCALED = re.compile(r"(\d+(?:\.\d+)?)\s?(万|[kw](?![a-z]))(\d(?!\d))?")
_SCALES = {"万": 10_000, "w": 10_000, "k": 1000}
_ARABIC = {ord(a): b for a, b in zip("أإآٱةىؤئـ", ["ا", "ا", "ا", "ا", "ه", "ي", "و", "ي", ""], strict=True)}
_LONGEST = 4000
_GRAM = 4


@dataclass(frozen=True)
class Analyzer:
    """Folds and cuts text. Two equal analyzers cut alike; what they need is plain data, kept with the index.

    `simplified` maps code points of traditional characters to simplified ones; `synonyms` are groups of words or
    phrases by language whose first stands for all; `numbers` maps spelled numbers to digits by language.
    """

    simplified: Mapping[int, str] = field(default_factory=dict)
    synonyms: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    numbers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    _canonical: dict[str, tuple[re.Pattern[str], dict[str, str]]] = field(default_factory=dict, compare=False, repr=False)

    def fold(self, text: str) -> str:
        """Case, width, accents, script variants, controls and digit grouping folded away, 1.7 万 and 17k written out; at most
        4,000 characters."""
        text = unicodedata.normalize("NFKC", text[:_LONGEST]).casefold().translate(self._folding)
        return _SCALED.sub(_written_out, _GROUPED.sub("", text)) if _DIGIT.search(text) else text

    def plain(self, text: str) -> str:
        """Folded text without anything but letters and digits, words kept apart by one space."""
        return " ".join(self.raw_words(text))

    def raw_words(self, text: str) -> list[str]:
        """The folded words of a text as they stand; runs of Han stay whole."""
        return self.cut(self.fold(text))

    def cut(self, folded: str) -> list[str]:
        """The words of a folded text as they stand."""
        return _CUT.findall(folded)

    def words(self, text: str, language: str) -> list[str]:
        """The folded words of a text with synonyms and spelled numbers made one; runs of Han stay whole."""
        return self.words_of(self.fold(text), language)

    def words_of(self, folded: str, language: str, raw: Sequence[str] | None = None) -> list[str]:
        """As `words`, of a folded text; `raw` are its words as they stand, where they are known."""
        same = self._same_words(language, folded)
        if language == "zh":
            same = _HAN_NUMERAL.sub(lambda found: str(_value(found[0])), same)
        numbers = self.numbers.get(language, {})
        return [numbers.get(word, word) for word in (raw if raw is not None and same == folded else _CUT.findall(same))]

    def tokens(self, text: str, language: str) -> list[str]:
        """The index terms of a text: single Han characters and their pairs, stems of words, digits."""
        return self.terms(self.words(text, language), language)

    def grams(self, words: Iterable[str]) -> list[str]:
        """The four-letter pieces of words that are not Han, each once: what inflected and misspelt words share."""
        pieces = (w[i : i + _GRAM] for w in words if not is_han(w) and not w.isdigit() for i in range(len(w) - _GRAM + 1))
        return list(dict.fromkeys(pieces))

    def terms(self, words: Sequence[str], language: str) -> list[str]:
        """The index terms of words as `words` returns them."""
        stemmer = _stemmer(language)
        if not any(map(is_han, words)):
            return list(stemmer.stemWords(words))
        terms: list[str] = []
        for word in words:
            if is_han(word):
                terms += word
                terms += map(operator.add, word, word[1:])
            else:
                terms.append(stemmer.stemWord(word))
        return terms

    @cached_property
    def _folding(self) -> _Folding:
        return _Folding(self.simplified)

    def _same_words(self, language: str, folded: str) -> str:
        groups = self.synonyms.get(language)
        if not groups:
            return folded
        if language not in self._canonical:
            table = {self.fold(word): self.fold(group[0]) for group in groups for word in group}
            edge = ("", "") if language == "zh" else (r"(?<!\w)", r"(?!\w)")
            longest = "|".join(re.escape(word) for word in sorted(table, key=lambda w: (-len(w), w)))
            self._canonical[language] = (re.compile(f"{edge[0]}(?:{longest}){edge[1]}"), table)
        pattern, table = self._canonical[language]
        return pattern.sub(lambda found: table[found[0]], folded)


def is_han(word: str) -> bool:
    """Whether a word (as the analyzer cuts them) is a run of Han characters."""
    return word >= "\u3007" and ("\u3400" <= word[0] <= "\u9fff" or "\uf900" <= word[0] <= "\ufaff" or word[0] == "\u3007")


def scripts(text: str) -> dict[str, int]:
    """How many letters of each script a text has: han, latin, cyrillic, arabic, kana."""
    counts: dict[str, int] = {}
    for char in text:
        script = _script(char)
        if script:
            counts[script] = counts.get(script, 0) + 1
    return counts


def _script(char: str) -> str:
    if "a" <= char <= "z" or "A" <= char <= "Z" or "\u00c0" <= char <= "\u024f":
        return "latin"
    if "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff":
        return "han"
    if "\u0400" <= char <= "\u052f":
        return "cyrillic"
    if "\u0600" <= char <= "\u06ff" and char.isalpha():
        return "arabic"
    if "\u3040" <= char <= "\u30ff" or "\uff66" <= char <= "\uff9d":
        return "kana"
    return ""


class _Folding(dict[int, str]):
    """A table for str.translate that works out a character when it first meets it."""

    def __init__(self, simplified: Mapping[int, str]) -> None:
        super().__init__(simplified)
        self.update(_ARABIC)

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded(chr(code))
        return folded


def _folded(char: str) -> str:
    if "\u0400" <= char <= "\u052f":
        return "е" if char == "ё" else char
    category = unicodedata.category(char)
    if category in {"Cf", "Cc", "Cs", "Mn", "Me"}:
        return " " if char.isspace() else ""
    if category == "Nd":
        return str(unicodedata.decimal(char))
    base = unicodedata.normalize("NFD", char)
    return base[0] if len(base) > 1 and not "\uac00" <= char <= "\ud7af" else char


def _stemmer(language: str) -> Stemmer.Stemmer:
    name = _STEMMERS.get(language, "english")
    if name not in _made:
        _made[name] = Stemmer.Stemmer(name)
    return _made[name]


_made: dict[str, Stemmer.Stemmer] = {}


def _written_out(found: re.Match[str]) -> str:
    scale = _SCALES[found[2]]
    value = float(found[1]) * scale + int(found[3] or 0) * scale / 10
    return str(int(value)) if value.is_integer() else found[0]


def _value(numeral: str) -> int:
    from bot.numbers import chinese_value

    return chinese_value(numeral)
