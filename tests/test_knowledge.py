"""What curators write is read as they wrote it, and whatever is wrong with it is named where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from homes import Command

from bot.facts import Fact, Problem
from bot.knowledge import read

FACT = """\
en:
  questions: [Who sang?]
  answer: The harbour choir of Bergen.
citations:
  - {report: lighthouses, paragraph: 5, quote: the harbour choir of Bergen}
"""
FACT_LINES = FACT.splitlines()


def with_fact(home: Path, content: str, name: str = "forum/choir") -> Path:
    """The home with one more fact."""
    path = home / "knowledge" / "facts" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return home


def problems(home: Path) -> list[Problem]:
    """What is wrong with the form of what stands in a home."""
    return read(home)[1]


def fact(home: Path, name: str = "forum/choir") -> Fact:
    """A fact as it was read."""
    (found,) = [f for f in read(home)[0].facts if f.id == name]
    return found


def test_a_home_without_mistakes_has_no_problems(home: Path) -> None:
    assert problems(with_fact(home, FACT)) == []


def test_the_id_of_a_fact_is_its_path(home: Path) -> None:
    assert [f.id for f in read(home)[0].facts if f.id.startswith("measures/")] == ["measures/fund", "measures/lamps"]


@pytest.mark.parametrize(
    ("line", "written", "message"),
    [
        (4, "citation:", "unknown key 'citation'; did you mean 'citations'?"),
        (2, "  question: [Who sang?]", "unknown key 'question'; did you mean 'questions'?"),
        (2, "  questions: Who sang?", "expected a list of `- ` lines here"),
        (2, "  questions: []", "no questions"),
        (3, "  answer: [a, b]", "expected a text here; put it in double quotes"),
        (3, '  answer: ""', "the text is empty"),
        (3, "  answer: a: b", "mapping values are not allowed in this context"),
        (3, "\tanswer: a", "found character that cannot start any token"),
        (3, "  answer: " + "long " * 400, "the answer has 1999 characters"),
        (5, "  - {report: lighthouses, paragraph: 5, quot: choir}", "unknown key 'quot'; did you mean 'quote'?"),
        (5, "  - {report: lighthouses, paragraph: 5}", "the key 'quote' is missing"),
        (5, "  - {report: lighthouse, paragraph: 5, quote: choir}", "unknown report 'lighthouse'; did you mean 'lighthouses'?"),
        (5, "  - {report: lighthouses, paragraph: 3(c), quote: choir}", "unknown paragraph '3(c)'; did you mean '3("),
        (5, "  - {report: lighthouses, paragraph: 99, quote: choir}", "unknown paragraph '99'"),
        (5, "  - {report: lighthouses, paragraph: 5, paragraph: 4, quote: choir}", "the key 'paragraph' stands here a second time"),
        (5, "  - just words", "expected `key: value` lines here"),
    ],
    ids=[
        "a key misspelt", "another key misspelt", "one question, no list", "no questions", "a list for an answer",
        "an empty answer", "a colon without quotes", "a tab", "an answer too long", "a citation's key misspelt", "no quote",
        "no such report", "no such item",
        "no such paragraph", "a key twice", "words for a citation",
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(home: Path, line: int, written: str, message: str) -> None:
    broken = [*FACT_LINES[: line - 1], written, *FACT_LINES[line:]]
    found = problems(with_fact(home, "\n".join(broken)))
    named = [p for p in found if p.line == line and message in p.message]
    assert named, "\n".join(map(str, found))
    assert {p.path for p in found} == {"knowledge/facts/forum/choir.yaml"}


def test_a_language_given_twice_is_named_with_both_lines(home: Path) -> None:
    (found,) = problems(with_fact(home, FACT + "\n".join(FACT_LINES[:3])))
    assert (found.line, found.message) == (6, "the key 'en' stands here a second time (first on line 1)")


@pytest.mark.parametrize(
    "content", ["", "# nothing but a comment\n", "- a list\n", "only words\n"], ids=["empty", "a comment", "a list", "words"]
)
def test_a_file_that_is_no_fact_is_named(home: Path, content: str) -> None:
    assert [p.path for p in problems(with_fact(home, content))] == ["knowledge/facts/forum/choir.yaml"]


def test_a_file_that_is_not_text_is_named(home: Path) -> None:
    path = with_fact(home, "") / "knowledge" / "facts" / "forum" / "choir.yaml"
    path.write_bytes(b"en:\n  answer: \xff\xfe\n")
    assert [str(p)[:50] for p in problems(home)] == ["knowledge/facts/forum/choir.yaml:1: cannot be read"]


@pytest.mark.parametrize(
    "name",
    ["forum/Choir", "forum/the choir", "forum/choir_", "forum/合唱团", "choir", "forum/sub/choir", "forum/" + "c" * 43],
    ids=["a capital", "a blank", "an underscore", "not ASCII", "no topic", "a topic within a topic", "49 bytes"],
)
def test_an_id_that_does_not_fit_a_button_is_refused(home: Path, name: str) -> None:
    (found,) = problems(with_fact(home, FACT, name))
    assert found.line == 1
    assert f"the id {name!r}" in found.message


def test_an_id_of_48_bytes_fits(home: Path) -> None:
    assert problems(with_fact(home, FACT, "forum/" + "c" * 42)) == []


@pytest.mark.parametrize(
    "scalar", ["no", "yes", "on", "~", "null", "12.10", "1_000", "0x1F", "2022-06-26", "1e3", "012", "12:30:00", "true", "=", ".inf"]
)
def test_a_scalar_stays_the_text_it_is(home: Path, scalar: str) -> None:
    assert fact(with_fact(home, FACT.replace("Who sang?", scalar))).blocks["en"].wordings[0].text == scalar


def test_the_norwegian_language_is_not_a_no(home: Path) -> None:
    assert set(fact(with_fact(home, FACT.replace("en:\n", "no:\n"))).blocks) == {"no"}


def test_a_wording_knows_its_line(home: Path) -> None:
    content = FACT.replace("[Who sang?]", "\n    - Who sang?\n    - which choir\n")
    assert [w.line for w in fact(with_fact(home, content)).blocks["en"].wordings] == [3, 4]


def test_a_file_with_a_mistake_is_left_out_and_the_others_stay(home: Path) -> None:
    known, _ = read(with_fact(home, FACT.replace("citations", "citation")))
    assert "forum/choir" not in {f.id for f in known.facts}
    assert len(known.facts) == 8


def test_a_gap_needs_no_quote(home: Path) -> None:
    known, found = read(home)
    assert found == []
    assert {c.quote for gap in known.gaps for c in gap.nearest} == {""}


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("lighthouses: {source: missing.txt, language: en, title: {en: T}}", "missing.txt"),
        ("lighthouses: {sourc: lighthouses.en.txt, language: en, title: {en: T}}", "did you mean 'source'?"),
        ("lighthouses: {source: lighthouses.en.txt, title: {en: T}}", "the key 'language' is missing"),
        ("lighthouses: [", "parsing"),
    ],
    ids=["no such source", "a key misspelt", "no language", "a bracket open"],
)
def test_a_mistake_among_the_reports_is_named(home: Path, written: str, message: str) -> None:
    (home / "knowledge" / "reports.yaml").write_text(written, encoding="utf-8")
    found = [p for p in problems(home) if p.path == "knowledge/reports.yaml"]
    assert any(message in p.message for p in found), found


@pytest.mark.parametrize("name", ["languages.yaml", "topics.yaml", "phrases/en.yaml", "synonyms/en.yaml"])
def test_a_broken_table_is_named(home: Path, name: str) -> None:
    path = home / "knowledge" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("fine: yes\nbroken: [\n", encoding="utf-8")
    assert {p.path for p in problems(home)} == {f"knowledge/{name}"}


def test_a_home_without_reports_is_told_so(home: Path) -> None:
    (home / "knowledge" / "reports.yaml").unlink()
    assert "knowledge/reports.yaml" in {p.path for p in problems(home)}


def test_every_mistake_of_one_file_is_named(home: Path) -> None:
    content = FACT.replace("answer: ", "anser: ").replace("paragraph: 5", "paragraf: 5") + "zh:\n  questions: []\n  answer: 合唱团。\n"
    assert {p.line for p in problems(with_fact(home, content))} >= {3, 5, 7}


def test_the_command_names_the_mistakes_of_all_files_at_once_and_then_the_coverage(reportbot: Command, home: Path) -> None:
    with_fact(home, FACT.replace("answer: ", "anser: "))
    with_fact(home, FACT.replace("answer:", "answer: ["), "forum/open-bracket")
    with_fact(home, FACT.replace("the harbour choir", "the harbor choir"), "measures/misquoted")
    run = reportbot("check", home=home)
    *named, coverage = run.stdout.splitlines()
    assert run.returncode == 1
    assert {line.split(":")[0] for line in named} == {
        "knowledge/facts/forum/choir.yaml", "knowledge/facts/forum/open-bracket.yaml", "knowledge/facts/measures/misquoted.yaml",
    }  # fmt: skip
    assert all(line.split(":")[1].isdigit() for line in named)
    assert coverage == "9 facts, 2 gaps, 161 wordings; 6 of 9 paragraphs covered; uncovered: 0, fn1, 3"
