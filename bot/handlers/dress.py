"""An answer becomes Telegram messages: HTML, never longer than a message, never cut inside an entity."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LIMIT = 4096
"""The longest message, in UTF-16 units after entities are parsed."""
_LEAST = 4
"""A text is begun in what is left of a message when that is a quarter of it or more."""
_RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}
_LETTER = "[0-9A-Za-z\u00c0-\u024f\u0400-\u04ff\u3400-\u9fff]"
_FOREIGN = re.compile(rf"[/@+]?{_LETTER}(?:[^\u0600-\u06ff\n()«»/@]*{_LETTER}|/{_LETTER}|\({_LETTER}[^()\n\u0600-\u06ff]*\))*+%?")
_SENTENCE_END = re.compile(r"(?<=[。！？；])|(?<=[.!?؟;])\s+|\n")
_TAG = re.compile(r"<[^>]*>")
_OPEN = {"": "", "b": "<b>", "i": "<i>", "quote": "<blockquote expandable>", "code": "<code>"}
_CLOSE = {"": "", "b": "</b>", "i": "</i>", "quote": "</blockquote>", "code": "</code>"}


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of plain text in one dress: "", "b", "i", "code" or "quote" (an expandable block quote)."""

    text: str
    dress: str = ""


def messages(runs: Iterable[Run], language: str = "", limit: int = LIMIT) -> list[str]:
    """The HTML of as many messages as the runs need: cut between runs or at sentence ends; a heading stays with its text."""
    texts = [(clean(run.text) if run.dress == "quote" else isolated(clean(run.text), language), run.dress) for run in runs]
    done: list[str] = []
    body, used = "", 0
    for place, (text, dress) in enumerate(texts):
        if dress == "b" and used + _heading(texts[place:], limit) > limit:
            done, body, used = [*done, body], "", 0
        while text:
            room = limit - used
            piece = split(text, room)[0] if units(text) <= room or room >= limit // _LEAST else ""
            body += f"{_OPEN[dress]}{html.escape(piece, quote=False)}{_CLOSE[dress]}" if piece else ""
            text, used = text[len(piece) :], used + units(piece)
            if text:
                done, body, used = [*done, body], "", 0
    return [part for part in (one.strip("\n") for one in [*done, body]) if part.strip()] or ["…"]


def _heading(texts: Sequence[tuple[str, str]], limit: int) -> int:
    """How many units a heading and the beginning of what it stands above need."""
    needed = 0
    for text, dress in texts:
        if dress == "quote":
            return needed + min(units(text), limit // _LEAST)
        needed += units(text)
    return needed


def split(text: str, limit: int = LIMIT) -> list[str]:
    """Cut a text into pieces of at most `limit` UTF-16 units: at a sentence end, else at a space, else anywhere."""
    pieces = []
    while units(text) > limit:
        room = _prefix(text, limit)
        ends = [found.end() for found in _SENTENCE_END.finditer(text, 0, room) if found.end()]
        cut = ends[-1] if ends else text.rfind(" ", 1, room) + 1 or room
        pieces.append(text[:cut])
        text = text[cut:]
    return [*pieces, text] if text else pieces


def shorten(text: str, limit: int) -> str:
    """A text of at most `limit` UTF-16 units, with an ellipsis where something was left out."""
    return text if units(text) <= limit else text[: _prefix(text, limit - 1)].rstrip() + "…"


def units(text: str) -> int:
    """The length of a text as Telegram counts it, in UTF-16 units."""
    return len(text) + sum(char > "\uffff" for char in text)


def clean(text: str) -> str:
    """A text without what cannot be sent: NUL and other controls, lone surrogates."""
    sound = text.encode("utf-8", "replace").decode()
    return "".join(char for char in sound if char >= " " or char in "\n\t")


def isolated(text: str, language: str) -> str:
    """In a right-to-left language, stretches of Latin, Cyrillic, Han or digits set apart (U+2068 … U+2069)."""
    return _FOREIGN.sub("\u2068\\g<0>\u2069", text) if language in _RIGHT_TO_LEFT else text


def plain(dressed: str) -> str:
    """The text of an HTML message without its dress."""
    return html.unescape(_TAG.sub("", dressed))


def _prefix(text: str, limit: int) -> int:
    """How many characters fit into `limit` UTF-16 units."""
    used = 0
    for place, char in enumerate(text):
        used += 2 if char > "\uffff" else 1
        if used > limit:
            return place
    return len(text)
