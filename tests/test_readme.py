"""The README says what is there, and all of it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from homes import ROOT, Command

README = (ROOT / "README.md").read_text(encoding="utf-8")
CURATING = (ROOT / "knowledge" / "README.md").read_text(encoding="utf-8")
SHOWN = [shlex.split(line, comments=True) for line in re.findall(r"^ {4}(reportbot .*)$", README, re.MULTILINE)]


@pytest.fixture(scope="module")
def commands(reportbot: Command) -> set[str]:
    """The commands there are, as `--help` names them."""
    listed = re.findall(r"^    ([a-z]+)(?: |$)", reportbot("--help").stdout, re.MULTILINE)
    assert len(listed) >= 9
    return set(listed)


def test_every_command_is_in_the_readme(commands: set[str]) -> None:
    missing = {name for name in commands if not re.search(rf"reportbot {name}\b", README)}
    assert missing == set()


def test_every_command_in_the_readme_exists(commands: set[str]) -> None:
    named = {words[1] for words in SHOWN} | set(re.findall(r"`reportbot ([a-z]+)", README + CURATING))
    assert named - commands == set()


@pytest.mark.parametrize("words", [w for w in SHOWN if any(word.startswith("--") for word in w)], ids=" ".join)
def test_every_option_in_the_readme_exists(reportbot: Command, words: list[str]) -> None:
    options = set(re.findall(r"--[a-z]+", reportbot(words[1], "--help").stdout))
    assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize("words", [w for w in SHOWN if w[1] in {"ask", "paragraph", "search"} and "--batch" not in w], ids=" ".join)
def test_every_question_in_the_readme_gets_its_answer(reportbot: Command, words: list[str]) -> None:
    run = reportbot(*words[1:], home=ROOT)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.strip()


def test_every_module_is_in_the_readmes_table_and_no_other() -> None:
    rows = re.findall(r"^\| (`.*?) \|", README, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    there = {path.relative_to(ROOT / "bot").with_suffix("").parts[0] for path in (ROOT / "bot").rglob("*.py")}
    assert named == {name for name in there if not name.startswith("__")}


@pytest.mark.parametrize("readme", ["README.md", "knowledge/README.md", "deploy/README.md"])
def test_every_file_a_readme_links_to_is_there(readme: str) -> None:
    place = ROOT / readme
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", place.read_text(encoding="utf-8"))
    assert [link for link in links if not (place.parent / link).exists()] == []


@pytest.mark.parametrize("path", re.findall(r"python (tests/\S+\.py)", README))
def test_every_bench_in_the_readme_is_there(path: str) -> None:
    assert Path(ROOT / path).is_file()


def test_every_file_that_curators_write_is_in_their_readme() -> None:
    there = {p.name for p in (ROOT / "knowledge").iterdir() if p.suffix == ".yaml"} | {
        p.name for p in (ROOT / "knowledge").iterdir() if p.is_dir()
    }
    assert {name for name in there if f"`{name}" not in CURATING} == set()


def test_the_example_fact_is_a_fact_of_the_shipped_knowledge() -> None:
    """The quote under which the curators' README explains a fact stands in the report word for word."""
    (quote,) = re.findall(r"quote: (.*)\}", CURATING)
    assert quote in (ROOT / "seeds" / "wuf11-outcomes.zh.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("variable", ["REPORTBOT_HOME", "REPORTBOT_TOKEN_FILE"])
def test_the_variables_in_the_readme_are_read(variable: str) -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot").rglob("*.py"))
    assert variable in README
    assert variable.removesuffix("_FILE") in source
