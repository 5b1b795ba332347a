"""The command line keeps its contract: what goes in, what comes out, and with which exit status."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from homes import ROOT, Command

COMMANDS = ["ask", "chat", "paragraph", "search", "check", "build", "score", "calibrate", "run"]
KEYS = ["id", "question", "status", "language", "text", "fact", "citations", "suggestions", "nearest", "score", "elapsed_ms"]


def lines(text: str) -> list[dict[str, object]]:
    """JSON lines, read."""
    return [json.loads(line) for line in text.splitlines()]


def batch(*requests: object) -> str:
    """JSON lines, written; a text stays as it is."""
    return "".join((r if isinstance(r, str) else json.dumps(r, ensure_ascii=False)) + "\n" for r in requests)


@pytest.mark.parametrize("words", [[], *([name] for name in COMMANDS)], ids=["reportbot", *COMMANDS])
def test_help_is_everywhere(reportbot: Command, words: list[str]) -> None:
    run = reportbot(*words, "--help")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("usage: reportbot")


@pytest.mark.parametrize(
    "words",
    [[], ["no-such-command"], ["ask"], ["search"], ["paragraph"], ["score"], ["ask", "--no-such-option", "x"], ["search", "x",
    "--limit", "0"],
     ["search", "x", "--limit", "many"], ["--home"]],
    ids=lambda words: " ".join(words) or "no command",
)  # fmt: skip
def test_bad_usage_exits_with_2_and_says_how(reportbot: Command, still_home: Path, words: list[str]) -> None:
    run = reportbot(*words, home=None if words == ["--home"] else still_home)
    assert (run.returncode, run.stdout) == (2, "")
    assert "reportbot" in run.stderr
    assert "Traceback" not in run.stderr


def test_ask_without_a_question_shows_one(reportbot: Command, still_home: Path) -> None:
    assert 'reportbot ask "How many people attended?"' in reportbot("ask", home=still_home).stderr


@pytest.mark.parametrize(
    "words",
    [["ask", "--batch", "/no/such/file"], ["paragraph", "99"], ["paragraph", "9" * 5000], ["search", "qqqq"], ["run"]],
    ids=["no such file", "no such paragraph", "an endless number", "nothing found", "no token"],
)
def test_what_went_wrong_is_told_in_words_with_exit_1(reportbot: Command, still_home: Path, words: list[str]) -> None:
    run = reportbot(*words, home=still_home)
    assert run.returncode == 1
    assert "Traceback" not in run.stderr


def test_a_folder_without_knowledge_is_refused(reportbot: Command, tmp_path: Path) -> None:
    run = reportbot("ask", "x", home=tmp_path)
    assert (run.returncode, run.stderr) == (1, f"reportbot: no knowledge/ folder in {tmp_path}\n")


def test_an_answer_is_printed_with_its_paragraph_and_quote_and_no_colours_in_a_pipe(reportbot: Command, still_home: Path) -> None:
    run = reportbot("ask", "how", "many", "people", "came", home=still_home)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines() == [
        "More than 1,200 keepers took part in the third session of the Lighthouse Forum.",
        "",
        "para. 2",
        "  “More than 1,200 keepers from 38 countries took part”",
    ]


def test_a_no_is_an_answer_too(reportbot: Command, still_home: Path) -> None:
    assert reportbot("ask", "quarterly dividends of the railway", home=still_home).returncode == 0


def test_json_is_one_object_on_one_line(reportbot: Command, still_home: Path) -> None:
    (reply,) = lines(reportbot("ask", "--json", "女性比例", home=still_home).stdout)
    assert list(reply) == KEYS
    assert (reply["id"], reply["status"], reply["language"], reply["fact"]) == (None, "answer", "zh", "forum/women")


def test_the_language_can_be_forced(reportbot: Command, still_home: Path) -> None:
    (reply,) = lines(reportbot("ask", "--json", "--language", "zh", "Valparaíso", home=still_home).stdout)
    assert reply["language"] == "zh"


def test_explain_shows_the_way_to_the_answer(reportbot: Command, still_home: Path) -> None:
    shown = reportbot("ask", "--explain", "how mnay people came", home=still_home).stdout
    for part in ("mnay -> many", "thresholds answer", "fact forum/participants", "verdict    answer"):
        assert part in shown
    assert len(shown.splitlines()) <= 24


def test_the_home_may_stand_in_the_environment(reportbot: Command, still_home: Path) -> None:
    assert "1,200 keepers" in reportbot("ask", "how many people came", env={"REPORTBOT_HOME": str(still_home)}).stdout


def test_the_home_on_the_command_line_goes_before_the_environment(reportbot: Command, still_home: Path, tmp_path: Path) -> None:
    run = reportbot("ask", "how many people came", home=still_home, env={"REPORTBOT_HOME": str(tmp_path)})
    assert "1,200 keepers" in run.stdout


def test_the_console_script_is_the_same_program() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"] == {"reportbot": "bot.cli:main"}


REQUESTS = (
    {"id": "q1", "text": "how many people came"},
    {"id": 2, "text": "第二届人数"},
    {"id": None, "turns": ["来了多少守塔人", "女性呢？"]},
    {"id": {"a": [1]}, "text": ""},
    {"id": "q5", "text": "hello\ud800\0"},
)


def test_a_batch_is_answered_in_its_order(reportbot: Command, still_home: Path, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in REQUESTS), encoding="utf-8")
    run = reportbot("ask", "--batch", str(path), home=still_home)
    replies = lines(run.stdout)
    assert (run.returncode, run.stderr) == (0, "")
    assert [r["id"] for r in replies] == [r["id"] for r in REQUESTS]
    assert all(list(r) == KEYS for r in replies)


def test_the_reply_to_a_conversation_is_the_reply_to_its_last_turn(reportbot: Command, still_home: Path) -> None:
    (reply,) = lines(reportbot("ask", "--batch", "-", home=still_home, stdin=batch(REQUESTS[2])).stdout)
    assert (reply["question"], reply["fact"]) == ("女性呢？", "forum/women")


def test_conversations_of_a_batch_do_not_mix(reportbot: Command, still_home: Path) -> None:
    asked = batch({"id": 1, "text": "and when?"}, {"id": 2, "turns": ["venue of the third session"]}, {"id": 3, "text": "and when?"})
    first, _, last = lines(reportbot("ask", "--batch", "-", home=still_home, stdin=asked).stdout)
    assert (first["status"], first["fact"], first["score"]) == (last["status"], last["fact"], last["score"])


BROKEN = ["{", "[]", "null", "7", '"text"', "{}", '{"id": 1}', '{"id": 1, "text": 5}', '{"id": 1, "turns": []}', '{"id": 1, "turns": [1]}',
          '{"id": 1, "turns": "x"}', "[" * 5000, '{"id": ' + "1" * 5000 + "}", "\ufffd"]  # fmt: skip


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_line_that_is_no_request_gets_an_error_and_the_rest_goes_on(reportbot: Command, still_home: Path, command: str) -> None:
    good = {"id": "last", "text": "how many people came"}
    run = reportbot(command, "--batch", "-", home=still_home, stdin=batch(*BROKEN, good))
    *errors, last = lines(run.stdout)
    assert (run.returncode, run.stderr, last["id"]) == (0, "", "last")
    assert len(errors) == len(BROKEN)
    for error in errors:
        assert list(error) == ["id", "status", "error"]
        assert (error["id"], error["status"]) == (None, "error")
        assert error["error"]


@pytest.mark.parametrize(("command", "key"), [("ask", "status"), ("search", "results")])
def test_each_line_is_answered_before_the_next_is_asked(still_home: Path, environment: dict[str, str], command: str, key: str) -> None:
    program = [sys.executable, "-m", "bot", "--home", str(still_home), command, "--batch", "-"]
    with subprocess.Popen(program, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        for n in range(3):
            process.stdin.write(batch({"id": n, "text": "how many people came"}))
            process.stdin.flush()
            assert select.select([process.stdout], [], [], 30)[0], "no reply before the next line"
            reply = json.loads(process.stdout.readline())
            assert reply["id"] == n
            assert key in reply
        process.stdin.close()
        assert process.wait(timeout=60) == 0


def test_a_reader_that_goes_away_is_no_error(still_home: Path, environment: dict[str, str]) -> None:
    program = [sys.executable, "-m", "bot", "--home", str(still_home), "ask", "--batch", "-"]
    pipe = subprocess.PIPE
    with subprocess.Popen(program, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        process.stdin.write(batch(*({"id": n, "text": "hello"} for n in range(5))))
        process.stdin.close()
        assert process.wait(timeout=60) == 0
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["4"], "The fourth session will be held in Valparaíso, Chile, in 2024.\n"),
        (["para.", "3", "(a)"], "to fit every tower with amber lamps, which spare migrating birds;\n"),
        (["第四段"], "The fourth session will be held in Valparaíso, Chile, in 2024.\n"),
        (["fn1"], "The programme is at https://lighthouses.example/programme.\n"),
        (
            ["4-5"],
            "4\nThe fourth session will be held in Valparaíso, Chile, in 2024.\n5\nThe Council thanked the harbour choir of Bergen.\n",
        ),
    ],
    ids=["a number", "words", "Chinese", "a footnote", "a range"],
)
def test_a_paragraph_is_printed_verbatim(reportbot: Command, still_home: Path, words: list[str], printed: str) -> None:
    run = reportbot("paragraph", *words, home=still_home)
    assert (run.returncode, run.stdout, run.stderr) == (0, printed, "")


def test_search_ranks_paragraphs(reportbot: Command, still_home: Path) -> None:
    (found,) = lines(reportbot("search", "--json", "--limit", "3", "amber lamps for birds", home=still_home).stdout)
    assert [list(row)[:4] for row in found] == [["report", "paragraph", "score", "text"]] * len(found)
    assert found[0]["paragraph"] == "3(a)"
    assert len(found) <= 3
    assert [row["score"] for row in found] == sorted((row["score"] for row in found), reverse=True)


COOKS = """\
1. 校长问：你是什么时候来的，做的又是什么，这样的职业有什么意思？

2. 周文青住在河边。周文青年轻时学过木工，后来在三家饭馆掌勺。

3. 村口的茶馆每天招待客人。

4. 村口的茶馆每天招待 300 位客人。

5. 渡口有槐树。天上有云。树下有棋盘。

6. 天上有云。渡口有槐树。树下有棋盘。
"""


@pytest.mark.parametrize(
    ("question", "paragraph"),
    [("周文青的职业是什么？", "2"), ("村口的茶馆每天招待多少客人？", "4"), ("渡口槐树下的棋盘", "6")],
    ids=["what is asked", "a figure", "sentences side by side"],
)
def test_search_looks_for_what_is_asked_about(reportbot: Command, home: Path, question: str, paragraph: str) -> None:
    (home / "seeds" / "cooks.zh.txt").write_text(COOKS, encoding="utf-8")
    (home / "knowledge" / "reports.yaml").write_text("cooks: {source: cooks.zh.txt, language: zh, title: {zh: 厨师}}\n", encoding="utf-8")
    shutil.rmtree(home / "knowledge" / "facts")
    shutil.rmtree(home / "knowledge" / "gaps")
    (found,) = lines(reportbot("search", "--json", "--limit", "1", question, home=home).stdout)
    assert found[0]["paragraph"] == paragraph


def test_search_finds_what_no_fact_covers(reportbot: Command, still_home: Path) -> None:
    assert reportbot("search", "harbour choir", home=still_home).stdout.startswith("5  ")


def test_search_by_batch_gives_results_in_order(reportbot: Command, still_home: Path) -> None:
    asked = batch({"id": "a", "text": "harbour choir"}, {"id": "b", "text": "Chile"}, {"id": "c", "text": "qqqq"})
    rows = lines(reportbot("search", "--batch", "-", "--limit", "1", home=still_home, stdin=asked).stdout)
    assert [list(row) for row in rows] == [["id", "results", "elapsed_ms"]] * 3
    assert [(row["id"], [r["paragraph"] for r in row["results"]]) for row in rows] == [("a", ["5"]), ("b", ["4"]), ("c", [])]


def test_chat_answers_line_by_line_and_remembers(reportbot: Command, still_home: Path) -> None:
    run = reportbot("chat", home=still_home, stdin="来了多少守塔人\n女性呢？\n/quit\nnever read\n")
    assert run.returncode == 0
    assert run.stdout.index("1200 多名守塔人") < run.stdout.index("女性占与会者的 41%")
    assert "never" not in run.stdout


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("/help", "/paragraph /search /topics /language /about /help /quit"),
        ("/nonsense", "/paragraph /search"),
        ("/paragraph 4", "Valparaíso, Chile, in 2024"),
        ("/paragraph 99", "0, fn1, 1, 2, 3, 3(a), 3(b), 4, 5"),
        ("/search choir", "harbour choir of Bergen"),
        ("/topics", "The session (forum, 5)"),
        ("/language zh\nhow many people came", "1200 多名守塔人"),
        ("/language xx", "zh"),
        ("/about", "facts: 8"),
        ("", ""),
    ],
    ids=lambda typed: typed.split("\n")[0] or "an empty line",
)
def test_chat_knows_its_commands(reportbot: Command, still_home: Path, typed: str, shown: str) -> None:
    run = reportbot("chat", home=still_home, stdin=f"{typed}\n")
    assert (run.returncode, run.stderr) == (0, "")
    assert shown in run.stdout


def test_chat_survives_bytes_that_are_no_text(still_home: Path, environment: dict[str, str]) -> None:
    program = [sys.executable, "-m", "bot", "--home", str(still_home), "chat"]
    run = subprocess.run(
        program, cwd=ROOT, env=environment, input=b"\xff\xfe\0\nhow many people came\n", capture_output=True, timeout=60, check=False
    )
    assert (run.returncode, run.stderr) == (0, b"")
    assert b"1,200 keepers" in run.stdout


GOLDEN = """\
- {ask: how many people came, expect: forum/participants}
- {ask: 女性比例, expect: [forum/women]}
- {ask: [来了多少守塔人, 女性呢？], expect: forum/women}
- {ask: attendance of the second session, expect: nothing}
"""


def test_score_prints_shares_by_language_and_kind(reportbot: Command, still_home: Path, tmp_path: Path) -> None:
    path = tmp_path / "golden.yaml"
    path.write_text(GOLDEN, encoding="utf-8")
    run = reportbot("score", str(path), home=still_home)
    head, *rows = [line.split() for line in run.stdout.splitlines()]
    assert (run.returncode, head) == (0, ["asked", "right", "wrong", "choice", "missed"])
    assert rows[0] == ["all", "4", "1.000", "0.000", "0.000", "0.000"]
    assert {" ".join(row[:-5]) for row in rows} == {"all", "en", "en answerable", "en unanswerable", "zh", "zh answerable", "zh follow-up"}


def test_score_exits_with_1_and_names_what_was_wrong(reportbot: Command, still_home: Path, tmp_path: Path) -> None:
    path = tmp_path / "golden.yaml"
    path.write_text("- {ask: how many people came, expect: forum/women}\n", encoding="utf-8")
    run = reportbot("score", "--failures", str(path), home=still_home)
    assert run.returncode == 1
    assert f"{path}:1: wrong: how many people came -> answer forum/participants" in run.stdout


@pytest.mark.parametrize("command", ["score", "calibrate"])
def test_a_file_of_questions_that_cannot_be_read_is_bad_usage(reportbot: Command, home: Path, command: str) -> None:
    (home / "golden.yaml").write_text("- {asks: x}\n", encoding="utf-8")
    run = reportbot(command, str(home / "golden.yaml"), home=home)
    assert run.returncode == 2
    assert run.stderr.startswith(f"{home / 'golden.yaml'}:1: ")


def test_calibrate_from_questions_says_what_it_learned_and_where_it_is_kept(reportbot: Command, home: Path) -> None:
    (home / "golden.yaml").write_text(GOLDEN, encoding="utf-8")
    run = reportbot("calibrate", str(home / "golden.yaml"), home=home)
    assert (run.returncode, run.stderr) == (0, "")
    assert "golden.yaml" in run.stdout
    assert "AUROC" in run.stdout
    assert str(home / "knowledge" / "calibration.json") in run.stdout


def test_build_is_silent_when_all_is_well(reportbot: Command, home: Path) -> None:
    run = reportbot("build", home=home)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert (home / ".reportbot" / "index.db").stat().st_size > 0


@pytest.mark.parametrize(("option", "value"), [("--report", "nosuch"), ("--language", "xx")], ids=["report", "language"])
def test_an_unknown_report_or_language_is_named_with_those_there_are(
    reportbot: Command, still_home: Path, option: str, value: str
) -> None:
    run = reportbot("ask", option, value, "how many people came", home=still_home)
    assert (run.returncode, run.stdout) == (2, "")
    assert value in run.stderr


def test_a_batch_line_that_is_not_json_to_the_letter_is_refused(reportbot: Command, still_home: Path) -> None:
    run = reportbot("ask", "--batch", "-", home=still_home, stdin='{"id": NaN, "text": "hi"}\n')
    assert json.loads(run.stdout)["status"] == "error"


def test_the_bot_says_in_one_line_why_it_cannot_run(tmp_path: Path) -> None:
    told = {"REPORTBOT_TOKEN": "1:made-up", "REPORTBOT_STATE": str(tmp_path / "state"), "REPORTBOT_HOME": str(tmp_path / "nowhere")}
    done = subprocess.run([sys.executable, "-m", "bot", "run"], env={**os.environ, **told}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no knowledge/ folder" in done.stderr
    assert len(done.stderr.splitlines()) == 1
