"""Golden questions: what was asked, and the facts that answer it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.answers import ANSWER, CHOICE
from bot.judge import Match
from bot.learning import Sample
from bot.responder import Conversation, Responder

NOTHING = "nothing"


class GoldenError(Exception):
    """A file of golden questions that cannot be read; the message begins with `path:line:`."""


@dataclass(frozen=True)
class Golden:
    """The turns of a conversation, and the ids of the facts that answer the last one (none: nothing does)."""

    turns: tuple[str, ...]
    expect: frozenset[str]
    path: str
    line: int


def read(paths: Iterable[Path]) -> list[Golden]:
    """Every golden question of these files. Raises GoldenError on the first that is not of the form `ask:`, `expect:`."""
    found = []
    for path in paths:
        try:
            node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        except (OSError, UnicodeDecodeError) as error:
            raise GoldenError(f"{path}:1: cannot be read: {error}") from error
        except yaml.MarkedYAMLError as error:
            raise GoldenError(f"{path}:{error.problem_mark.line + 1 if error.problem_mark else 1}: {error.problem}") from error
        if node is None:
            continue
        if not isinstance(node, yaml.SequenceNode):
            raise GoldenError(f"{path}:1: expected a list of questions")
        found += [_golden(item, path) for item in node.value]
    return found


def _golden(node: yaml.Node, path: Path) -> Golden:
    line = node.start_mark.line + 1
    fields = {str(k.value): v for k, v in node.value} if isinstance(node, yaml.MappingNode) else {}
    if set(fields) != {"ask", "expect"}:
        raise GoldenError(f"{path}:{line}: a golden question has the keys ask and expect, no more and no less")
    turns, expect = _texts(fields["ask"]), _texts(fields["expect"])
    if not turns or not expect:
        raise GoldenError(f"{path}:{line}: ask and expect are a text or a list of texts")
    return Golden(tuple(turns), frozenset(e for e in expect if e != NOTHING), str(path), line)


def _texts(node: yaml.Node) -> list[str]:
    if isinstance(node, yaml.ScalarNode):
        return [str(node.value)]
    return [str(item.value) for item in node.value] if isinstance(node, yaml.SequenceNode) else []


def samples(responder: Responder, golden: Sequence[Golden]) -> list[Sample]:
    """The golden questions judged, to learn from."""
    found = []
    for question in golden:
        entries = [entry for name in question.expect if (entry := responder.index.named(name))]
        matches = tuple(_last(responder, question))
        found.append(Sample(matches, responder.judge.senses(matches), question.expect, frozenset(e.together for e in entries)))
    return found


def _last(responder: Responder, golden: Golden) -> list[Match]:
    conversation = Conversation()
    for turn in golden.turns[:-1]:
        responder.answer(turn, conversation=conversation)
    return list(responder.consider(golden.turns[-1], None, conversation)[1])


@dataclass(frozen=True)
class Row:
    """How one kind of question in one language fared; shares of `asked`."""

    name: str
    asked: int
    right: float
    wrong: float
    choice: float
    missed: float


def score(responder: Responder, golden: Sequence[Golden]) -> tuple[list[Row], list[str]]:
    """Rows by language and kind, and a line for every question that was not answered right."""
    verdicts: defaultdict[str, list[str]] = defaultdict(list)
    failures = []
    for question in golden:
        conversation = Conversation()
        for turn in question.turns[:-1]:
            responder.answer(turn, conversation=conversation)
        reply = responder.answer(question.turns[-1], conversation=conversation)
        verdict = _verdict(reply.status, {reply.fact, *reply.also}, {s.fact for s in reply.suggestions}, question.expect)
        kind = "unanswerable" if not question.expect else "follow-up" if len(question.turns) > 1 else "answerable"
        for name in ("all", reply.language, f"{reply.language} {kind}"):
            verdicts[name].append(verdict)
        if verdict != "right":
            place = f"{question.path}:{question.line}"
            failures.append(f"{place}: {verdict}: {' / '.join(question.turns)} -> {reply.status} {reply.fact or ''} ({reply.score:.2f})")
    rows = []
    for name in sorted(verdicts, key=lambda n: (n != "all", n)):
        held = verdicts[name]
        shares = [sum(v == kind for v in held) / len(held) for kind in ("right", "wrong", "choice", "missed")]
        rows.append(Row(name, len(held), *shares))
    return rows, failures


def _verdict(status: str, facts: set[str | None], offered: set[str], expect: frozenset[str]) -> str:
    if status == ANSWER:
        return "right" if facts & expect else "wrong"
    if status == CHOICE:
        return "choice" if not expect or offered & expect else "missed"
    return "missed" if expect else "right"
