"""The golden questions: asked blind, about everything, and answered well enough."""

from __future__ import annotations

from pathlib import Path

import pytest
from homes import ROOT

from bot import golden
from bot.golden import Golden, GoldenError, Row
from bot.knowledge import read
from bot.responder import Responder

FILES = sorted((ROOT / "tests" / "questions").glob("*.yaml"))


@pytest.fixture(scope="module")
def questions() -> list[Golden]:
    """Every golden question of this repository."""
    return golden.read(FILES)


@pytest.fixture(scope="module")
def scored(shipped: Responder, questions: list[Golden]) -> dict[str, Row]:
    """How the shipped knowledge fares, by language and kind."""
    return {row.name: row for row in golden.score(shipped, questions)[0]}


def test_there_are_enough_questions(questions: list[Golden]) -> None:
    assert len(questions) >= 300


def test_a_third_of_the_questions_has_no_answer(questions: list[Golden]) -> None:
    assert sum(not question.expect for question in questions) >= 0.33 * len(questions)


def test_no_question_is_asked_twice(questions: list[Golden]) -> None:
    asked = [question.turns for question in questions]
    assert len(set(asked)) == len(asked)


def test_no_question_stands_among_the_wordings(shipped: Responder, questions: list[Golden]) -> None:
    """But for small talk, a question that a curator copied would measure nothing."""
    plain = shipped.index.analyzer.plain
    known, _ = read(ROOT)
    wordings = {plain(w.text): entry.id for entry in (*known.facts, *known.gaps) for block in entry.blocks.values() for w in block.wordings}
    copied = [f"{q.path}:{q.line}: {turn} ({wordings[plain(turn)]})" for q in questions for turn in q.turns if plain(turn) in wordings]
    assert copied == []


def test_every_expected_fact_exists(shipped: Responder, questions: list[Golden]) -> None:
    facts = set(shipped.index.names())
    assert {name for question in questions for name in question.expect} - facts == set()


def test_some_questions_follow_up_on_another(questions: list[Golden]) -> None:
    assert sum(len(question.turns) > 1 for question in questions) >= 10


def test_few_answers_are_wrong(scored: dict[str, Row]) -> None:
    assert scored["all"].wrong <= 0.08


def test_most_questions_are_answered_right(scored: dict[str, Row]) -> None:
    assert scored["all"].right >= 0.72


@pytest.mark.parametrize("language", ["ar", "en", "es", "fr", "ru", "zh"])
def test_no_language_is_left_behind(scored: dict[str, Row], language: str) -> None:
    assert scored[language].wrong <= 0.12
    assert scored[language].right >= 0.65


@pytest.mark.parametrize("language", ["ar", "en", "es", "fr", "ru", "zh"])
def test_most_questions_without_an_answer_are_refused(scored: dict[str, Row], language: str) -> None:
    assert scored[f"{language} unanswerable"].wrong <= 0.2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("ask: who", "1: expected a list of questions"),
        ("- {ask: who}", "1: a golden question has the keys ask and expect"),
        ("- {ask: who, expect: a/b}\n- {asks: who, expect: a/b}", "2: a golden question has the keys ask and expect"),
        ("- {ask: who, expect: a/b, why: x}", "1: a golden question has the keys ask and expect"),
        ("- {ask: [], expect: a/b}", "1: ask and expect are a text or a list of texts"),
        ("- {ask: who, expect: [", "did not find expected"),
    ],
    ids=["no list", "no expectation", "a key misspelt", "a key too many", "no turns", "a bracket open"],
)
def test_a_file_that_holds_no_questions_is_refused_with_its_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "golden.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(GoldenError) as refused:
        golden.read([path])
    assert str(refused.value).startswith(f"{path}:")
    assert message in str(refused.value)
