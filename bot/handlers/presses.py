"""What a press on a button does."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from telegram import CallbackQuery, InaccessibleMessage, Message, Update
from telegram.error import BadRequest

from bot.handlers import buttons, commands, groups
from bot.handlers.desk import Context, Desk, Visit
from bot.handlers.dress import Run, messages, shorten
from bot.handlers.posting import put
from bot.handlers.sending import retrying

log = logging.getLogger(__name__)

_TOAST_UNITS = 200


async def on_press(desk: Desk, update: Update, context: Context) -> None:
    """A press on one of the bot's buttons; one that Telegram has forgotten is dropped."""
    query = update.callback_query
    if query is None:
        return
    action, *arguments = (query.data or "").split("|")
    press = PRESSES.get(action)
    message = _shown(query)
    if press is None or message is None:
        await acknowledge(query)
        return
    settings = desk.journal.settings(message.chat_id)
    language = desk.language_of(query.from_user, settings)
    visit = Visit(context.bot, message, query.from_user.id, language, settings, message.chat.type == "private")
    try:
        await press(desk, visit, query, arguments)
    except ValueError as error:
        log.warning("a button says what no button of ours does: %s", error)
        await acknowledge(query)


def _shown(query: CallbackQuery) -> Message | None:
    """The message with the button; of one too old to be shown Telegram gives its place only, which is enough."""
    message = query.message
    if isinstance(message, InaccessibleMessage):
        return Message(message.message_id, message.date, message.chat)
    return message if isinstance(message, Message) else None


async def acknowledge(query: CallbackQuery, text: str | None = None) -> bool:
    """Stop the button's clock, with a short note; whether Telegram still knew of the press."""
    try:
        await retrying(lambda: query.answer(shorten(text, _TOAST_UNITS) if text else None), retries=1)
    except BadRequest:
        return False
    return True


async def fact(desk: Desk, visit: Visit, query: CallbackQuery, arguments: Sequence[str]) -> None:
    """Answer the question on the button."""
    name, language = arguments
    if await acknowledge(query):
        await commands.show_fact(desk, visit, name, language)


async def paragraph(desk: Desk, visit: Visit, query: CallbackQuery, arguments: Sequence[str]) -> None:
    """Show a paragraph in full."""
    label, language = arguments
    if await acknowledge(query):
        await commands.show_paragraphs(desk, visit, label, language)


async def turn(desk: Desk, visit: Visit, query: CallbackQuery, arguments: Sequence[str]) -> None:
    """Turn to another paragraph in the same message."""
    label, language = arguments
    item = desk.responder.paragraphs(label)[0]
    if not await acknowledge(query):
        return
    parts = messages(commands.paragraph_runs(desk, item, language), language)
    keyboard = desk.turning(item.label, language)
    await put(desk, visit, visit.message.message_id, parts, keyboard)


async def vote(desk: Desk, visit: Visit, query: CallbackQuery, arguments: Sequence[str]) -> None:
    """Helpful, not helpful, or the reason why not."""
    verdict, name, language = arguments
    words, message, reader = desk.words(language), visit.message.message_id, query.from_user.id
    if verdict == "-":
        desk.journal.vote(visit.chat, message, reader, name, "not helpful")
        await acknowledge(query, words["why_not"])
        await desk.sender.edit_keyboard(visit.bot, visit.chat, message, buttons.reasons(words, name, language))
        return
    if verdict != "+" and verdict not in buttons.REASONS:
        raise ValueError(verdict)
    reason = None if verdict == "+" else verdict
    desk.journal.vote(visit.chat, message, reader, name, "not helpful" if reason else "helpful", reason)
    await acknowledge(query, words["thanks"])
    if reason:
        await _restore(desk, visit, name, language)


async def undo(desk: Desk, visit: Visit, query: CallbackQuery, arguments: Sequence[str]) -> None:
    """Back from the reasons to the buttons of the answer."""
    name, language = arguments
    await acknowledge(query)
    await _restore(desk, visit, name, language)


async def topics(desk: Desk, visit: Visit, query: CallbackQuery, arguments: Sequence[str]) -> None:
    """Another page of the topics."""
    page, language = arguments
    text, keyboard = commands.topics_page(desk, language, int(page))
    if await acknowledge(query):
        await put(desk, visit, visit.message.message_id, messages([Run(text)], language), keyboard)


async def topic(desk: Desk, visit: Visit, query: CallbackQuery, arguments: Sequence[str]) -> None:
    """A page of a topic's questions."""
    name, page, language = arguments
    text, keyboard = commands.topic_page(desk, name, language, int(page))
    if await acknowledge(query):
        await put(desk, visit, visit.message.message_id, messages([Run(text, "b")], language), keyboard)


async def language(desk: Desk, visit: Visit, query: CallbackQuery, arguments: Sequence[str]) -> None:
    """Settle the language."""
    if not await _may(desk, visit, query):
        return
    (wanted,) = arguments
    text, chosen = groups.settle_language(desk, visit.chat, wanted, visit.language)
    await acknowledge(query, text)
    await put(desk, visit, visit.message.message_id, messages([Run(text)], chosen))


async def setting(desk: Desk, visit: Visit, query: CallbackQuery, arguments: Sequence[str]) -> None:
    """Change one setting of the chat."""
    name, value, language = arguments
    if not await _may(desk, visit, query):
        return
    message = visit.message.message_id
    if name == "language":
        await acknowledge(query)
        await desk.sender.edit_keyboard(visit.bot, visit.chat, message, groups.language_keyboard(desk, language))
        return
    changes: dict[str, object] = {"style": "short" if value == "short" else "full"} if name == "style" else {"quiet": value == "1"}
    settled = desk.journal.settle(visit.chat, **changes)
    text, keyboard = groups.settings_page(desk, settled, language)
    await acknowledge(query, desk.words(language)["saved"])
    await put(desk, visit, message, messages([Run(text)], language), keyboard)


async def _may(desk: Desk, visit: Visit, query: CallbackQuery) -> bool:
    if await groups.may_settle(visit.bot, visit.message.chat, None, visit.reader):
        return True
    await acknowledge(query, desk.words(visit.language)["admins_only"])
    return False


async def _restore(desk: Desk, visit: Visit, name: str, language: str) -> None:
    answer = desk.responder.fact(name, language)
    if answer:
        await desk.sender.edit_keyboard(visit.bot, visit.chat, visit.message.message_id, desk.keyboard(answer, visit.bot))


PRESSES: Mapping[str, Callable[[Desk, Visit, CallbackQuery, Sequence[str]], Awaitable[None]]] = {
    buttons.FACT: fact,
    buttons.PARAGRAPH: paragraph,
    buttons.TURN: turn,
    buttons.VOTE: vote,
    buttons.UNDO: undo,
    buttons.TOPICS: topics,
    buttons.TOPIC: topic,
    buttons.LANGUAGE: language,
    buttons.SETTING: setting,
}
