"""The least a bot can do, for comparison: python-telegram-bot saying every message back.

    REPORTBOT_TOKEN=… REPORTBOT_API_URL=… python echo_bot.py [WEBHOOK LISTEN]
"""

from __future__ import annotations

import os
import sys

from telegram import Update
from telegram.ext import ApplicationBuilder, ContextTypes, MessageHandler, filters

CONCURRENT = 16


async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    """Says a message back."""
    if update.effective_message and update.effective_message.text:
        await update.effective_message.reply_text(update.effective_message.text)


def main(webhook: str | None = None, listen: str | None = None) -> None:
    """Runs until told to stop."""
    builder = ApplicationBuilder().token(os.environ["REPORTBOT_TOKEN"]).base_url(os.environ["REPORTBOT_API_URL"])
    application = builder.concurrent_updates(CONCURRENT).connection_pool_size(CONCURRENT).build()
    application.add_handler(MessageHandler(filters.TEXT, echo))
    if webhook and listen:
        host, port = listen.rsplit(":", 1)
        application.run_webhook(host, int(port), webhook.rsplit("/", 1)[-1], webhook_url=webhook, bootstrap_retries=-1)
    else:
        application.run_polling(bootstrap_retries=-1)


if __name__ == "__main__":
    main(*sys.argv[1:])
