"""The Dockerfile's steps, done one after the other in empty folders, end with a bot that answers."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import pytest

from bot.cli import _parser

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
OFFLINE = re.compile(r"NewConnectionError|NameResolutionError|ConnectTimeout|Network is unreachable|Temporary failure")


def steps() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile and what follows each."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    kept = "\n".join(line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    words = (line.partition(" ") for line in kept.replace("\\\n", " ").splitlines())
    return [(keyword, rest.strip()) for keyword, _, rest in words]


@dataclass
class Stage:
    """One stage of the Dockerfile, with its root in a folder instead of in a container."""

    root: Path
    workdir: str = "/"
    env: dict[str, str] = field(default_factory=dict)

    def at(self, path: str) -> Path:
        return self.root / os.path.normpath(os.path.join(self.workdir, path)).lstrip("/")

    def rooted(self, text: str) -> str:
        """A text whose absolute paths are below this root."""
        return re.sub(r"(?<![\w/.])/(?=\w)", f"{self.root}/", text)

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("REPORTBOT_", "PYTHON"))}
        env = {**outside, "PATH": path, **{name: self.rooted(value) for name, value in self.env.items() if name != "PATH"}}
        return subprocess.run(command, cwd=self.at("."), env=env, capture_output=True, encoding="utf-8", check=False)

    def copy(self, sources: list[str], target: str, origin: Stage | None) -> None:
        for source in sources:
            found = origin.at(source) if origin else ROOT / source
            place = self.at(target) if found.is_dir() else self.at(target) / found.name
            if found.is_dir():
                shutil.copytree(found, place, symlinks=True, ignore=shutil.ignore_patterns("__pycache__", ".reportbot"))
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(found, place)


def _context_lets_through(source: str) -> bool:
    rules = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    return [not rule.startswith("!") for rule in rules if fnmatch(source, rule.lstrip("!"))][-1] is False


def _built(folder: Path) -> Stage:
    """The last stage, after every step of the Dockerfile."""
    stages: dict[str, Stage] = {}
    for keyword, rest in steps():
        words = shlex.split(rest)
        if keyword == "FROM":
            stage = stages[words[-1]] = Stage(folder / str(len(stages)))
            stage.root.mkdir()
        elif keyword == "WORKDIR":
            stage.workdir = rest
            stage.at(".").mkdir(parents=True, exist_ok=True)
        elif keyword == "ENV":
            stage.env |= dict(word.split("=", 1) for word in words)
        elif keyword == "COPY":
            origin = [stages[word.partition("=")[2]] for word in words if word.startswith("--from=")]
            *sources, target = [word for word in words if not word.startswith("--")]
            assert origin or all(map(_context_lets_through, sources))
            stage.copy(sources, target, origin[0] if origin else None)
        elif keyword == "RUN":
            ended = stage.run(["sh", "-ec", stage.rooted(re.sub(r"--mount=\S+ ", "", rest))])
            if ended.returncode and OFFLINE.search(ended.stdout + ended.stderr):
                pytest.skip("no package index in reach")
            assert ended.returncode == 0, f"{rest}\n{ended.stdout}{ended.stderr}"
    for earlier in list(stages.values())[:-1]:
        shutil.rmtree(earlier.root)
    return stage


def test_the_steps_of_the_dockerfile_end_with_a_bot_that_answers(tmp_path: Path) -> None:
    image = _built(tmp_path)
    program, command = (json.loads(rest) for keyword, rest in steps() if keyword in {"ENTRYPOINT", "CMD"})
    assert _parser().parse_args(command)
    place = image.at(image.env["PATH"].partition(":")[0])
    ended = image.run([str(place / "python"), str(place / program[0]), "ask", "--json", "How many people attended WUF11?"])
    assert ended.returncode == 0, ended.stderr
    reply = json.loads(ended.stdout)
    assert (reply["status"], reply["citations"][0]["paragraph"]) == ("answer", "6")
