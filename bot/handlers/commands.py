"""The commands: what each does, in one table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from telegram import InlineKeyboardMarkup

from bot.facts import Paragraph
from bot.handlers import buttons, groups, series
from bot.handlers.desk import Desk, Visit
from bot.handlers.dress import Run, messages, shorten
from bot.handlers.posting import post_answer, say
from bot.labels import LabelError

Command = Callable[[Desk, Visit, str], Awaitable[None]]
_FOUND = 5


async def start(desk: Desk, visit: Visit, payload: str) -> None:
    """A greeting, or what a deep link opens."""
    link = buttons.read_link(payload.strip()) if payload else None
    if link is None:
        await help_(desk, visit, "")
        return
    kind, name, language = link
    language = language if language in desk.languages() else visit.language
    if kind == buttons.PARAGRAPH:
        await show_paragraphs(desk, visit, name, language)
    else:
        await show_fact(desk, visit, name, language)


async def help_(desk: Desk, visit: Visit, _: str) -> None:
    """What the bot is, what it can do, and what it sees in a group."""
    words = desk.words(visit.language)
    text = words["help"].format(title=desk.responder.report_title(visit.language), username=visit.bot.username)
    rows = [[buttons.button(words["browse"], buttons.TOPICS, "0", visit.language)]]
    await say(desk, visit, text, InlineKeyboardMarkup(rows))


async def paragraph(desk: Desk, visit: Visit, text: str) -> None:
    """The verbatim text of the paragraphs that a reader names."""
    if text:
        await show_paragraphs(desk, visit, text, visit.language)
    else:
        await say(desk, visit, desk.words(visit.language)["which_paragraph"])


async def show_paragraphs(desk: Desk, visit: Visit, text: str, language: str) -> None:
    """Paragraphs in full; previous and next under the last."""
    try:
        found = desk.responder.paragraphs(text)
    except LabelError:
        named = shorten(text, 60)
        await say(desk, visit, desk.words(language)["no_paragraph"].format(label=named, last=desk.responder.labels()[-1]))
        return
    runs: list[Run] = []
    for place, item in enumerate(found):
        runs += [*([Run("\n\n")] if place else []), *paragraph_runs(desk, item, language)]
    await desk.sender.send(visit.bot, visit.place, messages(runs, language), desk.turning(found[-1].label, language))


def paragraph_runs(desk: Desk, item: Paragraph, language: str) -> list[Run]:
    """A paragraph with its name above it."""
    return [Run(f"📄 {desk.responder.paragraph_name(item.label, language)}", "b"), Run("\n"), Run(item.text, "quote")]


async def show_fact(desk: Desk, visit: Visit, fact: str, language: str) -> None:
    """The answer of one fact, as if it had been asked for."""
    answer = desk.responder.fact(fact, language)
    if answer is None:
        await say(desk, visit, desk.words(language)["no_fact"])
        return
    conversation = desk.conversation(visit.chat, visit.thread)
    conversation.fact, conversation.question, conversation.language = answer.fact, answer.question, answer.language
    await post_answer(desk, visit, answer)


async def topics(desk: Desk, visit: Visit, _: str) -> None:
    """Browse what the bot can answer."""
    text, keyboard = topics_page(desk, visit.language, 0)
    await say(desk, visit, text, keyboard)


def topics_page(desk: Desk, language: str, page: int) -> tuple[str, InlineKeyboardMarkup]:
    """One page of the topics."""
    items = [(name, (buttons.TOPIC, topic, "0", language)) for topic, name in desk.responder.topics(language)]
    return desk.words(language)["topics"], InlineKeyboardMarkup(buttons.paged(items, page, (buttons.TOPICS,), language))


def topic_page(desk: Desk, topic: str, language: str, page: int) -> tuple[str, InlineKeyboardMarkup]:
    """One page of a topic's questions."""
    words = desk.words(language)
    items = [(s.question, (buttons.FACT, s.fact, language)) for s in desk.responder.facts_of(topic, language)]
    rows = buttons.paged(items, page, (buttons.TOPIC, topic), language)
    rows.append([buttons.button(words["all_topics"], buttons.TOPICS, "0", language)])
    return dict(desk.responder.topics(language)).get(topic, topic), InlineKeyboardMarkup(rows)


async def search(desk: Desk, visit: Visit, text: str) -> None:
    """The paragraphs nearest to some words."""
    words = desk.words(visit.language)
    if not text:
        await say(desk, visit, words["search_what"])
        return
    found = desk.responder.search(text, _FOUND)
    if not found:
        await say(desk, visit, words["found_nothing"])
        return
    runs, named = [], []
    for item in found:
        name = desk.responder.paragraph_name(item.paragraph, visit.language)
        named.append((item.paragraph, name))
        runs += [Run(f"📄 {name}\n", "b"), Run(item.sentence or item.text), Run("\n\n")]
    keyboard = InlineKeyboardMarkup(buttons.paragraph_rows(named, visit.language))
    await desk.sender.send(visit.bot, visit.place, messages(runs, visit.language), keyboard)


async def language(desk: Desk, visit: Visit, text: str) -> None:
    """Settle the language of a chat; in a group an admin must."""
    words = desk.words(visit.language)
    if not await groups.may_settle(visit.bot, visit.message.chat, visit.message.sender_chat, visit.reader):
        await say(desk, visit, words["admins_only"])
        return
    wanted = text.strip().lower()
    if wanted in desk.languages() or wanted in {"auto", "*"}:
        text, chosen = groups.settle_language(desk, visit.chat, wanted, visit.language)
        await say(desk, visit, text, language=chosen)
        return
    keyboard = groups.language_keyboard(desk, visit.language)
    await say(desk, visit, words["which_language"], keyboard)


async def about(desk: Desk, visit: Visit, _: str) -> None:
    """Which report, which edition of the knowledge, how much of it."""
    known = desk.responder.about()
    text = desk.words(visit.language)["about"].format(title=desk.responder.report_title(visit.language), **known)
    await say(desk, visit, text)


async def privacy(desk: Desk, visit: Visit, _: str) -> None:
    """What is kept, and how to have it deleted."""
    await say(desk, visit, desk.words(visit.language)["privacy"])


async def forget(desk: Desk, visit: Visit, _: str) -> None:
    """Delete all that is kept of this reader."""
    words = desk.words(visit.language)
    if visit.reader is None:
        return
    deleted = desk.journal.forget(visit.reader)
    desk.forget(visit.reader)
    await say(desk, visit, words["forgotten"].format(count=deleted))


QUESTION_COMMANDS = frozenset({"ask"})
COMMANDS: Mapping[str, Command] = {
    "start": start,
    "help": help_,
    "paragraph": paragraph,
    "topics": topics,
    "search": search,
    "language": language,
    "about": about,
    "privacy": privacy,
    "forget": forget,
    "settings": groups.settings,
    "selfcheck": groups.selfcheck,
    "series": series.command,
}
