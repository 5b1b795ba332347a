"""What is learned from the knowledge itself is learned from questions the index has truly not seen."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from homes import TINY, Command

from bot.cli import main
from bot.index import Index
from bot.leaving import IndexWithout, Row
from bot.matching import SIGNALS, Matching
from bot.questions import Understanding
from bot.responder import open_responder

GOLDEN = """\
- {ask: how many folks showed up, expect: forum/participants}
- {ask: share of women among the keepers, expect: forum/women}
- {ask: 在哪座城市举办, expect: forum/place}
- {ask: how much is there for repairing towers, expect: measures/fund}
- {ask: attendance of the second session, expect: nothing}
- {ask: what did the hotel cost, expect: nothing}
"""

HIDDEN = {
    "forum/women": ("en", "percentage of women"),
    "measures/lamps": ("en", "amber lamps"),
    "forum/place": ("zh", "在哪个城市开的"),
    "next/place": ("en", "venue of the next forum"),
    "forum/participants": ("en", "headcount of the third session"),
    "forum/dates": ("en", "what year was it"),
}

Values = Mapping[str, Mapping[str, float]]


def signals(index: Index, text: str, language: str, hidden: list[Row]) -> Values:
    """Every signal of every entry for a question, with some wordings treated as if they were not there."""
    left = IndexWithout(index, hidden) if hidden else index
    found = Matching(left).signals(Understanding(left).read(text, language), learned={})
    return {s.entry.name: dict(zip(SIGNALS, s.values, strict=True)) for s in found}


def without(home: Path, folder: Path, fact: str, language: str, text: str, entry_too: bool) -> Path:
    """A home like another, without a wording or without the whole fact."""
    copy = Path(shutil.copytree(home, folder, ignore=shutil.ignore_patterns(".reportbot")))
    path = copy / "knowledge" / "facts" / f"{fact}.yaml"
    if entry_too:
        path.unlink()
    else:
        path.write_text(path.read_text(encoding="utf-8").replace(f"    - {text}\n", "", 1), encoding="utf-8")
    return copy


@pytest.fixture(scope="module", params=["a wording", "a whole fact"])
def hidden_and_removed(
    request: pytest.FixtureRequest, still_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[Values, Values]]:
    """The signals with something hidden, beside those of an index built without it."""
    pairs, entry_too = [], request.param == "a whole fact"
    whole = open_responder(still_home)
    for fact, (language, text) in HIDDEN.items():
        rows = [row for row in whole.index.wordings() if whole.index.entry(row[1]).name == fact]
        hidden = rows if entry_too else [row for row in rows if row[3] == text]
        assert hidden
        built = open_responder(without(still_home, tmp_path_factory.mktemp("without") / "home", fact, language, text, entry_too))
        pairs.append((signals(whole.index, text, language, hidden), signals(built.index, text, language, [])))
        built.close()
    whole.close()
    return pairs


def test_hiding_finds_the_entries_that_removing_finds(hidden_and_removed: list[tuple[Values, Values]]) -> None:
    for hidden, removed in hidden_and_removed:
        assert set(hidden) == set(removed)


def test_no_signal_knows_of_what_is_hidden(hidden_and_removed: list[tuple[Values, Values]]) -> None:
    leaks: dict[str, float] = {}
    for hidden, removed in hidden_and_removed:
        for name in hidden.keys() & removed.keys():
            for signal, value in hidden[name].items():
                leaks[signal] = max(leaks.get(signal, 0.0), round(abs(value - removed[name][signal]), 6))
    assert {signal: leak for signal, leak in leaks.items() if leak} == {}


def kept(home: Path) -> bytes:
    """What `calibrate` keeps in a home."""
    return (home / "knowledge" / "calibration.json").read_bytes()


def test_another_process_learns_the_same_bytes_from_the_knowledge(reportbot: Command, still_home: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(TINY, tmp_path / "home"))
    run = reportbot("calibrate", home=home)
    assert (run.returncode, run.stderr) == (0, "")
    assert kept(home) == kept(still_home)


def test_learning_twice_from_golden_questions_gives_the_same_bytes(home: Path) -> None:
    path = home / "golden.yaml"
    path.write_text(GOLDEN, encoding="utf-8")
    learned = []
    for _ in range(2):
        assert main(["--home", str(home), "calibrate", str(path)]) == 0
        learned.append(kept(home))
    assert learned[0] == learned[1]


def test_what_was_learned_is_what_readers_get(home: Path) -> None:
    stored = json.loads((home / "knowledge" / "calibration.json").read_text(encoding="utf-8"))["thresholds"]
    assert open_responder(home).thresholds.answer == stored["answer"]


def test_a_home_without_a_calibration_learns_one_while_it_is_built(tmp_path: Path) -> None:
    responder = open_responder(shutil.copytree(TINY, tmp_path / "home"))
    limits = responder.thresholds
    assert 0 < limits.choice <= limits.answer <= 1
    assert limits.learned_from == "the knowledge itself"
    assert not (tmp_path / "home" / "knowledge" / "calibration.json").exists()


@pytest.mark.parametrize("content", ["{", "\udcff"], ids=["torn", "no text"])
def test_a_calibration_that_cannot_be_read_is_learned_anew(home: Path, content: str) -> None:
    (home / "knowledge" / "calibration.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert open_responder(home).thresholds.learned_from == "the knowledge itself"
