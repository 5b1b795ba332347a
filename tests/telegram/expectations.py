"""What a transcript expects of the bot, held against what the bot sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fake_api import Request
from markup import JSON, entity_text, parsed

MESSAGE, EDIT, CARDS, NOTICE, KEYBOARD = "message", "edit", "cards", "notice", "keyboard"
EXPECTATIONS = {
    *("says", "never", "quotes", "bold", "buttons", "no buttons", "copies", "shares", "replies", "topic", "edits", "notice"),
    *("cards", "at least", "at most", "keyboard"),
}


@dataclass(frozen=True)
class Event:
    """Something the bot did that somebody saw."""

    kind: str
    message: JSON
    cards: tuple[JSON, ...] = ()

    def __str__(self) -> str:
        shown = [card.get("title") for card in self.cards] or self.message.get("text") or labels(self.message)
        return f"{self.kind} {shown!r}"


def heard(requests: list[Request], chat_id: int, query: str | None) -> list[Event]:
    """What the bot did in a chat, and in answer to a query, that people saw."""
    events = []
    for request in requests:
        name, params = request.method.lower(), request.params
        here = params.get("chat_id") == chat_id
        if name == "sendmessage" and here:
            events.append(Event(MESSAGE, dict(request.result)))
        elif name == "editmessagetext" and here:
            events.append(Event(EDIT, dict(request.result)))
        elif name == "editmessagereplymarkup" and here:
            events.append(Event(KEYBOARD, dict(request.result)))
        elif name == "answerinlinequery" and params["inline_query_id"] == query:
            events.append(Event(CARDS, {}, tuple(params["results"])))
        elif name == "answerguestquery" and params["guest_query_id"] == query:
            events.append(Event(CARDS, {}, (params["result"],)))
        elif name == "answercallbackquery" and params["callback_query_id"] == query and params.get("text"):
            events.append(Event(NOTICE, {"text": params["text"]}))
    return events


def check(expected: Any, events: list[Event], asked: JSON, where: str) -> None:
    """AssertionError when the bot did something else."""
    seen = f"{where}\nthe bot did: " + ("; ".join(map(str, events)) or "nothing")
    if expected == "nothing":
        assert not [e for e in events if e.kind != NOTICE], seen
        return
    if expected == "anything":
        assert events, seen
        return
    wanted = expected if isinstance(expected, list) else [expected]
    told = [e for e in events if e.kind in (MESSAGE, EDIT, CARDS)]
    spoken = [want for want in wanted if not {"notice", "keyboard"} & set(want)]
    assert len(told) == len(spoken), seen
    for want, event in zip(spoken, told, strict=True):
        _met(want, event, asked, seen)
    for kind in (NOTICE, KEYBOARD):
        for want in (want for want in wanted if kind in want):
            texts = [e.message.get("text", "") if kind == NOTICE else " ".join(labels(e.message)) for e in events if e.kind == kind]
            assert any(str(want[kind]) in text for text in texts), f"{seen}\nno {kind} with {want[kind]!r} in {texts}"


def labels(message: JSON) -> list[str]:
    """What stands on the buttons under a message."""
    return [button["text"] for button in _buttons(message)]


def _met(want: JSON, event: Event, asked: JSON, seen: str) -> None:
    assert not set(want) - EXPECTATIONS, f"{seen}\nno expectation is called {set(want) - EXPECTATIONS}"
    assert ("edits" in want and want["edits"]) == (event.kind == EDIT), f"{seen}\nedited: {event.kind == EDIT}"
    if event.kind == CARDS:
        _cards_met(want, event, seen)
        return
    message, text = event.message, event.message["text"]
    for words in _several(want.get("says")):
        assert words in text, f"{seen}\n{words!r} is not in {text!r}"
    for words in _several(want.get("never")):
        assert words not in text, f"{seen}\n{words!r} is in {text!r}"
    for name, kind in (("quotes", "expandable_blockquote"), ("bold", "bold")):
        dressed = [entity_text(message, e) for e in message.get("entities", []) if e["type"] == kind]
        for words in _several(want.get(name)):
            assert any(words in one for one in dressed), f"{seen}\n{words!r} is not among the {kind}s {dressed}"
    for words in _several(want.get("buttons")):
        assert any(words in label for label in labels(message)), f"{seen}\nno button {words!r} in {labels(message)}"
    assert not want.get("no buttons") or not labels(message), f"{seen}\nbuttons {labels(message)}"
    for name, found in (("copies", _copied(message)), ("shares", _shared(message))):
        for words in _several(want.get(name)):
            assert any(words in one for one in found), f"{seen}\nno button {name} {words!r}: {found}"
    if "replies" in want:
        replied = message.get("reply_to_message", {}).get("message_id")
        assert (replied == asked["message_id"]) == want["replies"], f"{seen}\nit replies to {replied}"
    if "topic" in want:
        assert message.get("message_thread_id") == want["topic"], f"{seen}\nit stands in topic {message.get('message_thread_id')}"


def _cards_met(want: JSON, event: Event, seen: str) -> None:
    whole = [_card_text(card) for card in event.cards]
    assert want.get("at least", 0) <= len(whole) <= want.get("at most", 50), f"{seen}\n{len(whole)} cards"
    for words in _several(want.get("cards")):
        assert any(words in text for text in whole), f"{seen}\nno card with {words!r} in {whole}"
    for words in _several(want.get("never")):
        assert not any(words in text for text in whole), f"{seen}\na card with {words!r} in {whole}"


def _card_text(card: JSON) -> str:
    content = card["input_message_content"]
    text, entities = parsed(content["message_text"], content.get("parse_mode"), content.get("entities"))
    links = [e["url"] for e in entities if e["type"] == "text_link"] + [b.get("url", "") for b in _buttons(card)]
    return "\n".join([card["title"], card.get("description", ""), text, *links])


def _buttons(message: JSON) -> list[JSON]:
    return [button for row in (message.get("reply_markup") or {}).get("inline_keyboard", []) for button in row]


def _copied(message: JSON) -> list[str]:
    return [button["copy_text"]["text"] for button in _buttons(message) if "copy_text" in button]


def _shared(message: JSON) -> list[str]:
    shared = [button.get("switch_inline_query_chosen_chat", {}).get("query", "") for button in _buttons(message)]
    return [query for query in shared if query] + [b["switch_inline_query"] for b in _buttons(message) if "switch_inline_query" in b]


def _several(words: Any) -> list[str]:
    return [] if words is None else [str(word) for word in (words if isinstance(words, list) else [words])]
