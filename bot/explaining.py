"""Shows the whole path from a question to its answer on one screen."""

from __future__ import annotations

from bot.judge import Match
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
    for match in matches[:_SHOWN]:
        values = " ".join(f"{value:7.2f}" for value in match.signals)
        lines.append(f"{match.score:5.3f}  {values}  {match.entry.kind} {match.entry.name} ~ {match.wording.plain}")
    lines += ["", f"verdict    {reply.status}: {_reason(matches, limits.answer, limits.choice)}", f"reply      {reply.text}"]
    return "\n".join(lines)


def _terms(question: Question) -> str:
    shown = [f"{term}·{weight:.1f}" for own in question.terms.values() for term, weight in sorted(own.items(), key=lambda p: -p[1])]
    return " ".join(shown[:24]) + (f" (unknown: {question.unknown:.1f} of {question.mass:.1f})" if question.unknown else "")


def _asked(question: Question) -> str:
    asked = question.asked
    parts = [*sorted(asked.kinds), *(f"session {n}" for n in sorted(asked.sessions)), *(f"year {n}" for n in sorted(asked.years))]
    return ", ".join(parts) or "nothing in particular"


def _reason(matches: list[Match], answer: float, choice: float) -> str:
    if not matches:
        return "no wording shares a term with the question"
    best = matches[0]
    if best.entry.kind == "gap" and best.score >= choice:
        return f"the curated gap {best.entry.name} fits best ({best.score:.2f})"
    if best.entry.kind == "chat":
        return f"small talk: {best.entry.name}"
    if best.score >= answer:
        return f"{best.entry.name} reaches {best.score:.2f}, at least {answer:.2f}"
    if best.score >= choice:
        return f"{best.entry.name} reaches {best.score:.2f}, below {answer:.2f} but at least {choice:.2f}"
    return f"nothing reaches {choice:.2f}; the best is {best.entry.name} with {best.score:.2f}"
