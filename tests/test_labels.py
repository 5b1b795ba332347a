"""Paragraph labels as people write them, in six scripts."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from homes import Command
from hypothesis import given
from hypothesis import strategies as st

from bot.labels import LabelError, names_paragraph, parse
from bot.responder import Responder

KNOWN = [
    "0",
    "fn1",
    *map(str, range(1, 12)),
    "12",
    *(f"12({c})" for c in "abcde"),
    "13",
    *(f"13({c})" for c in "abcd"),
    *map(str, range(14, 23)),
]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("6", "6"), ("06", "6"), ("６", "6"), (" 6 ", "6"),
        ("第12段", "12"), ("第 12 段", "12"), ("第十二段", "12"), ("十二", "12"), ("二十二", "22"), ("第１２段", "12"),
        ("第12自然段", "12"),
        ("第12(c)段", "12(c)"), ("第12段(c)", "12(c)"), ("第12段c项", "12(c)"), ("第12（c）段", "12(c)"),
        ("第12條", "12"), ("段落12", "12"),
        ("para. 12", "12"), ("para 12", "12"), ("Paragraph 12", "12"), ("PARA. 12 (C)", "12(c)"), ("para. 12 (c)", "12(c)"),
        ("12(c)", "12(c)"), ("12c", "12(c)"), ("12 c", "12(c)"), ("12[c]", "12(c)"), ("12 ( c )", "12(c)"), ("§12", "12"), ("§ 12", "12"),
        ("¶12", "12"), ("no. 12", "12"),
        ("par. 12", "12"), ("paragraphe 12", "12"), ("párr. 12", "12"), ("párrafo 12", "12"), ("parrafo 12", "12"),
        ("п. 12", "12"), ("пункт 12", "12"), ("п. 12(а)", "12(a)"), ("абзац 12", "12"), ("№ 12", "12"),
        ("الفقرة ١٢", "12"), ("الفقرة 12", "12"), ("فقرة ١٢", "12"), ("الفقرة ١٢ (ج)", "12(c)"), ("۱۲", "12"), ("१२", "12"),
        ("\u200f12\u200f", "12"), ("\u206612\u2069(c)", "12(c)"),
        ("title page", "0"), ("标题页", "0"), ("封面", "0"), ("0", "0"),
        ("fn1", "fn1"), ("footnote 1", "fn1"), ("脚注1", "fn1"), ("脚注 １", "fn1"), ("note 1", "fn1"), ("nota 1", "fn1"),
        ("сноска 1", "fn1"),
        ("الحاشية ١", "fn1"),
    ],
)  # fmt: skip
def test_a_reader_names_one_paragraph(written: str, meant: str) -> None:
    assert parse(written, KNOWN) == [meant]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("12–14", "12 12(a) 12(b) 12(c) 12(d) 12(e) 13 13(a) 13(b) 13(c) 13(d) 14"),
        ("12-13", "12 12(a) 12(b) 12(c) 12(d) 12(e) 13 13(a) 13(b) 13(c) 13(d)"),
        ("4-6", "4 5 6"), ("4—6", "4 5 6"), ("4~6", "4 5 6"), ("4..6", "4 5 6"), ("4…6", "4 5 6"), ("４－６", "4 5 6"),
        ("第4至6段", "4 5 6"), ("第4段到第6段", "4 5 6"), ("四到六", "4 5 6"),
        ("paras. 4 to 6", "4 5 6"), ("par. 4 à 6", "4 5 6"), ("párrs. 4 al 6", "4 5 6"), ("пп. 4–6", "4 5 6"),
        ("п. 4 по 6", "4 5 6"), ("الفقرات ٤ إلى ٦", "4 5 6"), ("الفقرات ٤-٦", "4 5 6"),
        ("12(b)-12(d)", "12(b) 12(c) 12(d)"), ("12(b)-(d)", "12(b) 12(c) 12(d)"), ("12 (d) – 13 (b)", "12(d) 12(e) 13 13(a) 13(b)"),
        ("12(e)-14", "12(e) 13 13(a) 13(b) 13(c) 13(d) 14"), ("6-6", "6"),
    ],
)  # fmt: skip
def test_a_range_takes_in_all_between_its_ends(written: str, meant: str) -> None:
    assert parse(written, KNOWN) == meant.split()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("4, 17", "4 17"), ("4,17", "4 17"), ("4；17", "4 17"), ("4、17", "4 17"), ("4 & 17", "4 17"), ("4 17", "4 17"),
        ("第4、17段", "4 17"),
        ("第4段和第17段", "4 17"), ("paras. 4 and 17", "4 17"), ("par. 4 et 17", "4 17"), ("párrs. 4 y 17", "4 17"),
        ("пп. 4 и 17", "4 17"),
        ("الفقرات ٤ و١٧", "4 17"), ("٤، ١٧", "4 17"),
        ("12(a), (c)", "12(a) 12(c)"), ("12(a) and (c)", "12(a) 12(c)"), ("12(a), 13(c)", "12(a) 13(c)"),
        ("12–13(a), 17", "12 12(a) 12(b) 12(c) 12(d) 12(e) 13 13(a) 17"), ("17, 4", "17 4"), ("4, 4", "4"), ("4-6, 5", "4 5 6"),
    ],
)  # fmt: skip
def test_a_list_keeps_the_readers_order_and_names_each_once(written: str, meant: str) -> None:
    assert parse(written, KNOWN) == meant.split()


@pytest.mark.parametrize(
    "written",
    ["", " ", "para.", "23", "99", "-1-", "12(f)", "6(a)", "(c)", "c", "12-", "-12", "14-12", "12--14", "fn2", "hello",
    "6 hello", "para. six", "第段",
     "6;DROP TABLE", "\0", "\ud800", "6\0", "❶", "9" * 5000, "六" * 5000],
    ids=["nothing", "a blank", "only the word", "one too many", "far too many", "stray dashes", "no such item",
    "an item of none", "an item alone",
         "a letter", "no end", "no beginning", "the wrong way round", "two dashes", "no such footnote", "a greeting",
         "a label and more", "spelled out",
         "only Chinese words", "SQL", "NUL", "half a character", "a label and NUL", "a circled digit", "5,000 digits",
         "5,000 Chinese digits"],
)  # fmt: skip
def test_what_names_no_paragraph_is_refused_with_the_text(written: str) -> None:
    with pytest.raises(LabelError) as refused:
        parse(written, KNOWN)
    assert refused.value.text == written


@pytest.mark.parametrize("language", ["zh", "en", "fr", "es", "ru", "ar"])
@given(label=st.sampled_from(KNOWN))
def test_a_label_as_the_bot_writes_it_is_understood(shipped: Responder, language: str, label: str) -> None:
    assert parse(shipped.paragraph_name(label, language), KNOWN) == [label]


WRITTEN = {
    "zh": ("第{}段", "〇一二三四五六七八九"),
    "full-width": ("第{}段", "０１２３４５６７８９"),
    "en": ("paragraph {}", "0123456789"),
    "fr": ("paragraphe {}", "0123456789"),
    "es": ("párrafo {}", "0123456789"),
    "ru": ("пункт {}", "0123456789"),
    "ar": ("الفقرة {}", "٠١٢٣٤٥٦٧٨٩"),
}


@pytest.mark.parametrize("writing", WRITTEN)
@given(label=st.sampled_from(KNOWN[2:]))
def test_a_label_in_any_digits_is_understood(writing: str, label: str) -> None:
    pattern, digits = WRITTEN[writing]
    assert parse(pattern.format(label.translate({ord(str(n)): digit for n, digit in enumerate(digits)})), KNOWN) == [label]


COMMAS = (", ", "，", "、", "; ", " and ", " и ", " و ")


@given(labels=st.lists(st.sampled_from(KNOWN[2:]), min_size=1, unique=True), comma=st.sampled_from(COMMAS))
def test_a_list_in_any_order_is_understood(labels: list[str], comma: str) -> None:
    assert parse(comma.join(labels), KNOWN) == labels


@given(st.text() | st.text("0123456789()-–,. 第段十二cпара§١٢❶²九"))
def test_any_text_names_known_paragraphs_or_is_refused(text: str) -> None:
    with suppress(LabelError):
        assert set(parse(text, KNOWN)) <= set(KNOWN)


@pytest.mark.parametrize(
    ("text", "named"),
    [("第12段", True), ("para. 12", True), ("§12", True), ("п. 12", True), ("الفقرة ١٢", True), ("párr. 12", True),
    ("第十二段说了什么", True),
     ("12", False), ("2030", False), ("12 countries", False), ("第十二届会议", False), ("what does the report say", False)],
)  # fmt: skip
def test_a_bare_number_in_a_question_is_not_a_paragraph(text: str, named: bool) -> None:
    assert names_paragraph(text) is named


def test_the_terminal_names_the_labels_there_are(reportbot: Command, still_home: Path) -> None:
    run = reportbot("paragraph", "99", home=still_home)
    assert run.returncode == 1
    assert "0, fn1, 1, 2, 3, 3(a), 3(b), 4, 5" in run.stderr
