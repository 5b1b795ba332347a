"""Questions: hear one, answer it where it was asked, follow it when it is edited."""

from __future__ import annotations

import asyncio
import contextvars

from telegram import Bot, Message, Update
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.answers import ANSWER, CHAT, NONE, Answer
from bot.handlers.addressed import COMMAND, addressed, without_mention
from bot.handlers.commands import COMMANDS, QUESTION_COMMANDS
from bot.handlers.desk import Context, Desk, Visit
from bot.handlers.posting import edit_answer, post_answer, say
from bot.responder import Conversation

_IDLE = 4
"""With no more updates pending than this, the reader is shown that the bot is typing."""


async def on_message(desk: Desk, update: Update, context: Context) -> None:
    """A message or a channel post: a command, a question, or nothing for the bot."""
    message = update.effective_message
    address = addressed(message, context.bot) if message else None
    if message is None or address is None:
        return
    visit = desk.visit(update, message, context.bot)
    if not visit.settings.active:
        visit = Visit(visit.bot, message, visit.reader, visit.language, desk.journal.settle(visit.chat, active=True), visit.private)
    if address.command and address.command not in QUESTION_COMMANDS:
        command = COMMANDS.get(address.command)
        if command:
            await command(desk, visit, address.text)
        elif visit.private:
            await say(desk, visit, desk.words(visit.language)["unknown_command"])
        return
    question = address.text or ("" if visit.private else _pointed_at(message, context.bot))
    if not question:
        if visit.private or address.by == COMMAND:
            await say(desk, visit, desk.words(visit.language)["ask_something" if address.command else "text_only"])
        return
    await answer_question(desk, visit, question, sure_only=not visit.private and address.by != COMMAND)


async def answer_question(desk: Desk, visit: Visit, question: str, sure_only: bool = False) -> None:
    """Answer where the question was asked; `sure_only` keeps silent unless the report, or a curator, has an answer."""
    conversation = _conversation(desk, visit)
    answer = desk.responder.answer(question, language=visit.settings.language, conversation=conversation)
    _note(desk, visit, answer)
    if sure_only and not _sure(answer):
        return
    if visit.settings.quiet and not visit.private and answer.status == CHAT:
        return
    typing = _typing(desk, visit)
    await post_answer(desk, visit, answer)
    if typing:
        await typing


async def on_edited(desk: Desk, update: Update, context: Context) -> None:
    """An edited question edits its answer; one that was never answered stays so."""
    message = update.effective_message
    address = addressed(message, context.bot) if message else None
    if message is None or address is None or not address.text:
        return
    known = desk.journal.answer_to(message.chat_id, message.message_id)
    if known is None or known.question == address.text or (address.command and address.command not in QUESTION_COMMANDS):
        return
    visit = desk.visit(update, message, context.bot)
    before = desk.journal.answer_before(known)
    conversation = Conversation(before.fact, before.question, before.language) if before else Conversation()
    answer = desk.responder.answer(address.text, language=visit.settings.language, conversation=conversation)
    if known == desk.journal.last_answer(known.chat, known.thread):
        desk.remember(known.chat, known.thread, conversation)
    _note(desk, visit, answer)
    await edit_answer(desk, visit, known, answer)


def _pointed_at(message: Message, bot: Bot) -> str:
    """The question in somebody else's message that a bare command or mention replies to."""
    to = message.reply_to_message
    if to is None or to.from_user is None or to.from_user.id == bot.id:
        return ""
    return without_mention(to, bot)[0]


def _conversation(desk: Desk, visit: Visit) -> Conversation:
    """What a question leans on: the older answer it replies to, else the latest in its chat and topic."""
    to = visit.message.reply_to_message
    older = desk.journal.answer_at(visit.chat, to.message_id) if to else None
    if older is None:
        return desk.conversation(visit.chat, visit.thread)
    conversation = Conversation(older.fact, older.question, older.language)
    desk.remember(visit.chat, visit.thread, conversation)
    return conversation


def _sure(answer: Answer) -> bool:
    """Whether to speak up in a group: the report says it, or a curator wrote that it does not."""
    return answer.status == ANSWER or (answer.status == NONE and answer.fact is not None)


def _note(desk: Desk, visit: Visit, answer: Answer) -> None:
    if answer.status not in {ANSWER, CHAT}:
        desk.journal.asked_in_vain(visit.chat, visit.reader, answer.language, answer.question, answer.status)


def _typing(desk: Desk, visit: Visit) -> asyncio.Task[None] | None:
    """Show in a private chat that the bot is typing, unless many wait."""
    if not visit.private or desk.order.pending > _IDLE:
        return None

    async def typing() -> None:
        try:
            await visit.bot.send_chat_action(visit.chat, ChatAction.TYPING, message_thread_id=visit.thread or None)
        except TelegramError:
            return

    return asyncio.get_running_loop().create_task(typing(), context=contextvars.Context())
