"""How answers look in a terminal: plain text in a pipe, colour and boxes where someone reads."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from bot.answers import ANSWER, CHOICE, NONE, Answer
from bot.facts import Paragraph
from bot.responder import Responder

if TYPE_CHECKING:
    from bot.golden import Row
    from bot.search import Found

_BOLD, _DIM, _GREEN, _YELLOW, _RESET = "\033[1m", "\033[2m", "\033[32m", "\033[33m", "\033[0m"


def show(responder: Responder, reply: Answer) -> None:
    """Print a reply: the answer, its paragraph, and the report's own words."""
    words = responder.phrases(reply.language)
    print(_styled(_wrapped(reply.text), _BOLD if reply.status == ANSWER else _YELLOW if reply.status == NONE else ""))
    for citation in reply.citations:
        print(f"\n{_styled(responder.paragraph_name(citation.paragraph, reply.language), _GREEN)}")
        print(_styled(_wrapped(f"“{citation.quote}”", "  "), _DIM))
    if reply.status == NONE and reply.nearest:
        places = ", ".join(responder.paragraph_name(label, reply.language) for label in reply.nearest)
        print("\n" + str(words["nearest"]).format(paragraphs=places))
    if reply.suggestions:
        if reply.status != CHOICE:
            print("\n" + str(words["suggested"]))
        for suggestion in reply.suggestions:
            print(f"  - {suggestion.question} ({responder.paragraph_name(suggestion.paragraph, reply.language)})")


def paragraphs(found: Iterable[Paragraph]) -> None:
    """Print paragraphs verbatim, each under its label when there are several."""
    listed = list(found)
    for paragraph in listed:
        if len(listed) > 1:
            print(_styled(paragraph.label, _GREEN))
        print(paragraph.text)


def found(results: Sequence[Found]) -> None:
    """Print ranked paragraphs with the sentence that carries the match marked."""
    for result in results:
        print(f"{_styled(result.paragraph, _GREEN)}  {result.score:.2f}")
        print(_wrapped(result.text.replace(result.sentence, _styled(result.sentence, _BOLD)), "  "))


def scores(rows: Iterable[Row]) -> None:
    """Print how golden questions fared."""
    print(f"{'':22}{'asked':>7}{'right':>8}{'wrong':>8}{'choice':>8}{'missed':>8}")
    for row in rows:
        print(f"{row.name:22}{row.asked:7}{row.right:8.3f}{row.wrong:8.3f}{row.choice:8.3f}{row.missed:8.3f}")


def progress(what: str) -> Callable[[int, int], None] | None:
    """A line that counts while something long is made; None where no terminal is there to see it."""
    if not sys.stderr.isatty():
        return None

    def line(done: int, total: int) -> None:
        if done == total or done % max(1, total // 100) == 0:
            bar = "#" * (30 * done // total)
            print(f"\r{what} [{bar:30}] {done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    return line


def _styled(text: str, style: str) -> str:
    return f"{style}{text}{_RESET}" if style and sys.stdout.isatty() else text


def _wrapped(text: str, indent: str = "") -> str:
    if not sys.stdout.isatty() or any("\u3400" <= c <= "\u9fff" for c in text):
        return "\n".join(indent + line for line in text.splitlines())
    import textwrap

    width = min(100, os.get_terminal_size().columns)
    return "\n".join(textwrap.fill(line, width, initial_indent=indent, subsequent_indent=indent) for line in text.splitlines())
