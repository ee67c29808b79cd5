"""The only place that wires the parts together: one installation, from its folder to its open store.

Screens, commands and tests talk to `Workspace`; actions get the `Context` it fills. Nothing heavy is
imported before `probe` or `unlock` is called.
"""

from __future__ import annotations

from reset_or.workspace.core import Probe, Theatre, Workspace
from reset_or.workspace.settings import Settings, Tile

__all__ = ["Probe", "Settings", "Theatre", "Tile", "Workspace"]
