"""The homes that the tests ask: the shipped one and a tiny one of its own; and the command as a process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from homes import ROOT, TINY, Command

from bot.cli import main
from bot.responder import Responder, open_responder


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a user who has set nothing, with folders of their own."""
    folder = tmp_path_factory.mktemp("user")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("REPORTBOT_", "XDG_", "PYTHON"))}
    return kept | {"XDG_CACHE_HOME": str(folder / "cache"), "XDG_STATE_HOME": str(folder / "state"), "PYTHONUTF8": "1"}


@pytest.fixture(scope="session")
def reportbot(environment: dict[str, str]) -> Command:
    """Runs the real command in a process: `reportbot("ask", "…", home=folder, stdin="…", env={…})`."""

    def run(
        *arguments: str, home: Path | None = None, stdin: str = "", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        where = ["--home", str(home)] if home else []
        return subprocess.run(
            [sys.executable, "-m", "bot", *where, *arguments],
            cwd=ROOT, env=environment | (env or {}), input=stdin, capture_output=True, encoding="utf-8", timeout=60, check=False,
        )  # fmt: skip

    return run


@pytest.fixture(scope="session")
def still_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny home that no test changes: a report on lighthouses, eight facts and two gaps, calibrated and indexed."""
    folder = Path(shutil.copytree(TINY, tmp_path_factory.mktemp("still") / "home"))
    assert main(["--home", str(folder), "calibrate"]) == 0
    open_responder(folder).close()
    return folder


@pytest.fixture
def home(still_home: Path, tmp_path: Path) -> Path:
    """The tiny home for a test to change, not indexed yet."""
    return Path(shutil.copytree(still_home, tmp_path / "home", ignore=shutil.ignore_patterns(".reportbot")))


@pytest.fixture(scope="session")
def tiny(still_home: Path) -> Iterator[Responder]:
    """Answers from the tiny home."""
    responder = open_responder(still_home)
    yield responder
    responder.close()


@pytest.fixture(scope="session")
def shipped() -> Iterator[Responder]:
    """Answers from the knowledge of this repository."""
    responder = open_responder(ROOT)
    yield responder
    responder.close()
