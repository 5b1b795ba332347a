"""Shows the whole path from a question to its answer on one screen."""

from __future__ import annotations

from collections.abc import Sequence

from bot.answers import ANSWER, CHAT, CHOICE, Answer
from bot.judge import DOUBTS, Sense, Thresholds
from bot.matching import SIGNALS
from bot.questions import Question
from bot.responder import Responder

_SHOWN = 5


def explain(responder: Responder, text: str, language: str | None = None) -> str:
    """Tokens, candidates, signals, and in words why the question was answered or refused."""
    question, matches = responder.consider(text, language)
    reply = responder.answer(text, language=language)
    limits = responder.thresholds
    lines = [
        f"question   {text}",
        f"language   {question.language}",
        f"terms      {_terms(question)}",
        f"mended     {', '.join(f'{a} -> {b}' for a, b in question.mended.items()) or '-'}",
        f"asks for   {_asked(question)}",
        f"thresholds answer {limits.answer:.2f}, choice {limits.choice:.2f} (learned from {limits.learned_from}; "
        f"accepted {limits.accepted:.2f}, refused {limits.refused:.2f}, AUROC {limits.auroc:.2f})",
        "",
        "score  " + " ".join(f"{name[:7]:>7}" for name in SIGNALS) + "  entry",
    ]
    found = responder.judge.senses(matches)
    for match in matches[:_SHOWN]:
        values = " ".join(f"{value:7.2f}" for value in match.values)
        lines.append(f"{match.score:5.3f}  {values}  {match.entry.kind} {match.entry.name} ~ {match.wording.plain}")
    lines += ["", *(f"doubts     {_doubts(sense)}" for sense in found[:1] if sense.doubts)]
    lines += [f"verdict    {reply.status}: {_reason(reply, found, limits)}", f"reply      {reply.text}"]
    return "\n".join(lines)


def _terms(question: Question) -> str:
    shown = [f"{term}·{weight:.1f}" for own in question.terms.values() for term, weight in sorted(own.items(), key=lambda p: -p[1])]
    return " ".join(shown[:24]) + (f" (unknown: {question.unknown:.1f} of {question.mass:.1f})" if question.unknown else "")


def _asked(question: Question) -> str:
    asked = question.asked
    parts = [*sorted(asked.kinds), *(f"session {n}" for n in sorted(asked.sessions)), *(f"year {n}" for n in sorted(asked.years))]
    parts += [f"named: {name}" for name in sorted(asked.names)]
    return ", ".join(parts) or "nothing in particular"


def _doubts(sense: Sense) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in zip(DOUBTS, sense.doubts, strict=True))


def _reason(reply: Answer, found: Sequence[Sense], limits: Thresholds) -> str:
    if reply.status == ANSWER and reply.fact is None:
        return "the text names a paragraph"
    if not found:
        return "no wording shares a term with the question"
    best = found[0]
    likely = " and ".join(match.entry.name for match in best.likely)
    if reply.status == CHAT:
        return f"small talk: {best.entry.name}"
    if reply.status == ANSWER:
        return f"{' and '.join([str(reply.fact), *reply.also])} with {best.score:.2f}, at least {limits.answer:.2f}"
    if reply.status == CHOICE:
        return f"{likely} with {best.score:.2f}, below {limits.answer:.2f} but at least {limits.choice:.2f}"
    if reply.fact:
        return f"the curated gap {reply.fact} fits best ({best.score:.2f})"
    return f"nothing reaches {limits.choice:.2f}; the best is {likely} with {best.score:.2f}"
