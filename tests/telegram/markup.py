"""What Telegram makes of a text: HTML becomes plain words and entities, or a refusal."""

from __future__ import annotations

import re
from typing import Any

JSON = dict[str, Any]
TEXT_LIMIT = 4096
BUTTON_LIMIT = 100
_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "code": "code", "pre": "pre", "a": "text_link", "blockquote": "blockquote", "span": "spoiler",
}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[a-zA-Z-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>\"']+))?)*)\s*>")
_ATTRIBUTE = re.compile(r"([a-zA-Z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+)))?")
_REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d+)|#x([0-9a-fA-F]+));")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_DETECTED = re.compile(r"(?<![\w/@])(?:(?P<mention>@[A-Za-z]\w{2,31})|(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@\w+)?))(?!\w)")


class RefusedError(Exception):
    """A request Telegram answers with an error; `parameters` as in its reply."""

    def __init__(self, description: str, code: int = 400, parameters: JSON | None = None) -> None:
        super().__init__(description)
        self.description = {400: "Bad Request: ", 403: "Forbidden: ", 409: "Conflict: "}.get(code, "") + description
        self.code = code
        self.parameters = parameters


def utf16(text: str) -> int:
    """The length of a text in UTF-16 code units, as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parsed(text: str, mode: str | None, entities: list[JSON] | None = None, limit: int = TEXT_LIMIT) -> tuple[str, list[JSON]]:
    """The words a reader sees and their entities; RefusedError when Telegram would refuse the text."""
    if mode and mode.upper() == "HTML":
        text, entities = _html(text)
    elif mode:
        raise RefusedError(f"unsupported parse_mode {mode}")
    words = text.rstrip()
    if not words.strip():
        raise RefusedError("message text is empty")
    if utf16(words) > limit:
        raise RefusedError("message is too long" if limit == TEXT_LIMIT else "message caption is too long")
    length = utf16(words)
    kept = [e | {"length": min(e["length"], length - e["offset"])} for e in entities or [] if e["offset"] < length]
    if any(e["offset"] < 0 or e["length"] <= 0 for e in kept):
        raise RefusedError("entity beyond the text")
    return words, sorted(kept + detected(words), key=lambda e: (e["offset"], -e["length"]))


def detected(text: str) -> list[JSON]:
    """The mentions and commands Telegram finds by itself in a text."""
    return [
        {"type": found.lastgroup, "offset": utf16(text[: found.start()]), "length": utf16(found[0])}
        for found in _DETECTED.finditer(text)
    ]


def entity_text(message: JSON, entity: JSON) -> str:
    """The words under an entity of a message."""
    encoded = message["text"].encode("utf-16-le", "surrogatepass")
    start, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
    return str(encoded[start:end].decode("utf-16-le", "surrogatepass"))


def check_keyboard(markup: JSON | None) -> None:
    """RefusedError when a button is none that Telegram takes."""
    buttons = [button for row in (markup or {}).get("inline_keyboard", []) for button in row]
    if len(buttons) > BUTTON_LIMIT:
        raise RefusedError("REPLY_MARKUP_TOO_LONG")
    for button in buttons:
        kinds = set(button) - {"text", "style", "icon_custom_emoji_id"}
        if not button.get("text", "").strip() or len(kinds) != 1:
            raise RefusedError("text buttons are unallowed in the inline keyboard")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            raise RefusedError("BUTTON_DATA_INVALID")
        if "copy_text" in button and not 1 <= utf16(button["copy_text"]["text"]) <= 256:
            raise RefusedError("BUTTON_COPY_TEXT_INVALID")
        if "url" in button and not re.match(r"(?:https?|tg)://\S+$", button["url"]):
            raise RefusedError("BUTTON_URL_INVALID")


def _html(text: str) -> tuple[str, list[JSON]]:
    out: list[str] = []
    entities: list[JSON] = []
    open_tags: list[tuple[str, JSON]] = []
    position = length = 0

    def write(piece: str) -> None:
        nonlocal length
        piece = _REFERENCE.sub(_character, piece)
        out.append(piece)
        length += utf16(piece)

    while (found_at := text.find("<", position)) >= 0:
        write(text[position:found_at])
        found = _TAG.match(text, found_at)
        at = len(text[:found_at].encode("utf-8", "surrogatepass"))
        if not found or found[2].lower() not in _TAGS:
            name = found[2] if found else re.split(r"[\s>]", text[found_at + 1 :], maxsplit=1)[0]
            raise RefusedError(f'can\'t parse entities: Unsupported start tag "{name}" at byte offset {at}')
        position = found.end()
        name = found[2].lower()
        if not found[1]:
            open_tags.append((name, _opened(name, found[3], length, at)))
            continue
        if not open_tags or open_tags[-1][0] != name:
            raise RefusedError(f'can\'t parse entities: Unexpected end tag "{name}" at byte offset {at}')
        entity = open_tags.pop()[1]
        entity["length"] = length - entity["offset"]
        if entity["length"] and (entity["type"] != "text_link" or entity.get("url")):
            entities.append(entity)
    write(text[position:])
    if open_tags:
        raise RefusedError(f'can\'t parse entities: Can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    return "".join(out), entities


def _opened(name: str, written: str, offset: int, at: int) -> JSON:
    attributes = {found[1].lower(): found[2] or found[3] or found[4] or "" for found in _ATTRIBUTE.finditer(written)}
    kind = _TAGS[name]
    if name == "span" and attributes.get("class") != "tg-spoiler":
        raise RefusedError(f'can\'t parse entities: Tag "span" must have class "tg-spoiler" at byte offset {at}')
    if name == "blockquote" and "expandable" in attributes:
        kind = "expandable_blockquote"
    entity: JSON = {"type": kind, "offset": offset, "length": 0}
    if name == "a":
        entity["url"] = _REFERENCE.sub(_character, attributes.get("href", ""))
    return entity


def _character(found: re.Match[str]) -> str:
    if found[1]:
        return _NAMED[found[1]]
    code = int(found[2]) if found[2] else int(found[3], 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else found[0]
