"""The `calibrate` command: what was learned, how good it is, and where it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bot import golden, learning, rebuilding
from bot.judge import Judge
from bot.learning import Calibration
from bot.responder import open_responder
from bot.settings import PACKAGE, Home

_JUDGE_SAMPLE = 1000


def calibrate(home: Home, files: Sequence[Path], learn_judge: bool) -> int:
    """Learn thresholds (and, with `learn_judge`, the shipped weights), store them, rebuild, and print how they do.

    Raises GoldenError when a file cannot be read.
    """
    questions = golden.read(files)
    if learn_judge:
        _learn_judge(home, questions)
    if questions:
        learned = _from_questions(home, questions, ", ".join(p.name for p in files))
    else:
        (home.folder / "knowledge" / learning.CALIBRATION).unlink(missing_ok=True)
        learned = _now(home)
    path = learning.store(home.folder, learned)
    rebuilding.rebuild(home)
    found = learned.thresholds
    print(f"learned from {found.learned_from}: answer from {found.answer}, choice from {found.choice}")
    print(f"in scope accepted {found.accepted:.3f}, out of scope refused {found.refused:.3f}, AUROC {found.auroc:.3f}")
    print(f"kept in {path}")
    return 0


def _learn_judge(home: Home, questions: Sequence[golden.Golden]) -> None:
    responder = open_responder(home.folder)
    left_out = learning.leave_outs(responder.index, responder.judge, _JUDGE_SAMPLE, kinds=("fact", "gap"))
    known = [sample for sample in left_out if sample.right]
    asked = golden.samples(responder, questions)
    learning.store_judge(PACKAGE / "judge.json", learning.fit_doubts(learning.fit(asked, known), asked))
    responder.close()


def _from_questions(home: Home, questions: Sequence[golden.Golden], names: str) -> Calibration:
    now = _now(home)
    responder = open_responder(home.folder)
    samples = golden.samples(responder, questions)
    responder.close()
    return replace(now, thresholds=learning.thresholds(samples, names))


def _now(home: Home) -> Calibration:
    """The calibration of the index as it is rebuilt now."""
    rebuilding.rebuild(home)
    responder = open_responder(home.folder)
    judge = responder.judge if responder.index.meta("classifier") else Judge.shipped()
    found = Calibration(judge, responder.thresholds, bool(responder.index.meta("classifier")))
    responder.close()
    return found
