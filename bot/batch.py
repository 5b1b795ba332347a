"""JSON lines in, JSON lines out: questions asked by other programs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from bot.responder import Conversation, Responder


def ask(responder: Responder, lines: Iterable[str], language: str | None = None) -> Iterator[str]:
    """One reply object for every line `{"id", "text"}` or `{"id", "turns": [...]}`, in the same order."""
    for line in lines:
        request, problem = _request(line)
        if problem:
            yield _dumped({"id": None, "status": "error", "error": problem})
            continue
        conversation = Conversation()
        turns = request.get("turns") or [request.get("text", "")]
        for turn in turns:
            reply = responder.answer(turn, language=language, conversation=conversation)
        yield _dumped(reply.as_json(request.get("id")))


def search(responder: Responder, lines: Iterable[str], limit: int) -> Iterator[str]:
    """`{"id", "results", "elapsed_ms"}` for every line `{"id", "text"}`, in the same order."""
    for line in lines:
        request, problem = _request(line)
        if problem:
            yield _dumped({"id": None, "status": "error", "error": problem})
            continue
        started = time.perf_counter()
        found = responder.search((request.get("turns") or [request.get("text", "")])[-1], limit)
        elapsed = (time.perf_counter() - started) * 1000
        yield _dumped({"id": request.get("id"), "results": [result(f) for f in found], "elapsed_ms": round(elapsed, 3)})


def result(found: Any) -> dict[str, object]:
    """A found paragraph as `search --json` prints it."""
    return {
        "report": found.report,
        "paragraph": found.paragraph,
        "score": round(found.score, 4),
        "text": found.text,
        "sentence": found.sentence,
    }


def lines_of(path: str) -> Iterator[str]:
    """The lines of a file, or of standard input for `-`; bytes that are not UTF-8 are replaced. Raises OSError."""
    if path == "-":
        yield from (raw.decode("utf-8", "replace") for raw in sys.stdin.buffer if raw.strip())
    else:
        with open(path, "rb") as handle:
            yield from (raw.decode("utf-8", "replace") for raw in handle if raw.strip())


def _request(line: str) -> tuple[dict[str, Any], str]:
    try:
        request = json.loads(line, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        return {}, f"not a JSON object: {error}"
    if not isinstance(request, dict):
        return {}, "not a JSON object"
    turns, text = request.get("turns"), request.get("text")
    if isinstance(turns, list) and turns and all(isinstance(t, str) for t in turns):
        return request, ""
    if turns is None and isinstance(text, str):
        return request, ""
    return {}, 'expected {"id": …, "text": "…"} or {"id": …, "turns": ["…", …]}'


def _refused(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=True)
