"""The one path from a question to an Answer, with the conversation's memory."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import freshness, labels
from bot.answers import ANSWER, CHAT, CHOICE, NONE, Answer, Suggestion
from bot.facts import Citation, Paragraph, Problem
from bot.index import DamagedError, Entry, Index, IndexUnreadableError
from bot.judge import Judge, Match, Thresholds
from bot.matching import Matching
from bot.questions import Question, Understanding
from bot.settings import Home

if TYPE_CHECKING:
    from bot.search import Found

_MOST_CHOICES = 3
_MOST_SUGGESTIONS = 3
_MOST_NEAREST = 3
_SURE = 0.6
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


class Responder:
    """Answers from one index; `refresh` moves it to a newer one."""

    def __init__(self, home: Home, index: Index, problems: Sequence[Problem] = ()) -> None:
        self.home = home
        self.problems = list(problems)
        self.only: str | None = None
        self._open(index)

    def _open(self, index: Index) -> None:
        self.index = index
        self.understanding = Understanding(index)
        self.matching = Matching(index)
        self.judge = Judge(**index.meta("judge"))
        self.thresholds = Thresholds(**index.meta("thresholds"))

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
            return self._help(text, language or self.understanding.language(text))
        question, matches = self.consider(text, language, conversation)
        if self.only is not None:
            matches = [m for m in matches if m.entry.kind == "chat" or self.only in self._reports_of(m.entry)]
        return self._compose(text, question, matches, language if language in self.languages() else question.language)

    def _reports_of(self, entry: Entry) -> set[str]:
        return {citation.report for citation in self.index.texts(entry.id).citations}

    def reports(self) -> tuple[str, ...]:
        """The ids of the reports; set `only` to one of them to answer from it alone."""
        return tuple(self.index.meta("reports", {}))

    def _help(self, text: str, language: str) -> Answer:
        """What to do instead of giving the responder a command; its doors understand their own."""
        said = self.phrases(language).get("chat", {}).get("help", {}).get("answer")
        return Answer(text, CHAT if said else NONE, language, str(said or self.phrases(language)["unclear"]), chat="help" if said else None)

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
        if not matches or matches[0].score < self.thresholds.answer:
            question, matches = self._clause(text, question, matches, language)
        if conversation is None or not conversation.question:
            return question, matches
        follows = self.understanding.follows(text, question.language)
        if not follows and matches and matches[0].score >= max(_SURE, self.thresholds.answer):
            return question, matches
        leaning = self.understanding.leaning(text, conversation.question, question.language)
        if leaning is None:
            return question, matches
        leant = [m for m in self.judge.matches(self.matching.signals(leaning)) if m.entry.name != conversation.fact]
        if leant and (follows or not matches or leant[0].score > matches[0].score):
            return leaning, leant
        return question, matches

    def _clause(self, text: str, question: Question, matches: list[Match], language: str | None) -> tuple[Question, list[Match]]:
        """Of a long text that is no question as a whole, the clause that is one most clearly; else the whole."""
        best = question, matches
        for clause in self.understanding.clauses(text):
            asked = self.understanding.read(clause, language)
            found = self.judge.matches(self.matching.signals(asked))
            if found and found[0].score > (best[1][0].score if best[1] else 0.0):
                best = asked, found
        return best

    def _compose(self, text: str, question: Question, matches: list[Match], language: str) -> Answer:
        asked = self._paragraph_asked(text, language)
        if asked:
            return asked
        best = matches[0] if matches else None
        if best and best.entry.kind == "chat" and best.score >= self.thresholds.choice:
            return Answer(text, CHAT, language, self._say(best.entry, language), score=best.score, chat=best.entry.name)
        facts = [m for m in matches if m.entry.kind == "fact"]
        if best and best.entry.kind == "fact" and best.score >= self.thresholds.answer and not self._as_good(facts):
            return self._fact(text, best.entry, language, best.score)
        if best and best.entry.kind == "fact" and best.score >= self.thresholds.choice and len(facts) > 1:
            near = [m for m in facts if m.score >= self.thresholds.choice][:_MOST_CHOICES]
            near = near if len(near) > 1 else facts[:2]
            words = self.phrases(language)["choice"]
            return Answer(text, CHOICE, language, words, suggestions=self._suggestions(near, language), score=best.score)
        return self._no(text, question, best, facts, language)

    def _as_good(self, facts: Sequence[Match]) -> bool:
        """Whether the second fact comes too close to the first to tell which is meant."""
        return len(facts) > 1 and facts[1].score >= self.thresholds.choice and facts[0].score - facts[1].score < self.thresholds.margin

    def _no(self, text: str, question: Question, best: Match | None, facts: list[Match], language: str) -> Answer:
        words = self.phrases(language)
        suggestions = self._suggestions(facts[:_MOST_SUGGESTIONS], language)
        if best and best.entry.kind == "gap" and best.score >= self.thresholds.choice:
            nearest = tuple(c.paragraph for c in self.index.texts(best.entry.id).citations)
            return Answer(
                text,
                NONE,
                language,
                self._say(best.entry, language),
                best.entry.name,
                suggestions=suggestions,
                nearest=nearest,
                score=best.score,
            )
        if not question.mass:
            return Answer(text, NONE, language, words["unclear"])
        places = [found.paragraph for found in self.search(text, _MOST_NEAREST)] if self._reads(question.language) else []
        places += [m.entry.place for m in facts if m.entry.place]
        nearest = tuple(dict.fromkeys(places))[:_MOST_NEAREST]
        score = best.score if best else 0.0
        return Answer(text, NONE, language, words["none"], suggestions=suggestions, nearest=nearest, score=score)

    def _fact(self, text: str, entry: Entry, language: str, score: float) -> Answer:
        citations = self.index.texts(entry.id).citations
        return Answer(text, ANSWER, language, self._say(entry, language), entry.name, citations, score=score)

    def _reads(self, language: str) -> bool:
        """Whether a report is written in this language."""
        return any(report["language"] == language for report in self.index.meta("reports", {}).values())

    def _paragraph_asked(self, text: str, language: str) -> Answer | None:
        if len(text) > 40 or not labels.names_paragraph(text):
            return None
        try:
            found = self.paragraphs(text)
        except labels.LabelError:
            return None
        body = "\n\n".join(p.text for p in found)
        citations = tuple(Citation(p.report, p.label, p.text, None) for p in found)
        return Answer(text, ANSWER, language, body, None, citations, score=1.0)

    def _suggestions(self, matches: Sequence[Match], language: str) -> tuple[Suggestion, ...]:
        return tuple(self._suggestion(m.entry, language) for m in matches)

    def _suggestion(self, entry: Entry, language: str) -> Suggestion:
        return Suggestion(self._ask(entry, language), entry.name, entry.place)

    def _say(self, entry: Entry, language: str) -> str:
        return _in(self.index.texts(entry.id).answers, language)

    def _ask(self, entry: Entry, language: str) -> str:
        return _in(self.index.texts(entry.id).questions, language)

    def fact(self, fact_id: str, language: str) -> Answer | None:
        """The answer a button or a deep link asks for, or None when the fact is not known."""
        entry = self.index.named(fact_id)
        return self._fact(self._ask(entry, language), entry, language, 1.0) if entry else None

    def paragraphs(self, text: str) -> list[Paragraph]:
        """The paragraphs named by `text` ("12–14", "第12段(c)"). Raises LabelError when it names none."""
        found = (self.index.paragraph(label) for label in labels.parse(text, self.labels()))
        return [Paragraph(p.report, p.label, p.text) for p in found if p]

    def labels(self) -> tuple[str, ...]:
        """Every paragraph label in order."""
        return self.index.labels()

    def paragraph_name(self, label: str, language: str) -> str:
        """How a language writes a paragraph: 第 6 段, para. 6."""
        languages = self.index.meta("languages", {})
        table = languages.get(language) or languages.get("en") or {}
        if label == "0":
            return str(table.get("title_page", label))
        pattern = table.get("footnote" if label.startswith("fn") else "paragraph", "{label}")
        return str(pattern).format(label=label.removeprefix("fn"))

    def topics(self, language: str) -> list[tuple[str, str]]:
        """(id, name) of every topic that has facts, in browsing order."""
        held = dict.fromkeys(name.split("/")[0] for name in self.index.names())
        named = self.index.meta("topics", {})
        order = [*(t for t in named if t in held), *(t for t in held if t not in named)]
        return [(t, named.get(t, {}).get(language) or named.get(t, {}).get("en") or t) for t in order]

    def facts_of(self, topic: str, language: str) -> list[Suggestion]:
        """Every fact of a topic as a question."""
        entries = (self.index.named(name) for name in self.index.names() if name.split("/")[0] == topic)
        return [self._suggestion(entry, language) for entry in entries if entry]

    def search(self, text: str, limit: int = 5) -> list[Found]:
        """Paragraphs that may hold what the text asks for, the best first."""
        from bot import search

        return search.search(self.index, self.understanding, text, limit)

    def phrases(self, language: str) -> Mapping[str, Any]:
        """The bot's own words in a language, English where it has none."""
        spoken = self.languages()
        chosen = language if language in spoken else "en" if "en" in spoken else next(iter(spoken), "")
        found: Mapping[str, Any] = self.index.meta(f"phrases {chosen}", {})
        return found

    def languages(self) -> tuple[str, ...]:
        """The languages the bot speaks."""
        return tuple(self.index.meta("spoken", ()))

    def report_title(self, language: str) -> str:
        """The title of the (first) report."""
        for report in self.index.meta("reports", {}).values():
            return str(report["title"].get(language) or report["title"].get("en") or next(iter(report["title"].values())))
        return ""

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
    except IndexUnreadableError:
        raise KnowledgeRefusedError(problems) from None


def _in(said: Mapping[str, str], language: str) -> str:
    return said.get(language) or said.get("en") or next(iter(said.values()), "")


def _timed(reply: Answer, started: float) -> Answer:
    from dataclasses import replace

    return replace(reply, elapsed_ms=(time.perf_counter() - started) * 1000)
