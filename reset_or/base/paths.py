"""Where an installation keeps its files. Knows names and folders, no contents.

`--home DIR` of every command names the data folder; without it the platform's own place is used.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path


def default_home() -> Path:
    """The data folder of this operating-system account."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local"))) / "RESET-OR"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "RESET-OR"
    return Path(os.environ.get("XDG_DATA_HOME", str(Path.home() / ".local" / "share"))) / "reset-or"


@dataclass(frozen=True)
class Home:
    """The files of one installation, all below `root`."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "store.db"

    @property
    def slots(self) -> Path:
        return self.root / "slots.json"

    @property
    def head(self) -> Path:
        return self.root / "head"

    @property
    def lock(self) -> Path:
        return self.root / "in-use.lock"

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

    @property
    def closed_events(self) -> Path:
        """Counts of what happened while the store was closed (failed sign-ins)."""
        return self.root / "closed-events.json"

    @property
    def settings(self) -> Path:
        """Language, theme, server address: nothing clinical."""
        return self.root / "settings.json"

    @property
    def restart(self) -> Path:
        """The restart test's marker, beside the one in the store."""
        return self.root / "restart.json"

    @property
    def log(self) -> Path:
        return self.root / "log" / "reset-or.log"
