"""The one path from a question to an Answer, with the conversation's memory."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot import freshness
from bot.answers import ANSWER, NONE, Answer
from bot.catalogue import Catalogue
from bot.composing import Composer
from bot.facts import Problem
from bot.index import DamagedError, Entry, Index, IndexUnreadableError
from bot.judge import Judge, Match, Thresholds
from bot.matching import Matching
from bot.questions import Question, Understanding
from bot.settings import Home

if TYPE_CHECKING:
    from bot.search import Found

_MOST_NEAREST = 3
_SURE = 0.6
_BRIEF = 6
_WEIGHTY = 0.6
_COMMAND = re.compile(r"\s*/[a-zA-Z_]+(?:@\w+)?(?:\s|$)")


class Conversation:
    """What a follow-up leans on: the last question and the fact that answered it."""

    def __init__(self, fact: str | None = None, question: str = "", language: str | None = None) -> None:
        self.fact = fact
        self.question = question
        self.language = language


class KnowledgeRefusedError(Exception):
    """There is no index and none can be built; `problems` say why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = list(problems)


class Responder(Catalogue):
    """Answers from one index; `refresh` moves it to a newer one."""

    def __init__(self, home: Home, index: Index, problems: Sequence[Problem] = ()) -> None:
        self.home = home
        self.problems = list(problems)
        self.only: str | None = None
        super().__init__(index)

    def _open(self, index: Index) -> None:
        super()._open(index)
        self.understanding = Understanding(index)
        self.matching = Matching(index)
        self.judge = Judge(**index.meta("judge"))
        self.thresholds = Thresholds(**index.meta("thresholds"))
        self._composer = Composer(self, self.thresholds)

    def close(self) -> None:
        """Let go of the index."""
        self.index.close()

    def answer(self, question: str, *, language: str | None = None, conversation: Conversation | None = None) -> Answer:
        """The reply to any text at all, in `language` or else the text's own; `conversation` is leaned on and brought up to date."""
        started = time.perf_counter()
        try:
            reply = self._reply(question, language, conversation)
        except DamagedError:
            self._renew()
            reply = self._reply(question, language, conversation)
        if conversation is not None:
            conversation.language = reply.language
            if reply.status == ANSWER:
                conversation.fact, conversation.question = reply.fact, question
        return _timed(reply, started)

    def _reply(self, text: str, language: str | None, conversation: Conversation | None) -> Answer:
        if _COMMAND.match(text):
            return self._composer.help(text, language or self.understanding.language(text))
        named = self._composer.paragraphs(text, language or self.understanding.language(text))
        if named:
            return named
        question, matches = self.consider(text, language, conversation)
        spoken = language if language in self.languages() else question.language
        if self.only is not None:
            matches = [m for m in matches if m.entry.kind == "chat" or self.only in {c.report for c in self.citations(m.entry)}]
        if not question.mass:
            return self._composer.nothing(text, spoken)
        reply = self._composer.compose(text, matches, self.judge.senses(matches), spoken)
        if reply.status == NONE and not reply.fact and self.reads(question.language):
            reply = replace(reply, nearest=self._nearest(text, reply.nearest))
        return reply

    def _nearest(self, text: str, others: Sequence[str]) -> tuple[str, ...]:
        """The paragraphs closest to a text that no fact answers: by its words first, then by the facts that came close."""
        return tuple(dict.fromkeys([*(found.paragraph for found in self.search(text, _MOST_NEAREST)), *others]))[:_MOST_NEAREST]

    def _renew(self) -> None:
        """Build an index that turned out to be damaged again."""
        from bot import rebuilding

        self.problems = rebuilding.rebuild(self.home)
        self.index.close()
        self._open(Index(self.home.index))

    def consider(self, text: str, language: str | None = None, conversation: Conversation | None = None) -> tuple[Question, list[Match]]:
        """The question as understood and the entries it may mean, the best first."""
        question = self.understanding.read(text, language)
        matches = self.judge.matches(self.matching.signals(question))
        if self._likeliest(matches) < self.thresholds.answer:
            question, matches = self._clause(text, question, matches, language)
        if conversation is None or not conversation.question:
            return question, matches
        follows = self.understanding.follows(text, question.language) or self.understanding.bare(text, question.language)
        brief = sum(len(own) for own in question.terms.values()) <= _BRIEF
        if not (follows or brief) and self._likeliest(matches) >= max(_SURE, self.thresholds.answer):
            return question, matches
        leaning = self.understanding.leaning(text, conversation.question, question.language)
        if leaning is None:
            return question, matches
        before = self.index.named(conversation.fact) if conversation.fact else None
        leant = self.judge.matches(self.matching.signals(leaning), before.together if before else None)
        leant = [match for match in leant if match.entry.name != conversation.fact]
        if leant and ((follows and not self._clear(matches, before)) or self._likeliest(leant) > self._likeliest(matches)):
            return leaning, leant
        return question, matches

    def _clear(self, matches: Sequence[Match], before: Entry | None) -> bool:
        """Whether a question means a fact beside the last answer without leaning on it."""
        beside = before is not None and bool(matches) and matches[0].entry.together == before.together
        return beside and self._likeliest(matches) >= self.thresholds.answer

    def _clause(self, text: str, question: Question, matches: list[Match], language: str | None) -> tuple[Question, list[Match]]:
        """Of a long text that is no question as a whole, the sentence or clause that is one most clearly; else the whole.

        A clause must be most of the text, and means the sessions, years and names of the whole.
        """
        best = question, matches
        read = self.understanding.read
        asked_for = [read(sentence, language) for sentence in self.understanding.sentences(text)]
        clauses = [read(clause, language).within(question) for clause in self.understanding.clauses(text)]
        asked_for += [clause for clause in clauses if clause.mass >= _WEIGHTY * question.mass]
        for asked in asked_for:
            found = self.judge.matches(self.matching.signals(asked))
            if self._likeliest(found) > self._likeliest(best[1]):
                best = asked, found
        return best

    def _likeliest(self, matches: Sequence[Match]) -> float:
        """The score of what a question most likely means; 0 when nothing was found."""
        found = self.judge.senses(matches)
        return found[0].score if found else 0.0

    def search(self, text: str, limit: int = 5) -> list[Found]:
        """Paragraphs that may hold what the text asks for, the best first."""
        from bot import search

        return search.search(self.passages, self.understanding, text, limit)

    def about(self) -> Mapping[str, str | int | float]:
        """What the answers stand on: counts, the fingerprint of the knowledge, and the calibration."""
        meta = self.index.meta
        return {
            "knowledge_version": str(meta("fingerprint", ""))[:12],
            "source_sha256": str(meta("source_sha256", "")),
            "facts": int(meta("facts", 0)),
            "gaps": int(meta("gaps", 0)),
            "wordings": int(meta("wordings", 0)),
            "paragraphs": int(meta("paragraphs", 0)),
            "accepted": self.thresholds.accepted,
            "refused": self.thresholds.refused,
            "auroc": self.thresholds.auroc,
        }

    def refresh(self) -> list[Problem]:
        """Take up what changed in the folder. While something there is wrong, the last good index stays and the problems are returned."""
        index, self.problems = _current(self.home, self.index)
        if index is not self.index:
            old = self.index
            self._open(index)
            old.close()
        return self.problems


def open_responder(home: Path | str | None = None) -> Responder:
    """A responder for the knowledge at `home`; its index is built first when missing or out of date.

    Raises SettingsError when there is no such folder, KnowledgeRefusedError when no index can be had.
    """
    place = Home.at(home)
    try:
        index: Index | None = Index(place.index)
    except IndexUnreadableError:
        index = None
    return Responder(place, *_current(place, index))


def _current(home: Home, index: Index | None) -> tuple[Index, list[Problem]]:
    """The index for what the folder says now, or the given one with the problems that keep a newer one away."""
    stamp = freshness.stamp(home.folder)
    if index is not None and stamp == index.meta("stamp"):
        return index, []
    from bot import rebuilding

    problems = rebuilding.rebuild(home, index)
    if problems and index is not None:
        return index, problems
    try:
        return Index(home.index), problems
    except IndexUnreadableError as error:
        raise KnowledgeRefusedError(problems or [Problem(str(home.index), 1, str(error))]) from None


def _timed(reply: Answer, started: float) -> Answer:
    return replace(reply, elapsed_ms=(time.perf_counter() - started) * 1000)
