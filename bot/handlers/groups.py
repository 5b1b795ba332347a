"""What a group settles for itself: language, style, quiet; who may; and what the bot can see there."""

from __future__ import annotations

from telegram import Bot, Chat, ChatMember, ChatMemberAdministrator, InlineKeyboardMarkup, Update
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import TelegramError

from bot.handlers import buttons
from bot.handlers.desk import Context, Desk, Visit
from bot.handlers.posting import say
from bot.handlers.sending import retrying
from bot.journal import Settings

_ADMINS = {ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR}
_GONE = {ChatMemberStatus.BANNED, ChatMemberStatus.LEFT}


async def may_settle(bot: Bot, chat: Chat, sender_chat: Chat | None, reader: int | None) -> bool:
    """Whether this writer may change a chat's settings: anyone in private, else admins, anonymous ones and channels' own posts too."""
    if chat.type == ChatType.PRIVATE or (sender_chat is not None and sender_chat.id == chat.id):
        return True
    if reader is None or sender_chat is not None:
        return chat.type == ChatType.CHANNEL and sender_chat is None
    member = await _member(bot, chat.id, reader)
    return member is not None and member.status in _ADMINS


async def settings(desk: Desk, visit: Visit, _: str) -> None:
    """The settings of a chat, with buttons to change them."""
    if not await may_settle(visit.bot, visit.message.chat, visit.message.sender_chat, visit.reader):
        await say(desk, visit, desk.words(visit.language)["admins_only"])
        return
    text, keyboard = settings_page(desk, visit.settings, visit.language)
    await say(desk, visit, text, keyboard)


def settings_page(desk: Desk, settled: Settings, language: str) -> tuple[str, InlineKeyboardMarkup]:
    """What a chat has settled, and a button for each thing it can change."""
    words = desk.words(language)
    chosen = desk.words(settled.language)["language_name"] if settled.language else words["automatic"]
    style, quiet = words[f"style_{settled.style}"], words["switched_on" if settled.quiet else "switched_off"]
    toggled = "switched_off" if settled.quiet else "switched_on"
    other = "short" if settled.style == "full" else "full"
    rows = [
        [buttons.button(f"🌐 {chosen}", buttons.SETTING, "language", "", language)],
        [buttons.button(f"✂️ → {words[f'style_{other}']}", buttons.SETTING, "style", other, language)],
        [buttons.button(f"🔕 → {words[toggled]}", buttons.SETTING, "quiet", "" if settled.quiet else "1", language)],
    ]
    return words["settings"].format(language=chosen, style=style, quiet=quiet), InlineKeyboardMarkup(rows)


def language_keyboard(desk: Desk, language: str) -> InlineKeyboardMarkup:
    """A button for each language the bot speaks, and one for the language of each question."""
    named = [buttons.button(desk.words(code)["language_name"], buttons.LANGUAGE, code) for code in desk.languages()]
    rows = [named[place : place + 2] for place in range(0, len(named), 2)]
    return InlineKeyboardMarkup([*rows, [buttons.button(desk.words(language)["automatic"], buttons.LANGUAGE, "auto")]])


def settle_language(desk: Desk, chat: int, wanted: str, spoken: str) -> tuple[str, str]:
    """Settle a chat's language (`auto`: that of each question); the confirmation and its language."""
    language = wanted if wanted in desk.languages() else None
    desk.journal.settle(chat, language=language)
    if language is None:
        return desk.words(spoken)["language_automatic"], spoken
    return desk.words(language)["language_set"], language


async def selfcheck(desk: Desk, visit: Visit, _: str) -> None:
    """What the bot can see and do in this chat."""
    words, chat = desk.words(visit.language), visit.message.chat
    lines = [words["selfcheck"]]
    if chat.type == ChatType.PRIVATE:
        lines.append(words["sees_all"])
    else:
        member = await _member(visit.bot, chat.id, visit.bot.id)
        admin = member is not None and member.status in _ADMINS
        sees_all = chat.type == ChatType.CHANNEL or admin or bool(visit.bot.can_read_all_group_messages)
        lines.append(words["sees_all" if sees_all else "sees_addressed"])
        lines.append(words["is_admin" if admin else "is_member"])
        if isinstance(member, ChatMemberAdministrator) and chat.type == ChatType.CHANNEL:
            lines.append(words["can_post" if member.can_post_messages else "cannot_post"])
    lines.append(words["inline_on" if visit.bot.supports_inline_queries else "inline_off"])
    await say(desk, visit, "\n".join(f"• {line}" if place else line for place, line in enumerate(lines)))


async def on_membership(desk: Desk, update: Update, _: Context) -> None:
    """The bot was added, removed, blocked or let in again."""
    change = update.my_chat_member
    if change:
        desk.journal.settle(change.chat.id, active=change.new_chat_member.status not in _GONE)


async def on_migration(desk: Desk, update: Update, _: Context) -> None:
    """A group became a supergroup; both groups say so, in either order."""
    message = update.effective_message
    if message and message.migrate_to_chat_id:
        desk.journal.migrate(message.chat_id, message.migrate_to_chat_id)
    elif message and message.migrate_from_chat_id:
        desk.journal.migrate(message.migrate_from_chat_id, message.chat_id)


async def _member(bot: Bot, chat: int, user: int) -> ChatMember | None:
    try:
        return await retrying(lambda: bot.get_chat_member(chat, user))
    except TelegramError:
        return None
