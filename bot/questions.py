"""A reader's question becomes weighted terms: languages found, typos mended, what is asked for read."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.analysis import is_han, scripts
from bot.asks import Asked
from bot.index import Index

_LATIN = ("en", "fr", "es")
_BY_SCRIPT = {"han": "zh", "kana": "zh", "cyrillic": "ru", "arabic": "ar"}
_LONGEST = 600
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
_SENTENCE_END = re.compile(r"([.!?。！？…؟\n]+)(?=\s|[^\x00-\x7f]|$)")
_CLAUSE_END = re.compile(r"([,;:.!?，。；：！？、…؟،\n]+)(?=\s|[^\x00-\x7f]|$)")
_PLACES = {"followups": "^{0}", "frames": "^{0}|{0}$"}
_ASKING = frozenset("?？؟")
_MOST_CLAUSES = 3
_SHORTEST_CLAUSE = 6
_PLAINLY = 1.5
_LONGEST_PINYIN = 24
_MENDED = 0.8
_EARLIER = 0.35
_UNKNOWN = 0.7


@dataclass(frozen=True)
class Question:
    """A question as the index sees it.

    `terms` holds, for each language searched, its terms with their weights (IDF, less for a mended typo); `unknown` is
    the weight of what no wording holds. The first language is the one to answer in. `core` is `plain` without a frame such
    as "what is the …".
    """

    text: str
    language: str
    plain: str
    core: str
    terms: Mapping[str, Mapping[str, float]]
    unknown: float
    asked: Asked
    mended: Mapping[str, str] = field(default_factory=dict)

    @property
    def mass(self) -> float:
        """The weight of the whole question, known and unknown."""
        return sum(sum(own.values()) for own in self.terms.values()) + self.unknown

    def within(self, whole: Question) -> Question:
        """A clause of a text as it is meant there: about the sessions, years and names of the whole."""
        about = whole.asked
        return replace(self, asked=replace(self.asked, sessions=about.sessions, years=about.years, names=about.names))


class Understanding:
    """Reads questions against one index."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._patterns: dict[tuple[str, str], re.Pattern[str] | None] = {}

    def read(self, text: str, language: str | None = None) -> Question:
        """The question in `text`. Where its words leave the language open, it is `language`."""
        text = _MARKUP.sub(" ", text[:_LONGEST])
        found = self.language(text, language)
        bare = self.without_padding(text, found)
        terms: dict[str, dict[str, float]] = {found: {}}
        mended: dict[str, str] = {}
        words = self.index.analyzer.words(self._mended(bare, found, mended), found)
        unknown = 0.0
        self.index.recall(found, self.index.analyzer.terms(words, found))
        for word in words:
            for place, term, weight in self._terms(word, found, mended):
                if place:
                    own = terms.setdefault(place, {})
                    own[term] = max(own.get(term, 0.0), weight)
                else:
                    unknown += weight
        if unknown and self._pinyin(words, found, terms, mended) and sum(terms["zh"].values()) > sum(terms[found].values()):
            found, unknown = "zh", 0.0
        plain = " ".join(mended.get(w, w) for w in words)
        core = self._without("frames", plain, found).strip()
        return Question(text, found, plain, core, terms, unknown, self.index.asks.read(words, found), mended)

    def language(self, text: str, preferred: str | None = None) -> str:
        """The language of a text: by script; among Latin ones `preferred` (or English) unless its words are plainly another's."""
        counts = scripts(text)
        others = {script: n for script, n in counts.items() if script != "latin"}
        if others:
            best = max(others, key=lambda s: others[s])
            return _BY_SCRIPT[best]
        known = [language for language in _LATIN if language in self.index.sizes]
        if len(known) < 2:
            return known[0] if known else next(iter(self.index.sizes), "en")
        scores = {}
        for language in known:
            words = [word for word in self.index.analyzer.raw_words(text) if not word.isdecimal()]
            scores[language] = sum(self.index.familiarity(language, word) for word in words)
        usual = preferred if preferred in known else known[0]
        best = max(known, key=lambda name: scores[name])
        return best if scores[best] > scores[usual] + _PLAINLY else usual

    def source_language(self, text: str) -> str:
        """The language to search the reports' own text in: theirs, where the question is in the same script."""
        found = self.language(text)
        own = [str(report["language"]) for report in self.index.meta("reports", {}).values()]
        if found in own or found not in _LATIN:
            return found
        return next((language for language in own if language in _LATIN), found)

    def sentences(self, text: str) -> list[str]:
        """The sentences of a long text that end with a question mark; none of a text that is one sentence."""
        return self._parts(_SENTENCE_END, text, only_asking=True)

    def clauses(self, text: str) -> list[str]:
        """The clauses of a long text that may be its question, those with a question mark first; none of a short one."""
        return self._parts(_CLAUSE_END, text, only_asking=False)

    def _parts(self, end: re.Pattern[str], text: str, only_asking: bool) -> list[str]:
        cut = end.split(text[:_LONGEST])
        parts = [(part.strip(), mark) for part, mark in itertools.zip_longest(cut[::2], cut[1::2], fillvalue="") if part.strip()]
        if len(parts) < 2:
            return []
        parts = [pair for pair in parts if _ASKING.intersection(pair[1]) or not only_asking]
        parts.sort(key=lambda pair: not _ASKING.intersection(pair[1]))
        likely = (part for part, _ in parts if len(part) >= _SHORTEST_CLAUSE and not self._only_padding(part))
        return list(itertools.islice(likely, _MOST_CLAUSES))

    def _only_padding(self, text: str) -> bool:
        pattern = self._phrases("padding", self.language(text))
        return bool(pattern and not self.index.analyzer.plain(pattern.sub(" ", self.index.analyzer.fold(text))))

    def follows(self, text: str, language: str) -> bool:
        """Whether a text leans on what was said before: 那…呢, "and the next one?"."""
        pattern = self._phrases("followups", language)
        return bool(pattern and pattern.search(self.index.analyzer.fold(text).strip()))

    def bare(self, text: str, language: str) -> bool:
        """Whether a text is hardly more than question words: 哪年, "how many?", 哪座城, "which city"."""
        return self.index.asks.bare(self.index.analyzer.words(self.without_padding(text, language), language), language)

    def leaning(self, text: str, before: str, language: str) -> Question | None:
        """The question with the terms of the one before at a part of their weight; None when the languages differ."""
        question, earlier = self.read(text, language), self.read(before)
        if not earlier.terms.get(language):
            return None
        terms = {place: dict(own) for place, own in question.terms.items()}
        for term, weight in earlier.terms[language].items():
            terms[language].setdefault(term, _EARLIER * weight)
        asked = question.asked if question.asked.kinds else replace(question.asked, kinds=earlier.asked.kinds)
        plain = f"{earlier.plain} {question.plain}"
        return replace(question, plain=plain, core=plain, terms=terms, asked=asked)

    def without_padding(self, text: str, language: str) -> str:
        """The text without greetings and politeness around the question; the text itself when nothing else is left."""
        return self._without("padding", text, language)

    def without_question_words(self, text: str, language: str) -> str:
        """The text without words that ask and that no statement holds; the text itself when nothing else is left."""
        return self._without("question_words", text, language)

    def _without(self, name: str, text: str, language: str) -> str:
        pattern = self._phrases(name, language)
        if not pattern:
            return text
        bare = pattern.sub(" ", self.index.analyzer.fold(text))
        return bare if self.index.analyzer.plain(bare) else text

    def _phrases(self, name: str, language: str) -> re.Pattern[str] | None:
        """What matches the phrases that the language lists under a name."""
        if (name, language) not in self._patterns:
            listed = self.index.meta("languages", {}).get(language, {}).get(name, [])
            phrases = sorted({self.index.analyzer.fold(p) for p in listed}, key=lambda p: (-len(p), p))
            edge = ("", "") if language == "zh" else (r"(?<!\w)", r"(?!\w)")
            listed = f"{edge[0]}(?:{'|'.join(map(re.escape, phrases))}){edge[1]}"
            made = re.compile(_PLACES.get(name, "{0}").format(listed)) if phrases else None
            self._patterns[name, language] = made
        return self._patterns[name, language]

    def _terms(self, word: str, language: str, mended: dict[str, str]) -> Iterator[tuple[str, str, float]]:
        index = self.index
        terms = index.analyzer.terms([word], language)
        if is_han(word):
            for term in terms:
                yield from self._han(term, language, mended)
            return
        places = [(language, terms[0])]
        if word.isascii() and language not in _LATIN:
            places += [(other, index.analyzer.terms([word], other)[0]) for other in _LATIN if other in index.sizes]
        known = [(place, term) for place, term in places if index.df(place, term)][:2]
        for place, term in known:
            yield place, term, index.idf(place, term)
        if known:
            return
        term = terms[0]
        yield "", term, _UNKNOWN * index.idf(language, term)

    def _han(self, term: str, language: str, mended: dict[str, str]) -> Iterator[tuple[str, str, float]]:
        index = self.index
        if index.df(language, term):
            yield language, term, index.idf(language, term)
            return
        sound = index.sound(term) if len(term) == 2 else ""
        alike = [t for t, _ in index.terms_sounding(sound) if (t[0] == term[0]) != (t[1] == term[1])][:1] if sound else []
        if alike:
            mended[term] = alike[0]
            yield language, alike[0], _MENDED * index.idf(language, alike[0])
        elif len(term) == 1:
            yield "", term, _UNKNOWN * index.idf(language, term)
        else:
            yield "", term, 0.5 * _UNKNOWN * index.idf(language, term)

    def _mended(self, text: str, language: str, mended: dict[str, str]) -> str:
        """The text with mistyped words replaced by the known ones they stand for."""
        words = self.index.analyzer.raw_words(text)
        for word in words:
            if not is_han(word) and word not in mended and self._strange(word, language):
                near = self._near(word, language)
                if near:
                    mended[word] = near
        return " ".join(mended.get(word, word) for word in words) if mended else text

    def _strange(self, word: str, language: str) -> bool:
        places = (language, *_LATIN) if word.isascii() and language == "zh" else (language,)
        stems = ((place, self.index.analyzer.terms([word], place)[0]) for place in places)
        return not any(self.index.knows_word(place, word) or self.index.df(place, stem) for place, stem in stems)

    def _near(self, word: str, language: str) -> str:
        """The known word a mistyped one stands for, or nothing: one slip for four letters, two from seven on."""
        slips = 0 if len(word) < 4 or word.isdigit() else 1 if len(word) < 7 else 2
        if not slips:
            return ""
        places = ("zh", "en") if language == "zh" else (language,)
        known = {w: n for place in places for w, n in self.index.words_like(place, word[0], len(word) - slips, len(word) + slips)}
        found = process.extract(word, known.keys(), scorer=OSA.distance, score_cutoff=slips, limit=8)
        return min(found, key=lambda f: (f[1], -known[f[0]], f[0]))[0] if found else ""

    def _pinyin(self, words: list[str], language: str, terms: dict[str, dict[str, float]], mended: dict[str, str]) -> bool:
        """Reads unknown Latin words as pinyin, two syllables at a time; whether any was known so."""
        if "zh" not in self.index.sizes or language not in (*_LATIN, "zh"):
            return False
        syllables: list[str] = []
        for word in words:
            spelled = word.isascii() and word.isalpha() and len(word) <= _LONGEST_PINYIN
            cut = self._syllables(word) if spelled and self._strange(word, language) else None
            syllables += cut if cut else []
        found = False
        for first, second in itertools.pairwise(syllables):
            for term, _ in self.index.terms_sounding(f"{first} {second}")[:2]:
                own = terms.setdefault("zh", {})
                own[term] = _MENDED * self.index.idf("zh", term)
                mended[f"{first} {second}"] = term
                found = True
        return found

    def _syllables(self, word: str) -> list[str] | None:
        if not word:
            return []
        for length in range(min(6, len(word)), 0, -1):
            if word[:length] in self.index.syllables and (length > 1 or len(word) == 1):
                rest = self._syllables(word[length:])
                if rest is not None:
                    return [word[:length], *rest]
        return None
