"""Whether an index still says what its folder says: by size and time first, by content when those differ."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from bot.settings import PACKAGE, default_home

INHERITED = ("languages.yaml", "topics.yaml", "phrases", "synonyms")
_SUFFIXES = (".yaml", ".yml", ".txt", ".json")
_CODE = (
    "analysis.py",
    "asks.py",
    "building.py",
    "classifier.py",
    "counting.py",
    "index.py",
    "judge.json",
    "judge.py",
    "lexicon.py",
    "naming.py",
    "numbers.py",
    "sources.py",
    "traits.py",
    "variants.py",
)


def files(home: Path) -> list[str]:
    """Every file that an index of `home` is made from, sorted: knowledge, seeds, and what is inherited."""
    found = [*_below(str(home / "knowledge")), *_below(str(home / "seeds"))]
    default = default_home()
    if home != default:
        for name in INHERITED:
            if not (home / "knowledge" / name).exists():
                found += _below(str(default / "knowledge" / name))
    return sorted(found)


@cache
def code_signature() -> str:
    """The content of the code that makes and reads an index: an index is read only by the code that made it."""
    mark = 0
    for name in _CODE:
        mark = zlib.crc32((PACKAGE / name).read_bytes(), mark)
    return f"{mark:08x}"


def stamp(home: Path) -> str:
    """A quick mark of the files: it changes whenever one is touched, and sometimes when none has changed."""
    crc, adler = 0, 1
    for path in files(home):
        try:
            state = os.stat(path)
        except OSError:
            continue
        line = f"{path}\0{state.st_size}\0{state.st_mtime_ns}\0{state.st_ino}\n".encode("utf-8", "surrogateescape")
        crc, adler = zlib.crc32(line, crc), zlib.adler32(line, adler)
    return f"{crc:08x}{adler:08x}"


def fingerprint(home: Path) -> str:
    """The content of the files, wherever the folder stands and whenever it was written."""
    import hashlib

    mark = hashlib.sha256()
    for path in files(home):
        try:
            content = Path(path).read_bytes()
        except OSError:
            continue
        name = os.path.relpath(path, home) if path.startswith(str(home)) else os.path.basename(path)
        mark.update(f"{name}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
        mark.update(content)
    return mark.hexdigest()


def _below(path: str) -> Iterator[str]:
    if os.path.isfile(path):
        yield path
        return
    try:
        with os.scandir(path) as listing:
            children = list(listing)
    except OSError:
        return
    for child in children:
        if child.is_dir():
            yield from _below(child.path)
        elif child.name.endswith(_SUFFIXES):
            yield child.path
