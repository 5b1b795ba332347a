"""The terminal: the curator's and operator's workbench."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from bot import labels, terminal
from bot.index import Index, IndexUnreadableError
from bot.responder import KnowledgeRefusedError, Responder, open_responder
from bot.settings import Home, SettingsError

FOUND_WRONG, BAD_USAGE = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 1 when something was found wrong, 2 on bad usage."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except (SettingsError, KnowledgeRefusedError, OSError) as error:
        print(f"reportbot: {error}", file=sys.stderr)
        return FOUND_WRONG
    except KeyboardInterrupt:
        return 130


def _ask(options: argparse.Namespace) -> int:
    if options.batch is None and not options.question:
        print('reportbot ask: no question. Try: reportbot ask "How many people attended?"', file=sys.stderr)
        return BAD_USAGE
    responder = _responder(options)
    for what, given, known in (("report", options.report, responder.reports()), ("language", options.language, responder.languages())):
        if given is not None and given not in known:
            print(f"reportbot ask: no {what} {given!r}; there are {', '.join(known)}", file=sys.stderr)
            return BAD_USAGE
    responder.only = options.report
    if options.batch is not None:
        from bot import batch

        return _lines(batch.ask(responder, batch.lines_of(options.batch), options.language))
    question = " ".join(options.question)
    if options.explain:
        from bot import explaining

        print(explaining.explain(responder, question, options.language))
        return 0
    reply = responder.answer(question, language=options.language)
    if options.json:
        print(json.dumps(reply.as_json(), ensure_ascii=False))
    else:
        terminal.show(responder, reply)
    return 0


def _lines(lines: Iterable[str]) -> int:
    try:
        for line in lines:
            print(line, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _chat(options: argparse.Namespace) -> int:
    from bot import chatting

    return chatting.chat(_responder(options), options.language)


def _paragraph(options: argparse.Namespace) -> int:
    responder = _responder(options)
    try:
        found = responder.paragraphs(" ".join(options.label))
    except labels.LabelError as error:
        known = responder.labels()
        print(f"reportbot paragraph: no paragraph {error.text!r}; there are {', '.join(known)}", file=sys.stderr)
        return FOUND_WRONG
    terminal.paragraphs(found)
    return 0


def _search(options: argparse.Namespace) -> int:
    if options.batch is None and not options.text:
        print('reportbot search: nothing to search for. Try: reportbot search "性别均等"', file=sys.stderr)
        return BAD_USAGE
    responder = _responder(options)
    from bot import batch

    if options.batch is not None:
        return _lines(batch.search(responder, batch.lines_of(options.batch), options.limit))
    found = responder.search(" ".join(options.text), options.limit)
    if options.json:
        print(json.dumps([batch.result(f) for f in found], ensure_ascii=False))
    else:
        terminal.found(found)
    return 0 if found else FOUND_WRONG


def _check(options: argparse.Namespace) -> int:
    from bot import building, check, knowledge

    home = Home.at(options.home)
    known, problems = knowledge.read(home.folder)
    problems += check.evidence(known) + check.customs(known, building.analyzer(known))
    for problem in sorted(set(problems), key=lambda p: (p.path, p.line, p.message)):
        print(problem)
    print(check.coverage(known))
    return FOUND_WRONG if problems else 0


def _build(options: argparse.Namespace) -> int:
    from bot import rebuilding

    home = Home.at(options.home)
    problems = rebuilding.rebuild(home, _serving(home), terminal.progress("building"))
    for problem in problems:
        print(problem, file=sys.stderr)
    return FOUND_WRONG if problems else 0


def _serving(home: Home) -> Index | None:
    try:
        return Index(home.index)
    except IndexUnreadableError:
        return None


def _score(options: argparse.Namespace) -> int:
    from bot import golden

    try:
        questions = golden.read(map(Path, options.files))
    except golden.GoldenError as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    rows, failures = golden.score(_responder(options), questions)
    terminal.scores(rows)
    if options.failures:
        print("\n".join(failures))
    return FOUND_WRONG if any(row.wrong for row in rows) else 0


def _calibrate(options: argparse.Namespace) -> int:
    from bot import calibrating, golden

    try:
        return calibrating.calibrate(Home.at(options.home), [Path(f) for f in options.files], options.judge)
    except golden.GoldenError as error:
        print(error, file=sys.stderr)
        return BAD_USAGE


def _run(options: argparse.Namespace) -> int:
    from bot import running

    home = Path(options.home) if options.home else None
    return running.run(home, webhook=options.webhook, listen=options.listen)


def _responder(options: argparse.Namespace) -> Responder:
    responder = open_responder(options.home)
    for problem in responder.problems:
        print(problem, file=sys.stderr)
    if responder.problems:
        print("reportbot: answering from the last good index", file=sys.stderr)
    return responder


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="reportbot", description="Answers questions about a report, with the paragraph and its own words."
    )
    parser.add_argument("--home", metavar="DIR", help="a folder with knowledge/ and seeds/ (also REPORTBOT_HOME)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    ask = commands.add_parser("ask", help="answer one question, or a file of them")
    ask.add_argument("question", nargs="*")
    ask.add_argument("--json", action="store_true", help="print one JSON object")
    ask.add_argument("--explain", action="store_true", help="show how the answer was found")
    ask.add_argument("--language", metavar="CODE", help="answer in this language")
    ask.add_argument("--report", metavar="ID", help="answer from this report only")
    ask.add_argument("--batch", metavar="FILE", help="JSON lines in, JSON lines out; - is standard input")
    ask.set_defaults(command=_ask)

    chat = commands.add_parser("chat", help="a conversation at a prompt")
    chat.add_argument("--language", metavar="CODE")
    chat.set_defaults(command=_chat)

    paragraph = commands.add_parser("paragraph", help="the verbatim text of paragraphs: 6, 12(c), 第12段, 12–14")
    paragraph.add_argument("label", nargs="+")
    paragraph.set_defaults(command=_paragraph)

    search = commands.add_parser("search", help="rank paragraphs for a text")
    search.add_argument("text", nargs="*")
    search.add_argument("--limit", type=_positive, default=5, metavar="N")
    search.add_argument("--json", action="store_true")
    search.add_argument("--batch", metavar="FILE", help="JSON lines in, JSON lines out; - is standard input")
    search.set_defaults(command=_search)

    commands.add_parser("check", help="every problem of knowledge/, then one line of coverage").set_defaults(command=_check)
    commands.add_parser("build", help="build the index now").set_defaults(command=_build)

    score = commands.add_parser("score", help="golden questions -> right, wrong, missed by language and kind")
    score.add_argument("files", nargs="+", metavar="FILE")
    score.add_argument("--failures", action="store_true", help="name every question that was not answered right")
    score.set_defaults(command=_score)

    calibrate = commands.add_parser("calibrate", help="learn when to answer, offer a choice, or say no")
    calibrate.add_argument("files", nargs="*", metavar="FILE", help="golden questions; without them, from the knowledge itself")
    calibrate.add_argument("--judge", action="store_true", help="learn the judge's weights too, for every home")
    calibrate.set_defaults(command=_calibrate)

    run = commands.add_parser("run", help="the Telegram bot; its token is in REPORTBOT_TOKEN or REPORTBOT_TOKEN_FILE")
    run.add_argument("--webhook", metavar="URL", help="be called at this address instead of polling")
    run.add_argument("--listen", metavar="HOST:PORT", help="where the webhook listens (default 127.0.0.1:8443)")
    run.set_defaults(command=_run)
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
