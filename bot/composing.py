"""What to say to a question that has been judged: an answer, a choice of at most three, or an honest no."""

from __future__ import annotations

from collections.abc import Sequence

from bot import labels
from bot.answers import ANSWER, CHAT, CHOICE, NONE, Answer
from bot.catalogue import Catalogue
from bot.facts import Citation
from bot.judge import Match, Sense, Thresholds

_MOST_CHOICES = 3
_MOST_SUGGESTIONS = 3
_MOST_NEAREST = 3
_HELD = 0.9
_GAP = 0.6
_LONGEST_LABEL = 40


class Composer:
    """Makes answers from what a catalogue holds."""

    def __init__(self, catalogue: Catalogue, thresholds: Thresholds) -> None:
        self._catalogue = catalogue
        self._thresholds = thresholds

    def compose(self, text: str, matches: Sequence[Match], found: Sequence[Sense], language: str) -> Answer:
        """The reply to `text`, for which `matches` were found that make these senses of it."""
        best = found[0] if found else None
        if best and best.entry.kind == "chat" and best.score >= self._thresholds.choice:
            return Answer(text, CHAT, language, self._catalogue.said(best.entry, language), score=best.score, chat=best.entry.name)
        if best and best.entry.kind == "fact":
            if best.score >= self._thresholds.answer:
                return self._answer(text, best, language)
            if best.score >= self._thresholds.choice and sum(m.entry.kind == "fact" for m in matches) > 1:
                return self._choice(text, best, matches, language)
        return self._no(text, best, matches, language)

    def paragraphs(self, text: str, language: str) -> Answer | None:
        """The paragraphs themselves, where `text` does no more than name them."""
        if len(text) > _LONGEST_LABEL or not labels.names_paragraph(text):
            return None
        try:
            found = self._catalogue.paragraphs(text)
        except labels.LabelError:
            return None
        citations = tuple(Citation(p.report, p.label, p.text, None) for p in found)
        return Answer(text, ANSWER, language, "\n\n".join(p.text for p in found), None, citations, score=1.0)

    def nothing(self, text: str, language: str) -> Answer:
        """The reply to what holds no question."""
        return Answer(text, NONE, language, self._catalogue.phrases(language)["unclear"])

    def help(self, text: str, language: str) -> Answer:
        """What to do instead of giving the bot a command; its doors understand their own."""
        said = self._catalogue.phrases(language).get("chat", {}).get("help", {}).get("answer")
        return Answer(text, CHAT, language, str(said), chat="help") if said else self.nothing(text, language)

    def _answer(self, text: str, sense: Sense, language: str) -> Answer:
        entries = [match.entry for match in self._together(sense, language)]
        said = "\n".join(self._catalogue.said(entry, language) for entry in entries)
        citations = _without_repeats([c for entry in entries for c in self._catalogue.citations(entry)])
        also = tuple(entry.name for entry in entries[1:])
        return Answer(text, ANSWER, language, said, entries[0].name, citations, score=sense.score, also=also)

    def _together(self, sense: Sense, language: str) -> list[Match]:
        """The facts to say together: those likely, less those whose words another one's answer holds."""
        chosen: list[tuple[Match, frozenset[str]]] = []
        analyzer = self._catalogue.index.analyzer
        for match in sense.likely:
            terms = frozenset(analyzer.tokens(self._catalogue.said(match.entry, language), language))
            if not any(_holds(other, terms) for _, other in chosen):
                chosen = [(kept, own) for kept, own in chosen if not _holds(terms, own)] + [(match, terms)]
        return [match for match, _ in chosen]

    def _choice(self, text: str, best: Sense, matches: Sequence[Match], language: str) -> Answer:
        near = [m for m in matches if m.entry.kind == "fact"][:_MOST_CHOICES]
        words = self._catalogue.phrases(language)["choice"]
        return Answer(text, CHOICE, language, words, suggestions=self._catalogue.suggestions(near, language), score=best.score)

    def _no(self, text: str, best: Sense | None, matches: Sequence[Match], language: str) -> Answer:
        """A no, in a gap's words where one fits: as it is a no in any case, less than a choice needs is enough for that."""
        facts = [m for m in matches if m.entry.kind == "fact"]
        suggestions = self._catalogue.suggestions(facts[:_MOST_SUGGESTIONS], language)
        score = best.score if best else 0.0
        if best and best.entry.kind == "gap" and best.score >= _GAP * self._thresholds.choice:
            said, named = self._catalogue.said(best.entry, language), best.entry.name
            nearest = [c.paragraph for c in self._catalogue.citations(best.entry)]
        else:
            said, named = self._catalogue.phrases(language)["none"], None
            nearest = list(dict.fromkeys(m.entry.place for m in facts if m.entry.place))[:_MOST_NEAREST]
        return Answer(text, NONE, language, said, named, suggestions=suggestions, nearest=tuple(nearest), score=score)


def _without_repeats(citations: Sequence[Citation]) -> tuple[Citation, ...]:
    """The citations, less those whose quote stands within the quote of another; the first of equal ones stays."""
    kept: list[Citation] = []
    for citation in citations:
        if not any(_repeats(citation, other) for other in kept):
            longer = [citation if _repeats(other, citation) else other for other in kept]
            kept = longer if citation in longer else [*kept, citation]
    return tuple(dict.fromkeys(kept))


def _repeats(one: Citation, other: Citation) -> bool:
    return (one.report, one.paragraph) == (other.report, other.paragraph) and one.quote in other.quote


def _holds(whole: frozenset[str], part: frozenset[str]) -> bool:
    """Whether an answer says nearly all that another says, and all its figures."""
    missing = part - whole
    return len(missing) <= (1 - _HELD) * len(part) and not any(term.isdigit() for term in missing)
