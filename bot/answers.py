"""What to say: an answer, a choice of at most three, an honest no, or the bot's own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.facts import Citation

ANSWER, CHOICE, NONE, CHAT = "answer", "choice", "none", "chat"


@dataclass(frozen=True)
class Suggestion:
    """A question the bot can answer, and where its answer stands."""

    question: str
    fact: str
    paragraph: str


@dataclass(frozen=True)
class Answer:
    """One reply, without any markup.

    `status` is `answer`, `choice`, `none` or `chat`. `fact` is the fact's id, or the gap's when a curated gap explains
    the `none`; `also` are other facts of the same paragraph that the text gives with it. `nearest` holds paragraph labels,
    the closest first. `score` is the chance (0..1) that a fact given is what was asked. `chat` names which of the bot's own
    words were given (`greeting`, `thanks`, `who`, `help`, …).
    """

    question: str
    status: str
    language: str
    text: str
    fact: str | None = None
    citations: tuple[Citation, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    nearest: tuple[str, ...] = ()
    score: float = 0.0
    elapsed_ms: float = 0.0
    chat: str | None = None
    also: tuple[str, ...] = ()

    def as_json(self, request_id: object = None) -> Mapping[str, object]:
        """The reply object of `ask --json`."""
        return {
            "id": request_id,
            "question": self.question,
            "status": self.status,
            "language": self.language,
            "text": self.text,
            "fact": self.fact,
            "citations": [{"report": c.report, "paragraph": c.paragraph, "quote": c.quote, "url": c.url} for c in self.citations],
            "suggestions": [{"question": s.question, "fact": s.fact, "paragraph": s.paragraph} for s in self.suggestions],
            "nearest": list(self.nearest),
            "score": round(self.score, 4),
            "elapsed_ms": round(self.elapsed_ms, 3),
        }
