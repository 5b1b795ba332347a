"""Paragraph labels as people write them, in six scripts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_LETTERS = {"أ": "a", "ا": "a", "ب": "b", "ج": "c", "د": "d", "هـ": "e", "ه": "e", "а": "a", "б": "b", "в": "c", "г": "d", "д": "e"}
_HAN = "〇零一二三四五六七八九十百"
_WORDS = (
    "paragraphe|paragraph|paras?|párrafos?|parrafos?|párrs?|parrs?|pars?|nos?|№|§|¶|"
    "пункта|пункты|пункт|подпункт|пп|п|абзац|абз|الفقرات|الفقرة|فقرات|فقرة"
)
_TOKEN = rf"""(?P<title>title\spage|page\sde\stitre|portada|титульный\sлист|صفحة\sالعنوان|标题页|標題頁|封面|扉页|扉頁)
    | (?:fn|footnote|note|脚注|腳註|註|注|сноска|nota|الحاشية|حاشية)\s*(?P<note>\d{{1,6}})
    | (?P<range>\.{{2,3}}|[-‐‑‒–—―~]|至|到|(?:to|bis|по|إلى|الى|à|hasta|al)(?![^\W\d]))
    | [(\[]?\s*(?P<letter>[a-hа-д]|هـ?|[أابجد])\s*[)\]](?:项|項)?
    | (?P<bare>[a-h])(?:项|項)?(?![^\W\d])
    | (?P<number>\d{{1,6}}|[{_HAN}]{{1,6}})
    | 第|自然段|段落|段|项|項|条|條
    | (?:{_WORDS})s?(?![a-zа-я])\.?
    | [,;、；،؛&/+和及与與()]|and\b|et\b|y\b|и\b|و
    | \s+"""
_LABEL = re.compile(r"(\d+)(?:\(([a-z])\))?")


_NAMED = (
    rf"第\s*[\d{_HAN}]+\s*(?:\([a-z]\)|[a-z])?\s*(?:自然段|段|條|条)|[\d{_HAN}]\s*(?:\([a-z]\)\s*)?段|"
    r"(?:para|par\.|párr|parr|§|¶|п\.|пункт|абзац|فقرة|الفقرة)\S*\s*\d"
)


class LabelError(ValueError):
    """The text names no known paragraph; `text` is what was not understood."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def names_paragraph(text: str) -> bool:
    """Whether a text uses a word for paragraph with a number: `第12段`, `para. 6`; a bare number does not."""
    return bool(re.search(_NAMED, unicodedata.normalize("NFKC", text).casefold()))


def parse(text: str, known: Sequence[str]) -> list[str]:
    """The labels that a reader's text names, in order and once each.

    `known` holds the report's labels in order. A range (`12-14`) takes in every label between its ends, the items of
    a paragraph included. Raises LabelError when the text holds anything else than labels, or a label not known.
    """
    labels: list[str] = []
    start: str | None = None
    tokens = _tokens(text)
    for place, (kind, value) in enumerate(tokens):
        if kind == "range":
            if not labels or start is not None:
                raise LabelError(text)
            start = labels.pop()
            continue
        if kind == "letter":
            label = f"{_number_before(labels, start, tokens[place - 1] if place else None, text)}({value})"
            if place and tokens[place - 1][0] == "number" and labels:
                labels.pop()
        else:
            label = value
            if start is not None and tokens[place + 1 : place + 2] and tokens[place + 1][0] == "letter":
                labels.append(label)
                continue
        if start is None:
            labels.append(label)
        else:
            labels += _between(start, label, known, text)
            start = None
    if not labels or start is not None or any(label not in known for label in labels):
        raise LabelError(text)
    return list(dict.fromkeys(labels))


def _tokens(text: str) -> list[tuple[str, str]]:
    from bot.numbers import chinese_value

    visible = "".join(c for c in text if unicodedata.category(c) != "Cf")
    folded = unicodedata.normalize("NFKC", visible).casefold()
    tokens: list[tuple[str, str]] = []
    position = 0
    token = re.compile(_TOKEN, re.VERBOSE)
    while position < len(folded):
        found = token.match(folded, position)
        if not found:
            raise LabelError(text)
        position = found.end()
        if found["title"]:
            tokens.append(("number", "0"))
        elif found["note"]:
            tokens.append(("number", f"fn{int(found['note'])}"))
        elif found["range"]:
            tokens.append(("range", ""))
        elif found["letter"] or found["bare"]:
            letter = found["letter"] or found["bare"]
            tokens.append(("letter", _LETTERS.get(letter, letter)))
        elif found["number"]:
            digits = found["number"]
            tokens.append(("number", str(int(digits) if digits.isdecimal() else chinese_value(digits))))
    return tokens


def _number_before(labels: list[str], start: str | None, previous: tuple[str, str] | None, text: str) -> str:
    source = labels[-1] if labels and (start is None or previous is None or previous[0] == "number") else start
    found = _LABEL.fullmatch(source or "")
    if not found:
        raise LabelError(text)
    return found[1]


def _between(start: str, end: str, known: Sequence[str], text: str) -> list[str]:
    if start not in known or end not in known or known.index(end) < known.index(start):
        raise LabelError(text)
    last = max(i for i, label in enumerate(known) if label == end or label.startswith(f"{end}("))
    return list(known[known.index(start) : last + 1])
