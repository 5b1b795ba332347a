"""The door to Telegram: hear, ask, dress, reply."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, cast

from telegram import Update
from telegram.constants import ChatType
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ChatMemberHandler,
    InlineQueryHandler,
    MessageHandler,
    filters,
)  # fmt: skip

from bot.handlers.desk import Context, Desk
from bot.handlers.groups import on_membership, on_migration
from bot.handlers.inline import on_guest, on_inline
from bot.handlers.order import Order
from bot.handlers.posting import say
from bot.handlers.presses import on_press
from bot.handlers.questions import on_edited, on_message
from bot.handlers.sending import Sender, passes
from bot.inbox import Inbox, Receipt, current
from bot.journal import Journal
from bot.responder import Responder

log = logging.getLogger(__name__)

AnyApplication = Application[Any, Any, Any, Any, Any, Any]
_DESK = "desk"


def application(
    responder: Responder,
    builder: ApplicationBuilder[Any, Any, Any, Any, Any, Any],
    journal: Journal | None = None,
    inbox: Inbox | None = None,
) -> AnyApplication:
    """The Telegram application that answers from `responder`.

    Without a journal nothing is kept beyond the life of the process; without an inbox an update that was fetched and
    not yet answered dies with it.
    """
    journal, order = journal or Journal(), Order(inbox)
    desk = Desk(responder, journal, Sender(journal), order)
    made = builder.concurrent_updates(order).build()
    made.bot_data[_DESK] = desk

    def at(callback: Callable[[Desk, Update, Context], Awaitable[None]]) -> Callable[[Update, Context], Any]:
        return partial(callback, desk)

    made.add_handler(MessageHandler(filters.StatusUpdate.MIGRATE, at(on_migration)))
    made.add_handler(MessageHandler(filters.UpdateType.EDITED, at(on_edited)))
    made.add_handler(MessageHandler(filters.UpdateType.MESSAGE & ~filters.StatusUpdate.ALL, at(on_message)))
    made.add_handler(MessageHandler(filters.UpdateType.CHANNEL_POST & ~filters.StatusUpdate.ALL, at(on_message)))
    made.add_handler(MessageHandler(filters.UpdateType.GUEST_MESSAGE, at(on_guest)))
    made.add_handler(CallbackQueryHandler(at(on_press)))
    made.add_handler(InlineQueryHandler(at(on_inline)))
    made.add_handler(ChatMemberHandler(at(on_membership), ChatMemberHandler.MY_CHAT_MEMBER))
    made.add_error_handler(on_error)
    return made


def desk_of(made: AnyApplication) -> Desk:
    """The desk behind an application's handlers."""
    return cast(Desk, made.bot_data[_DESK])


async def on_error(update: object, context: Context) -> None:
    """What failed for the network's sake is tried again; anything else is put aside for a person to look at."""
    error, receipt = context.error, current.get()
    name = update.update_id if isinstance(update, Update) else "none"
    if passes(error):
        log.warning("update %s put off: %s", name, error)
        if isinstance(receipt, Receipt):
            receipt.later()
        return
    log.error("update %s failed", name, exc_info=error)
    if isinstance(receipt, Receipt):
        receipt.quarantine(repr(error))
    if not isinstance(update, Update) or isinstance(error, TelegramError):
        return
    message = update.message
    if message and message.chat.type == ChatType.PRIVATE:
        desk = desk_of(context.application)
        with suppress(TelegramError):
            visit = desk.visit(update, message, context.bot)
            await say(desk, visit, desk.words(visit.language)["trouble"])


__all__ = ["application", "desk_of"]
