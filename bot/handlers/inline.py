"""Answers anywhere: cards for `@bot question`, quotes put into one's own sentence, and guest questions."""

from __future__ import annotations

import re

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    LinkPreviewOptions,
    Update,
)  # fmt: skip
from telegram.error import BadRequest

from bot.answers import ANSWER, CHAT, NONE, Answer
from bot.facts import Citation
from bot.handlers import buttons
from bot.handlers.addressed import without_mention
from bot.handlers.desk import Context, Desk
from bot.handlers.dress import Run, clean, messages, shorten
from bot.handlers.sending import retrying

CARDS = 20
_CACHE_SECONDS = 60
_CITED = re.compile(r"\+([^+\n]{1,200})\+")
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


async def on_inline(desk: Desk, update: Update, context: Context) -> None:
    """Up to twenty cited cards; first of all, one's own sentence with the quotes put in."""
    query = update.inline_query
    if query is None:
        return
    settled = desk.journal.settings(query.from_user.id)
    language = desk.language_of(query.from_user, settled)
    text = query.query.strip()
    cards = cited_sentence(desk, text, settled.language, language)
    cards += cards_for(desk, context.bot, text, settled.language, language)
    button = InlineQueryResultsButton(shorten(desk.words(language)["open_bot"], 64), start_parameter="inline")
    try:
        await retrying(lambda: query.answer(_unique(cards)[:CARDS], cache_time=_CACHE_SECONDS, is_personal=True, button=button), retries=1)
    except BadRequest as error:
        if "too old" not in error.message.lower() and "query id is invalid" not in error.message.lower():
            raise


def cards_for(desk: Desk, bot: Bot, text: str, forced: str | None, spoken: str) -> list[InlineQueryResultArticle]:
    """The answer, what else may be meant, and the nearest paragraphs; without a question, where every topic begins."""
    if not text:
        firsts = [desk.responder.facts_of(topic, spoken)[:1] for topic, _ in desk.responder.topics(spoken)]
        facts = [desk.responder.fact(s.fact, spoken) for found in firsts for s in found]
        return [card(desk, bot, answer) for answer in facts if answer]
    answer = desk.responder.answer(text, language=forced)
    language = answer.language
    answers = [answer] if answer.status == ANSWER or (answer.status == NONE and answer.fact) else []
    suggested = [desk.responder.fact(s.fact, language) for s in answer.suggestions]
    cards = [card(desk, bot, found) for found in [*answers, *suggested] if found]
    if answer.status == CHAT:
        return cards
    for found in desk.responder.search(text, CARDS):
        citation = Citation(found.report, found.paragraph, found.sentence or found.text)
        cards.append(paragraph_card(desk, bot, citation, language))
    return cards


def card(desk: Desk, bot: Bot, answer: Answer) -> InlineQueryResultArticle:
    """One answer as a card that stands alone in any chat, with a way back into the bot."""
    words, language = desk.words(answer.language), answer.language
    rows = []
    if answer.status == ANSWER and answer.fact:
        rows = [[InlineKeyboardButton(words["open_answer"], url=buttons.fact_link(bot.username, answer.fact, language))]]
    elif answer.citations or answer.nearest:
        label = answer.citations[0].paragraph if answer.citations else answer.nearest[0]
        rows = [[InlineKeyboardButton(words["open_paragraph"], url=buttons.paragraph_link(bot.username, label, language))]]
    cited = ", ".join(desk.responder.paragraph_name(c.paragraph, language) for c in answer.citations)
    text = messages(desk.runs(answer, titled=True), language)[0]
    return _article(f"f:{answer.fact or cited}", answer.question, f"{cited} · {answer.text}" if cited else answer.text, text, rows)


def paragraph_card(desk: Desk, bot: Bot, citation: Citation, language: str) -> InlineQueryResultArticle:
    """A paragraph's sentence as a card."""
    name = desk.responder.paragraph_name(citation.paragraph, language)
    runs = [Run(citation.quote, "quote"), Run("\n"), Run(f"📄 {name}", "b"), Run(f" · {desk.responder.report_title(language)}")]
    url = buttons.paragraph_link(bot.username, citation.paragraph, language)
    rows = [[InlineKeyboardButton(desk.words(language)["open_paragraph"], url=url)]]
    return _article(f"p:{citation.paragraph}", f"📄 {name}", citation.quote, messages(runs, language)[0], rows)


def cited_sentence(desk: Desk, text: str, forced: str | None, spoken: str) -> list[InlineQueryResultArticle]:
    """The reader's sentence with the report's words and their paragraph in place of each `+…+`; none if one is not found."""
    wanted = _CITED.findall(text)
    if not wanted:
        return []
    frame = _CITED.sub(" ", text).strip()
    language = forced or (desk.responder.answer(frame).language if frame else spoken)
    found = [quoted(desk, words.strip(), forced) for words in wanted]
    runs, last = [], 0
    for match, citation in zip(_CITED.finditer(text), found, strict=True):
        if citation is None:
            return []
        name = desk.responder.paragraph_name(citation.paragraph, language)
        runs += [Run(text[last : match.start()]), Run(f"“{citation.quote}”", "i"), Run(f" ({name})")]
        last = match.end()
    runs += [Run(text[last:]), Run(f"\n\n— {desk.responder.report_title(language)}")]
    title = desk.words(language)["cited_sentence"]
    described = "".join(run.text for run in runs)
    return [_article("c", title, described, messages(runs, language)[0], [])]


def quoted(desk: Desk, words: str, forced: str | None = None) -> Citation | None:
    """The report's own words for what a reader names: the fact's quote, else the most telling sentence; verified verbatim."""
    answer = desk.responder.answer(words, language=forced)
    if answer.citations:
        citation = answer.citations[0]
    elif answer.suggestions and (first := desk.responder.fact(answer.suggestions[0].fact, answer.language)) and first.citations:
        citation = first.citations[0]
    else:
        found = desk.responder.search(words, 1)
        if not found:
            return None
        citation = Citation(found[0].report, found[0].paragraph, found[0].sentence or found[0].text)
    paragraph = desk.responder.paragraphs(citation.paragraph)[0]
    return citation if citation.quote and citation.quote in paragraph.text else None


async def on_guest(desk: Desk, update: Update, context: Context) -> None:
    """A question from a chat the bot is not in, which takes one message in reply."""
    message = update.guest_message
    if message is None or not message.guest_query_id:
        return
    guest, settled = message.guest_query_id, desk.journal.settings(message.from_user.id if message.from_user else 0)
    text, _ = without_mention(message, context.bot)
    answer = desk.responder.answer(text, language=settled.language)
    try:
        await retrying(lambda: context.bot.answer_guest_query(guest, card(desk, context.bot, answer)), retries=1)
    except BadRequest as error:
        if "too old" not in error.message.lower() and "query id is invalid" not in error.message.lower():
            raise


def _article(identity: str, title: str, description: str, dressed: str, rows: list[list[InlineKeyboardButton]]) -> InlineQueryResultArticle:
    content = InputTextMessageContent(dressed, parse_mode="HTML", link_preview_options=_NO_PREVIEW)
    keyboard = InlineKeyboardMarkup(rows) if rows else None
    return InlineQueryResultArticle(
        identity.encode()[:64].decode(errors="ignore"), shorten(clean(title), 100) or "…", content, keyboard,
        description=shorten(clean(description), 200),
    )  # fmt: skip


def _unique(cards: list[InlineQueryResultArticle]) -> list[InlineQueryResultArticle]:
    first: dict[str, InlineQueryResultArticle] = {}
    for one in cards:
        first.setdefault(one.id, one)
    return list(first.values())
