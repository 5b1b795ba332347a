"""A folder that changed becomes a new index, if nothing in it would mislead a reader."""

from __future__ import annotations

import contextlib
import gc
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from bot import building, check, freshness, knowledge, learning, selflearning
from bot.building import Progress
from bot.facts import Knowledge, Problem
from bot.index import Index
from bot.settings import Home


def rebuild(home: Home, index: Index | None = None, progress: Progress | None = None) -> list[Problem]:
    """Build the index of `home` and put it in place of the old one.

    Returns the problems of form and evidence. While there are some and `index` still serves, nothing is built; with no
    index to fall back on, the facts and gaps without a problem are built.
    """
    stamp, fingerprint = freshness.stamp(home.folder), freshness.fingerprint(home.folder)
    known, problems = knowledge.read(home.folder)
    problems += check.evidence(known)
    if problems and (index is not None or not known.reports):
        return problems
    build(home, _without(known, problems), {"stamp": stamp, "fingerprint": fingerprint}, progress)
    return problems


def build(home: Home, known: Knowledge, marks: dict[str, object], progress: Progress | None = None) -> None:
    """Write, calibrate and publish the index of `known`; readers see the old one or the whole new one."""
    home.index.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".index-", suffix=".db", dir=home.index.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        with _without_collecting():
            building.write(known, temporary, progress)
        building.add_meta(temporary, marks)
        learned = learning.stored(home.folder)
        if learned is None:
            learned = selflearning.calibrate(temporary)
        elif learned.classifier:
            selflearning.add_classifier(temporary)
        building.add_meta(
            temporary, {"judge": asdict(learned.judge), "thresholds": asdict(learned.thresholds), "classifier": learned.classifier}
        )
        building.publish(temporary, home.index)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """Without looking for cycles, of which a build makes none: with its millions of objects that takes a tenth of its time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _without(known: Knowledge, problems: list[Problem]) -> Knowledge:
    paths = {p.path for p in problems}
    return replace(
        known,
        facts=tuple(f for f in known.facts if f.path not in paths),
        gaps=tuple(g for g in known.gaps if g.path not in paths),
    )
