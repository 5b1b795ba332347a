"""A report file in `seeds/` becomes numbered paragraphs."""

from __future__ import annotations

import re

from bot.facts import Paragraph

_NUMBERED = re.compile(r"(\d+)\.\s+(.*)", re.DOTALL)
_ITEM = re.compile(r"\(([a-z])\)\s+(.*)", re.DOTALL)
_FOOTNOTE = re.compile(r"([¹²³⁴⁵⁶⁷⁸⁹])\s*(.*)", re.DOTALL)
_SUPERSCRIPTS = "¹²³⁴⁵⁶⁷⁸⁹"
_SENTENCE_END = re.compile(r"(?<=[。！？；])|(?<=[.!?؟])(?:[\"”’)\]]*)\s+(?=[^\sа-яa-z])")
TITLE_PAGE = "0"


def paragraphs(report: str, text: str) -> tuple[Paragraph, ...]:
    """Cut a report into its paragraphs, in order: `0` title page, `fn1` footnotes, `1`, `2`, `2(a)` ...

    A paragraph begins with the next number in the count (`N. `), an item with the next letter (`(a) `). Any other
    line goes on with what came before; footnotes may interrupt a sentence and are taken out of it. A line that begins
    with `*` belongs to the title page, where its asterisk stands.
    """
    bodies: dict[str, list[str]] = {TITLE_PAGE: []}
    footnotes: dict[str, list[str]] = {}
    number, letter, current = 0, "", TITLE_PAGE
    for line in (raw.strip() for raw in text.splitlines()):
        if not line:
            continue
        numbered, item, note = _NUMBERED.fullmatch(line), _ITEM.fullmatch(line), _FOOTNOTE.fullmatch(line)
        if numbered and int(numbered[1]) == number + 1:
            number, letter, current = number + 1, "", numbered[1]
            bodies[current] = [numbered[2]]
        elif item and number and item[1] == _next_letter(letter):
            letter = item[1]
            current = f"{number}({letter})"
            bodies[current] = [item[2]]
        elif note:
            footnotes[f"fn{_SUPERSCRIPTS.index(note[1]) + 1}"] = [note[2]]
        elif line.startswith("*"):
            bodies[TITLE_PAGE].append(line)
        else:
            bodies[current].append(line)
    title = bodies.pop(TITLE_PAGE)
    cut = [Paragraph(report, TITLE_PAGE, "\n".join(title))] if title else []
    cut += [Paragraph(report, label, _joined(lines)) for label, lines in {**footnotes, **bodies}.items()]
    return tuple(cut)


def sentences(text: str) -> list[str]:
    """The sentences (and clauses set off by a semicolon in Chinese) of a paragraph, in order, verbatim."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part and part.strip()]


def _next_letter(letter: str) -> str:
    return chr(ord(letter) + 1) if letter else "a"


def _joined(lines: list[str]) -> str:
    text = lines[0]
    for line in lines[1:]:
        text += line if _is_han(text[-1:]) and _is_han(line[:1]) else f" {line}"
    return text


def _is_han(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff" or "\u3000" <= char <= "\u303f"
