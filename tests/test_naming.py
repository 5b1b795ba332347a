"""A question about a place, a body or an event that a fact is not about is not answered with that fact."""

from __future__ import annotations

from pathlib import Path

import pytest
from homes import Command

from bot.analysis import Analyzer
from bot.knowledge import read
from bot.naming import Names
from bot.responder import Conversation, Responder

WORDS = {
    "zh": {"countries/egypt": ["埃及"], "countries/china": ["中国"], "regions/middle-east": ["中东"], "regions/cee": ["中东欧"],
           "no-names/across-words": ["中国家"]},
    "en": {"countries/egypt": ["Egypt", "Egyptian"], "platforms/tiktok": ["TikTok"], "bodies/world-bank": ["World Bank"]},
    "ru": {"countries/egypt": ["Египет", "Египта", "египетский"]},
    "ar": {"countries/egypt": ["مصر", "مصري"]},
}  # fmt: skip


@pytest.fixture(scope="module")
def names() -> Names:
    """What recognizes a handful of names."""
    return Names(Analyzer(), lambda language: WORDS.get(language, {}))


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "did EGYPT come", {"countries/egypt"}),
        ("en", "what the world bank said", {"bodies/world-bank"}),
        ("en", "all over the world, a bank", set()),
        ("en", "egyptology", set()),
        ("zh", "埃及来了吗", {"countries/egypt"}),
        ("zh", "tiktok 上有多少观看", {"platforms/tiktok"}),
        ("zh", "中东欧第一个", {"regions/cee"}),
        ("zh", "论坛体系中国家城市论坛", set()),
        ("ru", "делегация из Египта", {"countries/egypt"}),
        ("ar", "وبمصر", {"countries/egypt"}),
        ("fr", "l'Égypte", set()),
    ],
    ids=["case", "two words", "two words apart", "part of a word", "within Chinese", "Latin within Chinese", "the longest",
         "across words", "an ending", "joined to its front", "a language without a table"],
)  # fmt: skip
def test_a_name_is_found_as_its_language_writes_it(names: Names, language: str, text: str, found: set[str]) -> None:
    assert names.read(names.analyzer.words(text, language), language) == found


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ru", "расскажи про экспо"),
        ("ru", "все кризисы скопом"),
        ("ru", "куда грузить заявленные действия"),
        ("es", "en qué usa el dinero la ciudad"),
        ("ar", "من صنع فعاليات الإكسبو"),
        ("ar", "دورة جمعية الموئل الثانية"),
        ("zh", "发展中国家有哪些"),
    ],
)
def test_an_everyday_word_is_no_name(shipped: Responder, language: str, text: str) -> None:
    assert shipped.index.asks.read(shipped.index.analyzer.words(text, language), language).names == frozenset()


@pytest.mark.parametrize(
    "question",
    [
        "how many of the media representatives came from Germany",
        "preparation time for the organizers in Cairo",
        "TikTok views of the forum",
        "巴西有多少媒体代表登记",
        "сколько просмотров трансляции из Бразилии",
    ],
)
def test_a_fact_is_not_given_for_a_place_it_is_not_about(shipped: Responder, question: str) -> None:
    assert shipped.answer(question).status != "answer"


@pytest.mark.parametrize("question", ["Is Bolivia the next host of the forum?", "玻利维亚是下一届论坛的东道主吗"])
def test_a_wrong_place_in_a_question_whether_it_is_so_is_put_right(shipped: Responder, question: str) -> None:
    reply = shipped.answer(question)
    assert reply.status == "answer"
    assert reply.citations[0].paragraph in {"13(d)", "22"}


def test_where_the_reader_is_does_not_matter_to_the_question(shipped: Responder) -> None:
    reply = shipped.answer("Good morning, I teach at a school in Nairobi. How many people attended the eleventh session?")
    assert reply.fact == "attendance/participants"


def test_a_follow_up_names_another_place(shipped: Responder) -> None:
    conversation = Conversation()
    shipped.answer("how many countries submitted national reports", conversation=conversation)
    assert shipped.answer("and Germany?", conversation=conversation).status != "answer"


def test_the_explanation_shows_what_is_named(reportbot: Command, still_home: Path, home: Path) -> None:
    folder = home / "knowledge" / "names"
    folder.mkdir()
    (folder / "en.yaml").write_text("countries:\n  norway: [Norway, Norwegian]\n", encoding="utf-8")
    assert "named: countries/norway" in reportbot("ask", "--explain", "Norwegian keepers", home=home).stdout
    assert "named:" not in reportbot("ask", "--explain", "Norwegian keepers", home=still_home).stdout


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("countries:\n  norway: Norway\n", "knowledge/names/en.yaml:2: expected a list of `- ` lines here"),
        ("countries:\n  norway: [[Norway]]\n", "knowledge/names/en.yaml:2: expected a text here"),
        ("- Norway\n", "knowledge/names/en.yaml:1: expected `key: value` lines here"),
    ],
    ids=["one word", "a list in a list", "no groups"],
)
def test_a_mistake_among_the_names_is_named_with_its_line(home: Path, content: str, problem: str) -> None:
    folder = home / "knowledge" / "names"
    folder.mkdir()
    (folder / "en.yaml").write_text(content, encoding="utf-8")
    assert [str(p)[: len(problem)] for p in read(home)[1]] == [problem]
