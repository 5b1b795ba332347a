"""What a curator must mend before readers see it: quotes, numbers, wordings, coverage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot import labels
from bot.analysis import Analyzer
from bot.facts import Block, Citation, Fact, Gap, Knowledge, Problem
from bot.numbers import Dates, Figures, Number

_LEAST_WORDINGS = 8
_BRACKETED = re.compile(r"[（(]((?:[^()（）]|\([a-z]\))+)[)）]")


@dataclass(frozen=True)
class Coverage:
    """How much of the reports the facts reach."""

    facts: int
    gaps: int
    wordings: int
    paragraphs: int
    uncovered: tuple[str, ...]

    def __str__(self) -> str:
        covered = self.paragraphs - len(self.uncovered)
        missing = f"; uncovered: {', '.join(self.uncovered)}" if self.uncovered else ""
        return f"{self.facts} facts, {self.gaps} gaps, {self.wordings} wordings; {covered} of {self.paragraphs} paragraphs covered{missing}"


def evidence(knowledge: Knowledge) -> list[Problem]:
    """Quotes that are not in their paragraph, and figures in answers that no cited paragraph holds.

    With one of these, an index must not be built: a reader would see a wrong quote or a wrong number.
    """
    problems = [problem for fact in knowledge.facts for problem in _quotes(fact, knowledge)]
    figures = _Figures(knowledge)
    entries: list[tuple[Fact | Gap, tuple[Citation, ...]]] = [(f, f.citations) for f in knowledge.facts]
    entries += [(g, g.nearest) for g in knowledge.gaps]
    for entry, citations in entries:
        for language, block in entry.blocks.items():
            problems += figures.problems(entry, language, block, citations)
    return problems


def customs(knowledge: Knowledge, analyzer: Analyzer) -> list[Problem]:
    """What is not wrong but not finished: wordings shared or too few, languages missing."""
    problems = []
    seen: dict[tuple[str, str], str] = {}
    for entry in knowledge.entries:
        for language, block in entry.blocks.items():
            if len(block.wordings) < _LEAST_WORDINGS:
                message = f"{len(block.wordings)} wordings in {language}, at least {_LEAST_WORDINGS} are needed"
                problems.append(Problem(entry.path, entry.lines.get(language, 1), message))
            for wording in block.wordings:
                key = (language, analyzer.plain(wording.text))
                if key in seen:
                    other = "this file" if seen[key] == entry.id else seen[key]
                    problems.append(Problem(entry.path, wording.line, f"the wording {wording.text!r} stands in {other} already"))
                seen.setdefault(key, entry.id)
        missing = sorted(_languages_needed(entry, knowledge) - set(entry.blocks))
        problems += [Problem(entry.path, 1, f"the language {language!r} is missing") for language in missing]
    return problems


def coverage(knowledge: Knowledge) -> Coverage:
    """Which paragraphs no fact cites."""
    cited = {(c.report, c.paragraph) for fact in knowledge.facts for c in fact.citations}
    labels = [(r.id, p.label) for r in knowledge.reports for p in r.paragraphs]
    return Coverage(
        facts=len(knowledge.facts),
        gaps=len(knowledge.gaps),
        wordings=sum(len(b.wordings) for e in knowledge.entries for b in e.blocks.values()),
        paragraphs=len(labels),
        uncovered=tuple(label for report, label in labels if (report, label) not in cited),
    )


def _languages_needed(entry: Fact | Gap, knowledge: Knowledge) -> set[str]:
    citations = entry.citations if isinstance(entry, Fact) else entry.nearest
    reports = {c.report for c in citations} or {r.id for r in knowledge.reports}
    return {language for r in knowledge.reports if r.id in reports for language in r.titles}


def _quotes(fact: Fact, knowledge: Knowledge) -> Iterable[Problem]:
    for place, citation in enumerate(fact.citations):
        report = knowledge.report(citation.report)
        paragraph = report.paragraph(citation.paragraph) if report else None
        if paragraph is None or citation.quote not in paragraph.text:
            elsewhere = [p.label for p in report.paragraphs if citation.quote in p.text] if report else []
            hint = f"; it stands in {', '.join(elsewhere)}" if elsewhere else ""
            message = f"the quote is not in paragraph {citation.paragraph} word for word{hint}: {citation.quote!r}"
            yield Problem(fact.path, fact.lines.get(f"citations/{place}", 1), message)


class _Figures:
    """Compares the figures of answers with those of the paragraphs they cite."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._numbers: dict[str, Figures] = {}
        self._dates: dict[str, Dates] = {}
        self._titles: dict[str, list[Number]] = {}
        self._sources: dict[tuple[str, str], tuple[list[Number], set[tuple[int, int]]]] = {}

    def problems(self, entry: Fact | Gap, language: str, block: Block, citations: tuple[Citation, ...]) -> Iterable[Problem]:
        """One problem for every figure of an answer that is not held."""
        sources = [self._source(citation) for citation in citations]
        held = [number for numbers, _ in sources for number in numbers]
        held += [number for report in {c.report for c in citations} for number in self._title(report)]
        answer = _without_references(block.answer, citations) if isinstance(entry, Gap) else block.answer
        missing = _missing(self._reader(language).read(answer), held)
        if missing and isinstance(entry, Gap):
            missing = _missing(missing, [n for w in block.wordings for n in self._reader(language).read(w.text, lenient=True)])
        for number in missing:
            places = ", ".join(c.paragraph for c in citations)
            yield Problem(entry.path, block.line, f"the answer's {number.text!r} is in no cited paragraph ({places})")
        dates = set[tuple[int, int]]().union(*(dates for _, dates in sources))
        for day, month in sorted(self._calendar(language).read(answer) - dates):
            yield Problem(entry.path, block.line, f"the answer's date {day}/{month} (day/month) is in no cited paragraph")

    def _source(self, citation: Citation) -> tuple[list[Number], set[tuple[int, int]]]:
        key = (citation.report, citation.paragraph)
        if key not in self._sources:
            report = self._knowledge.report(citation.report)
            paragraph = report.paragraph(citation.paragraph) if report else None
            if report is None or paragraph is None:
                return [], set()
            numbers = self._reader(report.language).read(paragraph.text, lenient=True)
            self._sources[key] = numbers, self._calendar(report.language).read(paragraph.text)
        return self._sources[key]

    def _title(self, report_id: str) -> list[Number]:
        if report_id not in self._titles:
            report = self._knowledge.report(report_id)
            title = report.titles.get(report.language, "") if report else ""
            self._titles[report_id] = self._reader(report.language).read(title, lenient=True) if report else []
        return self._titles[report_id]

    def _reader(self, language: str) -> Figures:
        if language not in self._numbers:
            self._numbers[language] = Figures(self._table(language, "numbers"), self._table(language, "months"))
        return self._numbers[language]

    def _calendar(self, language: str) -> Dates:
        if language not in self._dates:
            self._dates[language] = Dates(self._table(language, "months"))
        return self._dates[language]

    def _table(self, language: str, key: str) -> dict[str, int]:
        table = self._knowledge.languages.get(language, {}).get(key)
        return {str(word).casefold(): int(value) for word, value in table.items()} if isinstance(table, Mapping) else {}


def _missing(numbers: Sequence[Number], held: Sequence[Number]) -> list[Number]:
    """The numbers that are not among those held, units and all."""
    exact, bare = {(n.value, n.unit) for n in held}, {n.value for n in held}
    return [n for n in numbers if not ((n.value, n.unit) in exact if n.unit else n.value in bare)]


def _without_references(answer: str, citations: tuple[Citation, ...]) -> str:
    """The answer without its bracketed references to the nearest paragraphs: （第 6 段）, (paras. 12(e) and 13(a))."""
    known = [c.paragraph for c in citations]

    def kept(found: re.Match[str]) -> str:
        try:
            labels.parse(found[1], known)
        except labels.LabelError:
            return found[0]
        return ""

    return _BRACKETED.sub(kept, answer)
