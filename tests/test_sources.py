"""A report file becomes paragraphs, each under its label and in the report's own words."""

from __future__ import annotations

from pathlib import Path

import pytest
from homes import ROOT, Command

from bot.responder import Responder
from bot.sources import paragraphs

SEED = ROOT / "seeds" / "wuf11-outcomes.zh.txt"


def text(responder: Responder, label: str) -> str:
    """The one paragraph with this label."""
    (found,) = responder.paragraphs(label)
    return found.text


def test_every_paragraph_of_the_report_has_its_label_in_the_reports_order(shipped: Responder) -> None:
    items = {12: "abcde", 13: "abcd"}
    numbered = [label for n in range(1, 23) for label in (str(n), *(f"{n}({letter})" for letter in items.get(n, "")))]
    assert list(shipped.labels()) == ["0", "fn1", *numbered]


def test_paragraph_4_runs_on_over_the_footnotes_in_its_last_sentence(shipped: Responder) -> None:
    assert "建立基于文化、服务和创意的新经济来继续吸引资金以实现可持续发展目标" in text(shipped, "4")


def test_paragraph_4_holds_no_footnote(shipped: Responder) -> None:
    assert "enb.iisd.org" not in text(shipped, "4")
    assert "HSP/EB" not in text(shipped, "4")


def test_the_footnote_stands_under_its_own_label(shipped: Responder) -> None:
    assert text(shipped, "fn1") == "会议摘要见 https://enb.iisd.org/sites/default/files/2022-07/wuf11_summary.pdf。"


def test_the_symbol_stays_with_the_asterisk_of_the_agenda(shipped: Responder) -> None:
    lines = text(shipped, "0").splitlines()
    assert "临时议程*项目 9" in lines
    assert lines[-1] == "* HSP/EB.2022/14。"


def test_the_symbol_of_the_agenda_is_in_no_title_of_the_report(shipped: Responder) -> None:
    assert not [language for language in shipped.languages() if "HSP" in shipped.report_title(language)]


@pytest.mark.parametrize(
    ("label", "misprint"),
    [
        ("8", "46 145 次观看"),
        ("8", "2 000 多条提及人居署的新闻"),
        ("12(b)", "暴力和冲突，以集中在城市"),
        ("22", "向最需要成果社区交付最积极的成果"),
    ],
    ids=["a space in 46 145", "a space in 2 000", "a word missing in 12(b)", "a word missing in 22"],
)
def test_the_reports_slips_of_the_pen_stay_as_printed(shipped: Responder, label: str, misprint: str) -> None:
    assert misprint in text(shipped, label)


@pytest.mark.parametrize("label", ["12", "13"])
def test_a_paragraph_with_items_is_its_opening_words(shipped: Responder, label: str) -> None:
    assert text(shipped, label).endswith("：")


def test_no_word_of_the_report_is_lost_or_added(shipped: Responder) -> None:
    """But for the labels and the blanks, the paragraphs hold exactly the characters of the file."""
    marks = [label if label.isdigit() else label[label.find("(") :] for label in shipped.labels() if label not in {"0", "fn1"}]
    printed = "".join(p + ("." if p.isdigit() else "") for p in marks) + "¹"
    found = "".join(text(shipped, label) for label in shipped.labels())
    assert sorted("".join((found + printed).split())) == sorted("".join(SEED.read_text(encoding="utf-8").split()))


def test_the_shipped_report_is_read_by_its_label_in_the_terminal(reportbot: Command, shipped: Responder) -> None:
    assert reportbot("paragraph", "4", home=ROOT).stdout == text(shipped, "4") + "\n"


def cut(source: str) -> dict[str, str]:
    """The paragraphs of a source by label."""
    return {p.label: p.text for p in paragraphs("synthetic", source)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Title\n\n1. One.\n\n2. Two.", {"0": "Title", "1": "One.", "2": "Two."}),
        ("1. One:\n\n(a) first;\n\n(b) second.\n\n2. Two.", {"1": "One:", "1(a)": "first;", "1(b)": "second.", "2": "Two."}),
        ("1. One:\n(a) x\n2. Two:\n(a) y", {"1": "One:", "1(a)": "x", "2": "Two:", "2(a)": "y"}),
        ("1. It went\n\non and on.", {"1": "It went on and on."}),
        ("1. 一句话没有\n\n说完。", {"1": "一句话没有说完。"}),
        ("1. In the year\n\n1992. Nothing.\n\n2. Two.", {"1": "In the year 1992. Nothing.", "2": "Two."}),
        ("1. See\n\n(c) of the list.", {"1": "See (c) of the list."}),
        ("T*\n\n1. It¹ goes\n\n* Symbol.\n\n¹ A note.\n\non.", {"0": "T*\n* Symbol.", "fn1": "A note.", "1": "It¹ goes on."}),
        ("1. One.¹\n\n¹ First.\n\n2. Two.²\n\n² Second.", {"fn1": "First.", "fn2": "Second.", "1": "One.¹", "2": "Two.²"}),
        ("1. One.\r\n\r\n2. Two.\r\n", {"1": "One.", "2": "Two."}),
    ],
    ids=[
        "a title and paragraphs", "items", "letters begin again", "a paragraph over a page", "Chinese over a page", "a year is no label",
        "a letter out of turn is no item", "footnotes interrupt a sentence", "two footnotes", "a file from Windows",
    ],
)  # fmt: skip
def test_a_source_is_cut_where_its_numbers_count_on(source: str, expected: dict[str, str]) -> None:
    assert cut(source) == expected


def test_a_home_of_its_own_cuts_its_own_report(reportbot: Command, still_home: Path) -> None:
    read = reportbot("paragraph", "2", home=still_home).stdout
    assert "the invitations had gone out only two months before" in read
    assert "LH/2021/7" not in read
