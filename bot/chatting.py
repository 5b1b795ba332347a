"""A conversation at a prompt, with history and completion of commands."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from bot import labels, terminal
from bot.responder import Conversation, Responder
from bot.settings import state_folder

_COMMANDS = ("/paragraph ", "/search ", "/topics", "/language ", "/about", "/help", "/quit")
_HISTORY = 500


def chat(responder: Responder, language: str | None = None) -> int:
    """Answer line after line until the end of input or /quit."""
    conversation = Conversation(language=language)
    chosen = [language]
    with _history():
        while True:
            try:
                line = input("> ").strip()
            except EOFError:
                print()
                return 0
            except KeyboardInterrupt:
                print()
                continue
            if line in {"/quit", "/exit"}:
                return 0
            if line.startswith("/"):
                _command(responder, line, conversation, chosen)
            elif line:
                terminal.show(responder, responder.answer(line, language=chosen[0], conversation=conversation))


def _command(responder: Responder, line: str, conversation: Conversation, chosen: list[str | None]) -> None:
    name, _, rest = line[1:].partition(" ")
    language = chosen[0] or conversation.language or "en"
    if name == "paragraph" and rest:
        try:
            terminal.paragraphs(responder.paragraphs(rest))
        except labels.LabelError:
            print(", ".join(responder.labels()))
    elif name == "search" and rest:
        terminal.found(responder.search(rest))
    elif name == "topics":
        for topic, title in responder.topics(language):
            print(f"  {title} ({topic}, {len(responder.facts_of(topic, language))})")
    elif name == "language":
        chosen[0] = rest if rest in responder.languages() else None
        print(chosen[0] or ", ".join(responder.languages()))
    elif name == "about":
        print(responder.report_title(language))
        print("\n".join(f"  {key}: {value}" for key, value in responder.about().items()))
    else:
        print(" ".join(command.strip() for command in _COMMANDS))


@contextlib.contextmanager
def _history() -> Iterator[None]:
    try:
        import readline
    except ImportError:
        yield
        return
    path = state_folder() / "history"
    with contextlib.suppress(OSError):
        readline.read_history_file(path)
    readline.set_history_length(_HISTORY)
    readline.set_completer_delims("")
    readline.set_completer(lambda text, n: next(iter([c for c in _COMMANDS if c.startswith(text)][n : n + 1]), None))
    readline.parse_and_bind("tab: complete")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            readline.write_history_file(path)
