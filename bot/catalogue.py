"""What one index holds for readers to browse: facts by topic, paragraphs by label, and the bot's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot import labels
from bot.answers import ANSWER, Answer, Suggestion
from bot.facts import Citation, Paragraph
from bot.index import Entry, Index
from bot.judge import Match
from bot.passages import Passages


class Catalogue:
    """Reads one index."""

    def __init__(self, index: Index) -> None:
        self._open(index)

    def _open(self, index: Index) -> None:
        self.index = index
        self.passages = Passages(index)

    def said(self, entry: Entry, language: str) -> str:
        """An entry's answer in a language, or else in English."""
        return _in(self.index.texts(entry.id).answers, language)

    def citations(self, entry: Entry) -> tuple[Citation, ...]:
        """Where an entry stands, the best place first."""
        return self.index.texts(entry.id).citations

    def suggestions(self, matches: Sequence[Match], language: str) -> tuple[Suggestion, ...]:
        """Facts as the questions they answer."""
        return tuple(self.suggestion(match.entry, language) for match in matches)

    def suggestion(self, entry: Entry, language: str) -> Suggestion:
        """A fact as the question it answers."""
        return Suggestion(_in(self.index.texts(entry.id).questions, language), entry.name, entry.place)

    def fact(self, fact_id: str, language: str) -> Answer | None:
        """The answer a button or a deep link asks for, or None when the fact is not known."""
        entry = self.index.named(fact_id)
        if not entry:
            return None
        asked = self.suggestion(entry, language).question
        return Answer(asked, ANSWER, language, self.said(entry, language), entry.name, self.citations(entry), score=1.0)

    def topics(self, language: str) -> list[tuple[str, str]]:
        """(id, name) of every topic that has facts, in browsing order."""
        held = dict.fromkeys(name.split("/")[0] for name in self.index.names())
        named = self.index.meta("topics", {})
        order = [*(t for t in named if t in held), *(t for t in held if t not in named)]
        return [(t, named.get(t, {}).get(language) or named.get(t, {}).get("en") or t) for t in order]

    def facts_of(self, topic: str, language: str) -> list[Suggestion]:
        """Every fact of a topic as a question."""
        entries = (self.index.named(name) for name in self.index.names() if name.split("/")[0] == topic)
        return [self.suggestion(entry, language) for entry in entries if entry]

    def paragraphs(self, text: str) -> list[Paragraph]:
        """The paragraphs named by `text` ("12–14", "第12段(c)"). Raises LabelError when it names none."""
        found = (self.passages.paragraph(label) for label in labels.parse(text, self.labels()))
        return [Paragraph(p.report, p.label, p.text) for p in found if p]

    def labels(self) -> tuple[str, ...]:
        """Every paragraph label in order."""
        return self.passages.labels()

    def paragraph_name(self, label: str, language: str) -> str:
        """How a language writes a paragraph: 第 6 段, para. 6."""
        languages = self.index.meta("languages", {})
        table = languages.get(language) or languages.get("en") or {}
        if label == "0":
            return str(table.get("title_page", label))
        pattern = table.get("footnote" if label.startswith("fn") else "paragraph", "{label}")
        return str(pattern).format(label=label.removeprefix("fn"))

    def phrases(self, language: str) -> Mapping[str, Any]:
        """The bot's own words in a language, English where it has none."""
        spoken = self.languages()
        chosen = language if language in spoken else "en" if "en" in spoken else next(iter(spoken), "")
        found: Mapping[str, Any] = self.index.meta(f"phrases {chosen}", {})
        return found

    def languages(self) -> tuple[str, ...]:
        """The languages the bot speaks."""
        return tuple(self.index.meta("spoken", ()))

    def reports(self) -> tuple[str, ...]:
        """The ids of the reports."""
        return tuple(self.index.meta("reports", {}))

    def report_title(self, language: str) -> str:
        """The title of the (first) report."""
        for report in self.index.meta("reports", {}).values():
            return _in(report["title"], language)
        return ""

    def reads(self, language: str) -> bool:
        """Whether a report is written in this language."""
        return any(report["language"] == language for report in self.index.meta("reports", {}).values())


def _in(said: Mapping[str, str], language: str) -> str:
    return said.get(language) or said.get("en") or next(iter(said.values()), "")
