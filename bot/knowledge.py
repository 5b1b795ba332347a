"""YAML becomes Knowledge, and everything wrong in it becomes a Problem with its line."""

from __future__ import annotations

import contextlib
import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import yaml

from bot import sources
from bot.facts import Block, Citation, Fact, Gap, Knowledge, Problem, Report, Wording
from bot.settings import default_home

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*/[a-z0-9]+(?:-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_ID_BYTES = 48
_ANSWER_CHARACTERS = 1500
_Parsed = TypeVar("_Parsed")


def read(home: Path) -> tuple[Knowledge, list[Problem]]:
    """Everything in `knowledge/` and `seeds/` below `home`, with every problem of form.

    A file with a problem is left out of the Knowledge. Phrases, languages, topics and synonyms come from the package
    where the home has none; names do not, as what else there is to name depends on the report.
    """
    reader = _Reader(home)
    reports = reader.reports()
    languages = reader.tables("languages.yaml")
    facts = tuple(reader.each("facts", reader.fact, reports))
    gaps = tuple(reader.each("gaps", reader.gap, reports))
    knowledge = Knowledge(
        reports=tuple(reports.values()),
        facts=facts,
        gaps=gaps,
        topics={topic: {k: str(v) for k, v in names.items()} for topic, names in reader.tables("topics.yaml").items()},
        languages=languages,
        phrases=reader.by_language("phrases"),
        synonyms={language: _groups(table) for language, table in reader.by_language("synonyms").items()},
        names={path.stem: reader.names(path) for path in sorted((home / "knowledge" / "names").glob("*.yaml"))},
    )
    return knowledge, sorted(reader.problems, key=lambda p: (p.path, p.line))


def _groups(table: Mapping[str, object]) -> tuple[tuple[str, ...], ...]:
    groups = table.get("groups")
    return tuple(tuple(map(str, group)) for group in groups if isinstance(group, list)) if isinstance(groups, list) else ()


class _MalformedError(Exception):
    """A node that cannot be what it should be; its problem is already noted."""


class _Reader:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.problems: list[Problem] = []
        self._path = ""

    def problem(self, node: yaml.Node | int, message: str) -> None:
        line = node if isinstance(node, int) else node.start_mark.line + 1
        self.problems.append(Problem(self._path, line, message))

    def each(self, folder: str, parse: Callable[..., _Parsed], *context: object) -> Iterator[_Parsed]:
        """What `parse` makes of every file of a folder; files with a problem are left out."""
        for path in sorted((self.home / "knowledge" / folder).rglob("*.y*ml")):
            before = len(self.problems)
            name = path.relative_to(self.home / "knowledge" / folder).with_suffix("").as_posix()
            node = self.load(path)
            if not _ID.fullmatch(name) or len(name.encode()) > _ID_BYTES:
                self.problem(1, f"the id {name!r} must be topic/name in lower-case letters, digits and hyphens, {_ID_BYTES} bytes at most")
            if node is None:
                continue
            try:
                parsed = parse(name, node, *context)
            except _MalformedError:
                continue
            if len(self.problems) == before:
                yield parsed

    def _found_since(self, before: int) -> bool:
        return len(self.problems) > before

    def load(self, path: Path) -> yaml.Node | None:
        self._path = path.relative_to(self.home).as_posix() if path.is_relative_to(self.home) else str(path)
        try:
            node: yaml.Node | None = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self.problem(line, " ".join(filter(None, [error.context, error.problem])))
            return None
        except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
            self.problem(1, f"cannot be read: {error}")
            return None
        if node is None:
            self.problem(1, "the file is empty")
        return node

    def reports(self) -> dict[str, Report]:
        node = self.load(self.home / "knowledge" / "reports.yaml")
        reports: dict[str, Report] = {}
        for report_id, key, body in self._items(node) if node is not None else []:
            try:
                fields = self._mapping(body, required={"source", "language", "title"}, optional={"url"})
                source, language = self._text(fields["source"]), self._text(fields["language"])
                titles = {name: self._text(value) for name, _, value in self._items(fields["title"])}
                text = (self.home / "seeds" / source).read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError) as error:
                self.problem(key, f"the source of {report_id} cannot be read: {error}")
                continue
            except _MalformedError:
                continue
            url = self._text(fields["url"]) if "url" in fields else None
            reports[report_id] = Report(report_id, language, source, titles, sources.paragraphs(report_id, text), url)
        return reports

    def fact(self, name: str, node: yaml.Node, reports: Mapping[str, Report]) -> Fact:
        blocks, lines, citations = self._entry(node, "citations", reports, quoted=True)
        return Fact(name, blocks, citations, self._path, lines)

    def gap(self, name: str, node: yaml.Node, reports: Mapping[str, Report]) -> Gap:
        blocks, lines, nearest = self._entry(node, "nearest", reports, quoted=False)
        return Gap(name, blocks, nearest, self._path, lines)

    def _entry(
        self, node: yaml.Node, key: str, reports: Mapping[str, Report], quoted: bool
    ) -> tuple[dict[str, Block], dict[str, int], tuple[Citation, ...]]:
        blocks: dict[str, Block] = {}
        lines: dict[str, int] = {}
        citations: list[Citation] = []
        before = len(self.problems)
        for name, where, value in self._items(node):
            lines[name] = where.start_mark.line + 1
            with contextlib.suppress(_MalformedError):
                if name == key:
                    citations += self._citations(key, value, reports, quoted, lines)
                elif _LANGUAGE.fullmatch(name):
                    blocks[name] = self._block(name, value)
                else:
                    self._unknown(where, name, {key, "zh", "en"})
        if not blocks and not self._found_since(before):
            self.problem(node, "no language block (zh:, en:, …)")
        if not citations and quoted and not self._found_since(before):
            self.problem(node, f"no {key}")
        return blocks, lines, tuple(citations)

    def _citations(self, key: str, node: yaml.Node, reports: Mapping[str, Report], quoted: bool, lines: dict[str, int]) -> list[Citation]:
        citations: list[Citation] = []
        for item in self._sequence(node):
            with contextlib.suppress(_MalformedError):
                citation = self._citation(item, reports, quoted)
                if citation:
                    lines[f"{key}/{len(citations)}"] = item.start_mark.line + 1
                    citations.append(citation)
        return citations

    def _block(self, language: str, node: yaml.Node) -> Block:
        fields = self._mapping(node, required={"questions", "answer"})
        wordings = []
        for item in self._sequence(fields["questions"]):
            text = self._text(item)
            if text:
                wordings.append(Wording(text, language, item.start_mark.line + 1))
        answer = self._text(fields["answer"])
        if len(answer) > _ANSWER_CHARACTERS:
            self.problem(
                fields["answer"], f"the answer has {len(answer)} characters, more than the {_ANSWER_CHARACTERS} that fit a message"
            )
        if not wordings:
            self.problem(fields["questions"], "no questions")
        return Block(tuple(wordings), answer, fields["answer"].start_mark.line + 1)

    def _citation(self, node: yaml.Node, reports: Mapping[str, Report], quoted: bool) -> Citation | None:
        fields = self._mapping(node, required={"report", "paragraph"} | ({"quote"} if quoted else set()))
        report_id, label = self._text(fields["report"]), self._text(fields["paragraph"])
        report = reports.get(report_id)
        if report is None:
            self._unknown(fields["report"], report_id, set(reports), "report")
            return None
        if report.paragraph(label) is None:
            self._unknown(fields["paragraph"], label, {p.label for p in report.paragraphs}, "paragraph")
            return None
        return Citation(report_id, label, self._text(fields["quote"]) if quoted else "", report.url)

    def tables(self, name: str) -> dict[str, dict[str, object]]:
        path = self.home / "knowledge" / name
        node = self.load(path if path.exists() else default_home() / "knowledge" / name)
        return self._tables(node)

    def by_language(self, folder: str) -> dict[str, dict[str, object]]:
        own = self.home / "knowledge" / folder
        found: dict[str, dict[str, object]] = {}
        for path in sorted((own if own.is_dir() else default_home() / "knowledge" / folder).glob("*.yaml")):
            node = self.load(path)
            value = self._plain(node) if node is not None else {}
            found[path.stem] = value if isinstance(value, dict) else {"groups": value}
        return found

    def names(self, path: Path) -> dict[str, list[str]]:
        """The words for each name in one language's file, by group and name: `countries/egypt`."""
        node = self.load(path)
        found: dict[str, list[str]] = {}
        with contextlib.suppress(_MalformedError):
            for group, _, table in self._items(node) if node is not None else []:
                for name, _, words in self._items(table):
                    found[f"{group}/{name}"] = [self._text(word) for word in self._sequence(words)]
        return found

    def _tables(self, node: yaml.Node | None) -> dict[str, dict[str, object]]:
        value = self._plain(node) if node is not None else {}
        return {k: v for k, v in value.items() if isinstance(v, dict)} if isinstance(value, dict) else {}

    def _plain(self, node: yaml.Node) -> object:
        if isinstance(node, yaml.MappingNode):
            return {name: self._plain(value) for name, _, value in self._items(node)}
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item) for item in node.value]
        return str(node.value)

    def _items(self, node: yaml.Node) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            self.problem(node, "expected `key: value` lines here")
            raise _MalformedError
        seen: dict[str, tuple[int, yaml.Node]] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                if not _same_scalar(seen[name][1], value):
                    self.problem(key, f"the key {name!r} stands here a second time (first on line {seen[name][0]})")
                continue
            seen[name] = (key.start_mark.line + 1, value)
            yield name, key, value

    def _mapping(self, node: yaml.Node, required: set[str], optional: Iterable[str] = ()) -> dict[str, yaml.Node]:
        known = required | set(optional)
        fields = {}
        for name, key, value in self._items(node):
            if name not in known:
                self._unknown(key, name, known)
            fields[name] = value
        for name in sorted(required - set(fields)):
            self.problem(node, f"the key {name!r} is missing")
        if required - set(fields):
            raise _MalformedError
        return fields

    def _sequence(self, node: yaml.Node) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            self.problem(node, "expected a list of `- ` lines here")
            raise _MalformedError
        return list(node.value)

    def _text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self.problem(node, "expected a text here; put it in double quotes")
            raise _MalformedError
        text = str(node.value).strip()
        if not text:
            self.problem(node, "the text is empty")
        return text

    def _unknown(self, node: yaml.Node, name: str, known: Iterable[str], what: str = "key") -> None:
        near = difflib.get_close_matches(name, sorted(known), 1, 0.5)
        self.problem(node, f"unknown {what} {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))


def _same_scalar(one: yaml.Node, other: yaml.Node) -> bool:
    """Whether two nodes are the same text; to say the same twice is no mistake."""
    return isinstance(one, yaml.ScalarNode) and isinstance(other, yaml.ScalarNode) and str(one.value) == str(other.value)
