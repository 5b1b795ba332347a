"""The house's plan: which module may import which, and which library lives in which room."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

BOT = Path(__file__).resolve().parent.parent / "bot"

# A module of bot/ and what it may import of bot/. Imports point up in this table, and so down in the house.
MAY_IMPORT = {
    # words
    "facts": "",
    "settings": "",
    "numbers": "",
    "labels": "numbers",
    "analysis": "numbers",
    "naming": "analysis",
    "asks": "analysis naming",
    "answers": "facts",
    # rooms
    "sources": "facts",
    "freshness": "settings",
    "variants": "",
    "knowledge": "facts settings sources",
    "check": "analysis facts labels numbers",
    "classifier": "analysis",
    "traits": "asks facts",
    "counting": "analysis",
    "lexicon": "counting",
    "index": "analysis asks classifier facts freshness lexicon naming",
    "passages": "index",
    "leaving": "analysis counting index lexicon traits",
    "building": "analysis asks counting facts freshness index naming sources traits variants",
    "inbox": "",
    "journal": "",
    # judgement
    "questions": "analysis asks index",
    "matching": "index questions",
    "judge": "index matching settings",
    "search": "index passages questions",
    "fitting": "",
    "learning": "fitting index judge leaving matching questions",
    "selflearning": "classifier index judge learning leaving",
    "rebuilding": "building check facts freshness index knowledge learning selflearning settings",
    # the one path
    "catalogue": "answers facts index judge labels passages",
    "composing": "answers catalogue facts judge labels",
    "responder": "answers catalogue composing facts freshness index judge matching questions rebuilding search settings",
    "golden": "answers judge learning responder",
    "calibrating": "golden index judge learning rebuilding responder selflearning settings",
    # doors
    "batch": "responder",
    "explaining": "answers judge matching questions responder",
    "terminal": "answers facts golden responder search",
    "chatting": "labels responder settings terminal",
    "handlers": "answers facts freshness inbox journal knowledge labels responder settings",
    "running": "handlers inbox journal responder settings",
    "cli": "batch building calibrating chatting check explaining golden index knowledge labels rebuilding responder running "
    "settings terminal",
    "__main__": "cli",
    "__init__": "",
}

# A library, and the only modules that know it.
ROOMS = {
    "Stemmer": "analysis",
    "opencc": "variants",
    "pypinyin": "variants",
    "rapidfuzz": "matching questions search",
    "sqlite3": "building classifier inbox index journal lexicon selflearning",
    "sqlite_utils": "building inbox journal",
    "telegram": "handlers running",
    "yaml": "golden knowledge",
}


def modules() -> list[str]:
    """Every module of bot/; handlers, a package, counts as one."""
    return sorted({path.relative_to(BOT).with_suffix("").parts[0] for path in BOT.rglob("*.py")})


def imported(module: str) -> Iterator[str]:
    """Every name that a module imports anywhere, also within functions."""
    folder = BOT / module
    for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module == "bot":
                yield from (f"bot.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: imports say whole names"
                yield str(node.module)


def test_every_module_has_its_place_in_the_plan() -> None:
    assert modules() == sorted(MAY_IMPORT)


@pytest.mark.parametrize("module", MAY_IMPORT)
def test_a_module_imports_only_what_the_plan_allows(module: str) -> None:
    own = {name.split(".")[1] for name in imported(module) if name.startswith("bot.")} - {module}
    assert own <= set(MAY_IMPORT[module].split())


@pytest.mark.parametrize("module", MAY_IMPORT)
def test_the_plan_points_one_way_only(module: str) -> None:
    above = list(MAY_IMPORT)[: list(MAY_IMPORT).index(module)]
    assert set(MAY_IMPORT[module].split()) <= set(above)


@pytest.mark.parametrize("library", ROOMS)
def test_a_library_is_known_in_its_own_room_only(library: str) -> None:
    knowing = {module for module in modules() if any(name.split(".")[0] == library for name in imported(module))}
    assert knowing <= set(ROOMS[library].split())


def test_an_answer_from_a_ready_index_loads_no_heavy_library(still_home: Path) -> None:
    program = (
        "import json, sys; from bot.cli import main; "
        f"main(['--home', {str(still_home)!r}, 'ask', 'how many people came']); print(json.dumps(sorted(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=BOT.parent, capture_output=True, encoding="utf-8", check=True)
    *reply, loaded = run.stdout.splitlines()
    heavy = [
        "telegram",
        "sqlite_utils",
        "yaml",
        "opencc",
        "pypinyin",
        "numpy",
        "scipy",
        "sklearn",
        "pydantic",
        "rich",
        "bot.building",
        "bot.knowledge",
        "bot.running",
    ]
    assert "1,200 keepers" in reply[0]
    assert set(heavy) & set(json.loads(loaded)) == set()
