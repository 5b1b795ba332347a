"""What stands under a message: the buttons, and what a press or a deep link says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup, SwitchInlineQueryChosenChat

from bot.answers import Suggestion
from bot.handlers.dress import clean, shorten, units

Words = Mapping[str, str]
Rows = list[list[InlineKeyboardButton]]

FACT, PARAGRAPH, TURN, VOTE, UNDO, TOPICS, TOPIC, LANGUAGE, SETTING = "f", "p", "n", "v", "u", "t", "o", "l", "s"
REASONS = ("paragraph", "number", "unclear", "other")
PAGE = 8
_LABEL = re.compile(r"p(\d+|fn\d+)([a-z]?)(?:[-_]([a-z]{2,3}))?")
_FACT = re.compile(r"f-([a-z0-9-]+)(?:/|_|--)([a-z0-9-]+?)(?:_([a-z]{2,3}))?")
_BUTTON_UNITS, _COPY_UNITS, _QUERY_UNITS = 64, 256, 256


def data(*words: str) -> str:
    """Callback data: an action and its arguments; an id of 48 bytes leaves it within Telegram's 64."""
    return "|".join(words)


def button(text: str, *words: str) -> InlineKeyboardButton:
    """A button that says `text` and sends an action with its arguments."""
    return InlineKeyboardButton(shorten(clean(text), _BUTTON_UNITS), callback_data=data(*words))


def under_answer(
    words: Words, fact: str, paragraphs: Sequence[tuple[str, str]], language: str, citation: str, share: str | None
) -> InlineKeyboardMarkup:
    """Paragraphs (label, name), votes, copy and share; without `share` the bot cannot be used inline."""
    rows = paragraph_rows(paragraphs, language)
    rows.append([button(words["helpful"], VOTE, "+", fact, language), button(words["not_helpful"], VOTE, "-", fact, language)])
    last = [InlineKeyboardButton(words["copy"], copy_text=CopyTextButton(shorten(clean(citation), _COPY_UNITS)))]
    if share is not None:
        query = shorten(clean(share), _QUERY_UNITS)
        everywhere = SwitchInlineQueryChosenChat(query, True, False, True, True)
        last.append(InlineKeyboardButton(words["share"], switch_inline_query_chosen_chat=everywhere))
    rows.append(last)
    return InlineKeyboardMarkup(rows)


def fits_copy(text: str) -> bool:
    """Whether a text fits the button that copies it."""
    return units(clean(text)) <= _COPY_UNITS


def reasons(words: Words, fact: str, language: str) -> InlineKeyboardMarkup:
    """Why an answer did not help."""
    rows = [[button(words[f"reason_{reason}"], VOTE, reason, fact, language)] for reason in REASONS]
    return InlineKeyboardMarkup([*rows, [button(words["back"], UNDO, fact, language)]])


def paragraph_rows(paragraphs: Iterable[tuple[str, str]], language: str) -> Rows:
    """One button for each paragraph (label, name), up to three in a row."""
    named = [button(f"📄 {name}", PARAGRAPH, label, language) for label, name in dict.fromkeys(paragraphs)]
    return [named[place : place + 3] for place in range(0, len(named), 3)]


def suggestion_rows(suggestions: Iterable[Suggestion], language: str) -> Rows:
    """One row for each question."""
    return [[button(s.question, FACT, s.fact, language)] for s in suggestions if s.fact]


def turning(before: tuple[str, str] | None, after: tuple[str, str] | None, language: str) -> InlineKeyboardMarkup | None:
    """Previous and next paragraph (label, name)."""
    row = [button(f"◀ {before[1]}", TURN, before[0], language)] if before else []
    row += [button(f"{after[1]} ▶", TURN, after[0], language)] if after else []
    return InlineKeyboardMarkup([row]) if row else None


def paged(items: Sequence[tuple[str, tuple[str, ...]]], page: int, turn: tuple[str, ...], language: str) -> Rows:
    """One row for each (text, action) of a page, and the way to the pages before and after."""
    pages = max(1, -(-len(items) // PAGE))
    page = min(max(page, 0), pages - 1)
    rows = [[button(text, *action)] for text, action in items[page * PAGE : (page + 1) * PAGE]]
    row = [button("◀", *turn, str(page - 1), language)] if page else []
    row += [button(f"{page + 2}/{pages} ▶", *turn, str(page + 1), language)] if page + 1 < pages else []
    return [*rows, row] if row else rows


def paragraph_link(username: str, label: str, language: str) -> str:
    """The address that opens a paragraph in the bot: `p12c-zh` for 12(c) in Chinese."""
    return f"https://t.me/{username}?start=p{label.replace('(', '').replace(')', '')}-{language}"


def fact_link(username: str, fact: str, language: str) -> str:
    """The address that opens a fact in the bot; `/` is written `_`, which no id has."""
    return f"https://t.me/{username}?start=f-{fact.replace('/', '_')}_{language}"


def read_link(payload: str) -> tuple[str, str, str | None] | None:
    """What a deep link opens: (PARAGRAPH, label, language or None), (FACT, id, language or None), or None."""
    found = _LABEL.fullmatch(payload)
    if found:
        return PARAGRAPH, f"{found[1]}({found[2]})" if found[2] else found[1], found[3]
    found = _FACT.fullmatch(payload)
    return (FACT, f"{found[1]}/{found[2]}", found[3]) if found else None
