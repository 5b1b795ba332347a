"""What we know: reports, their paragraphs, and what curators wrote about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Paragraph:
    """One addressable piece of a report, in the report's own words."""

    report: str
    label: str
    text: str


@dataclass(frozen=True)
class Report:
    """A source document: its language, its titles by language, and its paragraphs in order."""

    id: str
    language: str
    source: str
    titles: Mapping[str, str]
    paragraphs: tuple[Paragraph, ...]
    url: str | None = None

    def paragraph(self, label: str) -> Paragraph | None:
        """The paragraph with this label, or None."""
        return next((p for p in self.paragraphs if p.label == label), None)


@dataclass(frozen=True)
class Citation:
    """Where a fact stands: report, paragraph label, and the verbatim words that carry it."""

    report: str
    paragraph: str
    quote: str = ""
    url: str | None = None


@dataclass(frozen=True)
class Wording:
    """One way to ask for a fact or a gap in one language."""

    text: str
    language: str
    line: int = 0


@dataclass(frozen=True)
class Block:
    """Everything one language says about a fact or a gap."""

    wordings: tuple[Wording, ...]
    answer: str
    line: int = 0


@dataclass(frozen=True)
class Fact:
    """Something a report says: how people ask for it, the answer, and the citations that carry it."""

    id: str
    blocks: Mapping[str, Block]
    citations: tuple[Citation, ...]
    path: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Gap:
    """Something readers ask and the report does not say; `nearest` holds the closest paragraphs."""

    id: str
    blocks: Mapping[str, Block]
    nearest: tuple[Citation, ...]
    path: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)


Entry = Fact | Gap


@dataclass(frozen=True)
class Problem:
    """Something for a curator to mend, where it stands."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Knowledge:
    """All that curators wrote, read whole: nothing in it depends on the order of files."""

    reports: tuple[Report, ...]
    facts: tuple[Fact, ...]
    gaps: tuple[Gap, ...]
    topics: Mapping[str, Mapping[str, str]]
    languages: Mapping[str, Mapping[str, object]]
    phrases: Mapping[str, Mapping[str, object]]
    synonyms: Mapping[str, tuple[tuple[str, ...], ...]]
    names: Mapping[str, Mapping[str, Sequence[str]]]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Facts and gaps."""
        return (*self.facts, *self.gaps)

    def report(self, report_id: str) -> Report | None:
        """The report with this id, or None."""
        return next((r for r in self.reports if r.id == report_id), None)
