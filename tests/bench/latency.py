"""A table of what an answer costs: building the index, the first answer of a process, and the answers after it.

    python tests/bench/latency.py

Times are of this machine, CPU where it says so. Nothing in the repository changes: a copy of the knowledge is measured.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[0] = str(ROOT)

from bot import golden  # noqa: E402
from bot.responder import Conversation, open_responder  # noqa: E402

COLD_RUNS = 10
WARM_ROUNDS = 3
QUESTION = "How many people attended WUF11?"


def row(what: str, value: str) -> None:
    """One line of the table."""
    print(f"{what:44}{value:>12}", flush=True)


def cpu_of(home: Path, *arguments: str) -> float:
    """User and system seconds of one run of the command, its start included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "bot", "--home", str(home), *arguments]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def bare_python() -> float:
    """User and system seconds of a Python that does nothing."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def warm(home: Path) -> list[float]:
    """Milliseconds of every last turn of the golden questions in one process, after a first round."""
    responder = open_responder(home)
    questions = golden.read(sorted((ROOT / "tests" / "questions").glob("*.yaml")))
    taken = []
    for turn in range(WARM_ROUNDS + 1):
        for question in questions:
            conversation = Conversation()
            for earlier in question.turns[:-1]:
                responder.answer(earlier, conversation=conversation)
            started = time.perf_counter()
            responder.answer(question.turns[-1], conversation=conversation)
            if turn:
                taken.append((time.perf_counter() - started) * 1000)
    responder.close()
    return taken


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        for name in ("knowledge", "seeds"):
            shutil.copytree(ROOT / name, home / name)
        row("building the index from YAML, CPU s", f"{cpu_of(home, 'build'):.2f}")
        row("index, MB", f"{os.stat(home / '.reportbot' / 'index.db').st_size / 1e6:.1f}")
        cpu_of(home, "ask", QUESTION)
        row("bare Python, CPU ms (median of 10)", f"{statistics.median(bare_python() for _ in range(COLD_RUNS)) * 1000:.0f}")
        cold = [cpu_of(home, "ask", QUESTION) * 1000 for _ in range(COLD_RUNS)]
        row("cold `reportbot ask`, CPU ms (median of 10)", f"{statistics.median(cold):.0f}")
        taken = warm(home)
        row(f"warm answer, ms, p50 of {len(taken)}", f"{percentile(taken, 0.5):.2f}")
        row("warm answer, ms, p99", f"{percentile(taken, 0.99):.2f}")
        row("warm answer, ms, slowest", f"{max(taken):.2f}")


if __name__ == "__main__":
    main()
