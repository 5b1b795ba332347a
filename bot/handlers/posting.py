"""The bot speaks: its own words, and answers that are noted where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from telegram import InlineKeyboardMarkup

from bot.answers import ANSWER, Answer
from bot.handlers.desk import Desk, Visit
from bot.handlers.dress import Run, messages
from bot.journal import Sent


async def say(desk: Desk, visit: Visit, text: str, keyboard: InlineKeyboardMarkup | None = None, language: str = "") -> None:
    """Reply with the bot's own words."""
    await desk.sender.send(visit.bot, visit.place, messages([Run(text)], language or visit.language), keyboard)


async def post_answer(desk: Desk, visit: Visit, answer: Answer) -> None:
    """Send an answer with its buttons, and note that it stands there."""
    runs = desk.runs(answer, visit.settings.style)
    sent = await desk.sender.send(visit.bot, visit.place, messages(runs, answer.language), desk.keyboard(answer, visit.bot))
    if sent:
        place = Sent(sent.chat_id, sent.message_id, visit.message.message_id, visit.thread, visit.reader, None, "", "")
        note_answer(desk, place, answer)


async def edit_answer(desk: Desk, visit: Visit, known: Sent, answer: Answer) -> None:
    """Put an answer in the place of the one that stands there."""
    parts = messages(desk.runs(answer, visit.settings.style), answer.language)
    if await put(desk, visit, known.message, parts, desk.keyboard(answer, visit.bot)):
        note_answer(desk, known, answer)


async def put(desk: Desk, visit: Visit, message: int, parts: Sequence[str], keyboard: InlineKeyboardMarkup | None = None) -> bool:
    """Put a text in the place of a message, what it has too much below it; whether the message was there."""
    there = await desk.sender.edit(visit.bot, visit.chat, message, parts[0], None if parts[1:] else keyboard)
    if there and parts[1:]:
        await desk.sender.send(visit.bot, visit.place, parts[1:], keyboard)
    return there


def note_answer(desk: Desk, place: Sent, answer: Answer) -> None:
    """Note which answer stands in a message."""
    fact = answer.fact if answer.status == ANSWER else None
    desk.journal.answered(replace(place, fact=fact, question=answer.question, language=answer.language))
