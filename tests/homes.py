"""Where the homes stand that the tests ask, and what the command gives back."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TINY = ROOT / "tests" / "tiny"

Command = Callable[..., subprocess.CompletedProcess[str]]
