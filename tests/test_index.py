"""The index follows the folder by itself, and a reader never meets half of one."""

from __future__ import annotations

import ctypes
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from homes import ROOT, TINY, Command

from bot.responder import KnowledgeRefusedError, Responder, open_responder

LAMPS = Path("knowledge/facts/measures/lamps.yaml")
WARMER = ("should towers change their lamps", "is warmer light wanted")


@pytest.fixture
def built(home: Path) -> Path:
    """A tiny home of a test's own, with its index."""
    open_responder(home).close()
    return home


def edit(home: Path, path: Path, old: str, new: str) -> None:
    """Change a text in a file of a home."""
    text = (home / path).read_text(encoding="utf-8")
    assert old in text
    (home / path).write_text(text.replace(old, new), encoding="utf-8")


def fact_for(responder: Responder, question: str) -> str | None:
    """The fact that answers a question."""
    reply = responder.answer(question)
    return reply.fact if reply.status == "answer" else None


def test_the_first_question_builds_the_index(reportbot: Command, home: Path) -> None:
    assert "1,200 keepers" in reportbot("ask", "how many people came", home=home).stdout
    assert [p.name for p in (home / ".reportbot").iterdir()] == ["index.db"]


def test_a_changed_answer_is_given_at_once(built: Path) -> None:
    edit(built, LAMPS, "The participants recommended amber lamps", "Amber lamps were recommended")
    assert open_responder(built).answer("amber lamps").text.startswith("Amber lamps were recommended")


def test_a_new_wording_is_understood(built: Path) -> None:
    edit(built, LAMPS, *WARMER)
    assert fact_for(open_responder(built), WARMER[1]) == "measures/lamps"


def test_a_deleted_fact_is_no_longer_given(built: Path) -> None:
    (built / LAMPS).unlink()
    assert fact_for(open_responder(built), "amber lamps") is None


def test_a_changed_report_is_read_again(built: Path) -> None:
    edit(built, Path("seeds/lighthouses.en.txt"), "the harbour choir", "the old harbour choir")
    assert "the old harbour choir" in open_responder(built).paragraphs("5")[0].text


def test_a_running_bot_takes_up_what_changed(built: Path) -> None:
    responder = open_responder(built)
    edit(built, LAMPS, *WARMER)
    assert responder.refresh() == []
    assert fact_for(responder, WARMER[1]) == "measures/lamps"


def test_a_home_that_moved_answers_alike(built: Path) -> None:
    moved = built.rename(built.parent / "elsewhere")
    assert fact_for(open_responder(moved), "amber lamps") == "measures/lamps"


BREAKS = {
    "a bracket open": (LAMPS, "answer: ", "answer: ["),
    "a quote not in the report": (LAMPS, 'quote: "to fit', 'quote: "to put'),
    "a figure not in the report": (LAMPS, "amber lamps for every tower", "amber lamps for 99 towers"),
    "a report without its file": (Path("knowledge/reports.yaml"), "lighthouses.en.txt", "gone.txt"),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_the_last_good_index_keeps_serving_while_a_file_is_broken(built: Path, broken: str) -> None:
    responder = open_responder(built)
    edit(built, *BREAKS[broken])
    assert str(BREAKS[broken][0]) in {p.path for p in responder.refresh()}
    assert fact_for(responder, "amber lamps") == "measures/lamps"


def test_the_problem_is_named_beside_the_answer(reportbot: Command, built: Path) -> None:
    edit(built, *BREAKS["a bracket open"])
    run = reportbot("ask", "amber lamps", home=built)
    assert run.stdout.startswith("The participants recommended amber lamps")
    assert f"{LAMPS}:" in run.stderr
    assert "last good index" in run.stderr


def test_a_build_from_a_broken_file_says_what_is_wrong(reportbot: Command, built: Path) -> None:
    edit(built, *BREAKS["a bracket open"])
    run = reportbot("build", home=built)
    assert (run.returncode, run.stderr.split(":")[0]) == (1, str(LAMPS))


def test_a_first_build_from_a_broken_file_says_what_is_wrong(reportbot: Command, home: Path) -> None:
    edit(home, *BREAKS["a bracket open"])
    run = reportbot("build", home=home)
    assert (run.returncode, run.stderr.split(":")[0]) == (1, str(LAMPS))


def test_without_any_index_the_sound_facts_are_given(home: Path) -> None:
    edit(home, *BREAKS["a bracket open"])
    responder = open_responder(home)
    assert fact_for(responder, "amber lamps") is None
    assert fact_for(responder, "repair fund") == "measures/fund"


def test_a_file_that_was_mended_is_taken_up(built: Path) -> None:
    responder = open_responder(built)
    edit(built, *BREAKS["a bracket open"])
    responder.refresh()
    shutil.copy(TINY / LAMPS, built / LAMPS)
    edit(built, LAMPS, *WARMER)
    assert responder.refresh() == []
    assert fact_for(responder, WARMER[1]) == "measures/lamps"


def test_a_home_with_nothing_to_serve_says_why(home: Path) -> None:
    (home / "knowledge" / "reports.yaml").write_text("lighthouses: [\n", encoding="utf-8")
    with pytest.raises(KnowledgeRefusedError) as refused:
        open_responder(home)
    assert "knowledge/reports.yaml" in {p.path for p in refused.value.problems}


@pytest.fixture(scope="module")
def often_damaged(still_home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A tiny home whose index is damaged again and again, and that index as it should be."""
    folder = Path(shutil.copytree(still_home, tmp_path_factory.mktemp("damaged") / "home"))
    open_responder(folder).close()
    return folder, (folder / ".reportbot" / "index.db").read_bytes()


def spoilt(how: str, good: bytes) -> bytes:
    """A damaged index; `noise 3` is noise in the third eighth of the file."""
    if how.startswith("noise"):
        start, length = (int(how[-1]) - 1) * len(good) // 8, len(good) // 8
        return good[:start] + random.Random(22).randbytes(length) + good[start + length :]
    return {
        "empty": b"", "text": b"not a database\n" * 999, "one page": good[:4096], "cut in half": good[: len(good) // 2],
        "last page lost": good[:-4096], "no header": bytes(100) + good[100:],
    }[how]  # fmt: skip


@pytest.mark.parametrize(
    "how", ["empty", "text", "one page", "cut in half", "last page lost", "no header", *(f"noise {n}" for n in range(1, 9))]
)
def test_a_damaged_index_is_built_again(often_damaged: tuple[Path, bytes], how: str) -> None:
    folder, good = often_damaged
    (folder / ".reportbot" / "index.db").write_bytes(spoilt(how, good))
    assert fact_for(open_responder(folder), "how many people came") == "forum/participants"


def test_an_index_of_other_code_is_built_again(built: Path) -> None:
    connection = sqlite3.connect(built / ".reportbot" / "index.db")
    connection.execute("UPDATE meta SET value = 'another' WHERE key = 'code'")
    connection.execute("DELETE FROM passages")
    connection.commit()
    connection.close()
    assert open_responder(built).paragraphs("5")[0].text == "The Council thanked the harbour choir of Bergen."


def test_two_processes_that_build_at_once_both_answer(home: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "bot", "--home", str(home), "ask", "how many people came"]
    started = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    replies = [process.communicate(timeout=120) for process in started]
    assert [("1,200 keepers" in out, err) for out, err in replies] == [(True, ""), (True, "")]
    assert [p.name for p in (home / ".reportbot").iterdir()] == ["index.db"]


def test_a_reader_goes_on_reading_while_the_index_is_swapped(built: Path) -> None:
    responder = open_responder(built)
    wordings = responder.index.wordings()
    for number, path in enumerate(sorted((built / "knowledge" / "facts").rglob("*.yaml"))):
        if number % 2:
            path.unlink()
    open_responder(built).close()
    assert [responder.index.wordings(row[1]) for row in wordings] == [[r for r in wordings if r[1] == row[1]] for row in wordings]
    assert {fact_for(responder, row[3]) for row in wordings} >= {"measures/lamps", "measures/fund", "next/place", "forum/women"}


def test_a_bot_answers_on_while_another_process_builds(built: Path, environment: dict[str, str]) -> None:
    responder, wrong = open_responder(built), list[str | None]()
    edit(built, LAMPS, *WARMER)
    builder = subprocess.Popen([sys.executable, "-m", "bot", "--home", str(built), "build"], cwd=ROOT, env=environment)

    while builder.poll() is None:
        wrong += {fact_for(responder, "amber lamps"), fact_for(responder, "repair fund")} - {"measures/lamps", "measures/fund"}
    assert (builder.wait(timeout=60), wrong) == (0, [])
    assert responder.refresh() == []
    assert fact_for(responder, WARMER[1]) == "measures/lamps"


def _without_rights_of_root() -> None:
    """For the next program: not even root writes where the mode forbids it (drops CAP_DAC_OVERRIDE)."""
    ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)


@pytest.fixture
def user(environment: dict[str, str], tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command as somebody who may not write everywhere, with a cache folder of their own."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bot", *arguments], cwd=ROOT, env=environment | {"XDG_CACHE_HOME": str(tmp_path / "cache")},
            capture_output=True, encoding="utf-8", timeout=120, preexec_fn=_without_rights_of_root, check=False,
        )  # fmt: skip

    return run


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="rights are dropped the Linux way")
def test_a_home_nobody_may_write_keeps_its_index_in_the_users_cache(
    user: Callable[..., subprocess.CompletedProcess[str]], home: Path
) -> None:
    home.chmod(0o555)
    assert user("--home", str(home), "ask", "amber lamps").stdout.startswith("The participants recommended amber lamps")
    assert not (home / ".reportbot").exists()
    (index,) = (home.parent / "cache" / "reportbot").glob("*/index.db")
    assert index.stat().st_size > 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="rights are dropped the Linux way")
def test_an_index_nobody_may_replace_is_not_missed(user: Callable[..., subprocess.CompletedProcess[str]], built: Path) -> None:
    (built / ".reportbot").chmod(0o555)
    edit(built, LAMPS, *WARMER)
    run = user("--home", str(built), "ask", WARMER[1])
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("The participants recommended amber lamps")
