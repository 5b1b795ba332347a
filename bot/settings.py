"""What differs between deployments: folders, tokens, addresses."""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


class SettingsError(Exception):
    """A setting that cannot be used; the message says which and why."""


def default_home() -> Path:
    """The folder with `knowledge/` and `seeds/`: the checkout around the package, or the copy inside it."""
    checkout = PACKAGE.parent
    return checkout if (checkout / "knowledge").is_dir() and (checkout / "seeds").is_dir() else PACKAGE / "home"


@dataclass(frozen=True)
class Home:
    """One folder of knowledge, and where its index is kept."""

    folder: Path
    index: Path

    @classmethod
    def at(cls, folder: Path | str | None = None, environ: Mapping[str, str] = os.environ) -> Home:
        """The home at `folder`, else at REPORTBOT_HOME, else the default one.

        The index stands in the home; where that cannot be written, in a cache folder of the user.
        Raises SettingsError when the folder has no `knowledge/`.
        """
        place = Path(folder or environ.get("REPORTBOT_HOME") or default_home()).expanduser().resolve()
        if not (place / "knowledge").is_dir():
            raise SettingsError(f"no knowledge/ folder in {place}")
        own = place / ".reportbot"
        if (own if own.is_dir() else place) and os.access(own if own.is_dir() else place, os.W_OK):
            return cls(place, own / "index.db")
        name = f"{place.name}-{zlib.crc32(os.fsencode(place)):08x}"
        return cls(place, cache_folder(environ) / name / "index.db")


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The user's cache folder for what can be made again."""
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reportbot"


def state_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the journal and the inbox: REPORTBOT_STATE, systemd's, or the user's."""
    named = environ.get("REPORTBOT_STATE") or environ.get("STATE_DIRECTORY")
    if named:
        return Path(named).expanduser()
    return Path(environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "reportbot"


@dataclass(frozen=True)
class Secret:
    """A text that never shows itself in a log or an error."""

    value: str = field(repr=False)


def secret(name: str, environ: Mapping[str, str] = os.environ) -> Secret | None:
    """The secret NAME: from the variable, the file in NAME_FILE, systemd's credentials, or /run/secrets.

    Raises SettingsError when a named file cannot be read or is empty.
    """
    if environ.get(name, "").strip():
        return Secret(environ[name].strip())
    places = []
    if environ.get(f"{name}_FILE"):
        places.append((Path(environ[f"{name}_FILE"]), True))
    if environ.get("CREDENTIALS_DIRECTORY"):
        places.append((Path(environ["CREDENTIALS_DIRECTORY"]) / name, False))
    places.append((Path("/run/secrets") / name, False))
    for path, named in places:
        if not named and not path.exists():
            continue
        try:
            value = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{name}: cannot read {path}: {error.__class__.__name__}") from None
        if not value:
            raise SettingsError(f"{name}: {path} is empty")
        return Secret(value)
    return None
