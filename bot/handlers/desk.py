"""What every handler works with: the responder, the journal, the sender, and the memory of each conversation."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from telegram import Bot, InlineKeyboardMarkup, Message, Update, User
from telegram.constants import ChatType
from telegram.ext import CallbackContext

from bot import freshness
from bot.answers import ANSWER, CHOICE, NONE, Answer
from bot.facts import Citation, Problem
from bot.handlers import buttons
from bot.handlers.dress import Run
from bot.handlers.order import Order
from bot.handlers.sending import Place, Sender
from bot.journal import Journal, Settings
from bot.responder import Conversation, Responder

Context = CallbackContext[Any, Any, Any, Any]
_CONVERSATIONS = 10_000


@dataclass(frozen=True, slots=True)
class Visit:
    """One message at the desk: who wrote it, where, and what that chat has settled."""

    bot: Bot
    message: Message
    reader: int | None
    language: str
    settings: Settings
    private: bool

    @property
    def chat(self) -> int:
        """The chat's id."""
        return self.message.chat_id

    @property
    def thread(self) -> int:
        """The forum topic, 0 for none; comment threads keep together by replies and have none."""
        return (self.message.message_thread_id or 0) if self.message.is_topic_message else 0

    @property
    def place(self) -> Place:
        """Where the reply goes: under the message, except in a private chat."""
        return Place(self.chat, self.thread, None if self.private else self.message.message_id, self.settings.quiet)


@dataclass
class Desk:
    """The one object behind all handlers."""

    responder: Responder
    journal: Journal
    sender: Sender
    order: Order
    _words: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _languages: list[str] = field(default_factory=list)
    _stamp: object = None
    _conversations: OrderedDict[tuple[int, int], Conversation] = field(default_factory=OrderedDict)

    def words(self, language: str) -> Mapping[str, str]:
        """The door's own words in a language; where a folder's phrases lack them, English ones, then the package's."""
        if language not in self._words:
            own = self.responder.phrases(language)
            english = self.responder.phrases("en").get("telegram") or _package_words()
            shared = {name: text for name, text in own.items() if isinstance(text, str)}
            self._words[language] = {**shared, **english, **own.get("telegram", {})}
        return self._words[language]

    def refresh(self) -> list[Problem]:
        """Take up knowledge that has changed since the last time; the problems that keep it out."""
        stamp = freshness.stamp(self.responder.home.folder)
        if stamp == self._stamp:
            return []
        self._stamp = stamp
        problems = self.responder.refresh()
        self._words.clear()
        self._languages.clear()
        return problems

    def languages(self) -> tuple[str, ...]:
        """The languages the bot speaks."""
        if not self._languages:
            self._languages.extend(self.responder.languages())
        return tuple(self._languages)

    def visit(self, update: Update, message: Message, bot: Bot) -> Visit:
        """The visit that an update is, with its message."""
        user = update.effective_user
        settings = self.journal.settings(message.chat_id)
        language = self.language_of(user, settings)
        return Visit(bot, message, user.id if user else None, language, settings, message.chat.type == ChatType.PRIVATE)

    def language_of(self, user: User | None, settings: Settings) -> str:
        """The language to speak before a question has been read: the settled one, the reader's, else English."""
        asked = settings.language or (user.language_code if user else None) or "en"
        known = self.languages()
        return next((language for language in (asked.split("-")[0].lower(), "en") if language in known), known[0])

    def conversation(self, chat: int, thread: int) -> Conversation:
        """The memory of a chat's topic, after a restart taken from the journal."""
        key = (chat, thread)
        if key not in self._conversations:
            last = self.journal.last_answer(chat, thread)
            self._conversations[key] = Conversation(last.fact, last.question, last.language) if last else Conversation()
            if len(self._conversations) > _CONVERSATIONS:
                self._conversations.popitem(last=False)
        self._conversations.move_to_end(key)
        return self._conversations[key]

    def remember(self, chat: int, thread: int, conversation: Conversation) -> None:
        """Go on from here in this chat's topic."""
        self._conversations[(chat, thread)] = conversation

    def forget(self, chat: int) -> None:
        """Drop the memory of a chat."""
        for key in [key for key in self._conversations if key[0] == chat]:
            del self._conversations[key]

    def runs(self, answer: Answer, style: str = "full", titled: bool = False) -> list[Run]:
        """An answer as a reader sees it: the answer first, then each paragraph with its quote (`short`: no quotes)."""
        if answer.status == ANSWER and answer.fact is None:
            style, runs = "full", []
        else:
            runs = [Run(answer.text)]
        for citation in answer.citations:
            name = self.responder.paragraph_name(citation.paragraph, answer.language)
            title = f" · {self.responder.report_title(answer.language)}" if titled else ""
            runs += [Run("\n\n"), Run(f"📄 {name}", "b"), Run(title)]
            if style == "full" and citation.quote:
                runs += [Run("\n"), Run(citation.quote, "quote")]
        if answer.status == NONE and answer.nearest:
            names = ", ".join(self.responder.paragraph_name(label, answer.language) for label in answer.nearest)
            runs.append(Run("\n\n" + self.words(answer.language)["nearest"].format(paragraphs=names)))
        if answer.status == NONE and answer.suggestions:
            runs.append(Run("\n\n" + self.words(answer.language)["suggested"]))
        return runs

    def keyboard(self, answer: Answer, bot: Bot) -> InlineKeyboardMarkup | None:
        """The buttons under an answer, a choice, or a no."""
        words, language = self.words(answer.language), answer.language
        if answer.status == ANSWER and answer.fact:
            asked = self.responder.fact(answer.fact, language)
            share = (asked or answer).question if bot.supports_inline_queries else None
            cited = [(c.paragraph, self.responder.paragraph_name(c.paragraph, language)) for c in answer.citations]
            citation = self.citation(answer.citations[0], language) if answer.citations else answer.text
            return buttons.under_answer(words, answer.fact, cited, language, citation, share)
        if answer.status == ANSWER and answer.citations:
            return self.turning(answer.citations[-1].paragraph, language)
        rows: buttons.Rows = []
        if answer.status == NONE:
            near = [(label, self.responder.paragraph_name(label, language)) for label in answer.nearest[:3]]
            rows += buttons.paragraph_rows(near, language)
        if answer.status in {CHOICE, NONE}:
            rows += buttons.suggestion_rows(answer.suggestions, language)
        return InlineKeyboardMarkup(rows) if rows else None

    def turning(self, label: str, language: str) -> InlineKeyboardMarkup | None:
        """The buttons to the paragraphs before and after."""
        labels, name = self.responder.labels(), self.responder.paragraph_name
        place = labels.index(label)
        before = (labels[place - 1], name(labels[place - 1], language)) if place else None
        after = (labels[place + 1], name(labels[place + 1], language)) if place + 1 < len(labels) else None
        return buttons.turning(before, after, language)

    def citation(self, citation: Citation, language: str) -> str:
        """A citation to paste elsewhere: the quote, the report, the paragraph."""
        name, title = self.responder.paragraph_name(citation.paragraph, language), self.responder.report_title(language)
        quote = f"“{citation.quote}” — " if citation.quote else ""
        whole = f"{quote}{title}, {name}"
        return whole if buttons.fits_copy(whole) else f"{title}, {name}"


def _package_words() -> Mapping[str, str]:
    from bot import knowledge
    from bot.settings import default_home

    phrases, _ = knowledge.read(default_home())
    return phrases.phrases["en"]["telegram"]  # type: ignore[return-value]
