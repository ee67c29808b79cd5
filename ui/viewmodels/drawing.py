"""What a person draws on a photograph before it is saved: paths of points, and undo of every step.

Points are px of the upright picture. Knows no length and no rule: two points end a segment of the ruler, and
a path ends when its drawer says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

Point = tuple[float, float]
Path = tuple[Point, ...]
SEGMENTS: Final = ("ruler", "check")
_NONE: Final[Mapping[str, Path]] = MappingProxyType({})


@dataclass(frozen=True)
class Mark:
    """One path on the photograph. `code` (proximal, distal, tumour, ruler, check) owns the colour; `label`
    stands at the path's middle, `numbers` beside its points."""

    code: str
    points: Path
    label: str = ""
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drawn:
    """One state of the drawing. `ended`: paths that take no further point; `chosen`: the point picked last,
    -1 for none."""

    code: str = ""
    paths: Mapping[str, Path] = field(default_factory=lambda: _NONE)
    ended: frozenset[str] = frozenset()
    chosen: int = -1

    @property
    def path(self) -> Path:
        return self.paths.get(self.code, ())

    @property
    def is_ended(self) -> bool:
        return self.code in self.ended

    def with_path(self, path: Path, chosen: int) -> Drawn:
        paths = {**self.paths, self.code: path} if path else {
            code: kept for code, kept in self.paths.items() if code != self.code
        }  # fmt: skip
        return replace(self, paths=MappingProxyType(paths), chosen=chosen)


class Drawing:
    """The present state and those before it. Every act but choosing can be undone."""

    def __init__(self) -> None:
        self.now = Drawn()
        self._before: list[Drawn] = []
        self._dragging = False

    def choose(self, code: str, chosen: int = -1) -> None:
        """Go on with another path, or pick a point of one."""
        self.now = replace(self.now, code=code, chosen=chosen)

    def place(self, point: Point) -> None:
        """A further point; refused by doing nothing where the path has ended."""
        if self.now.is_ended or not self.now.code or point == (self.now.path or ((),))[-1]:
            return
        path = (*self.now.path, point)
        self._put(self.now.with_path(path, len(path) - 1))
        if self.now.code in SEGMENTS and len(path) == 2:
            self.now = replace(self.now, ended=self.now.ended | {self.now.code})

    def drag(self, index: int, point: Point) -> None:
        """Put the point elsewhere. All steps until `let_go` are one to undo."""
        path = self.now.path
        if not 0 <= index < len(path):
            return
        if not self._dragging:
            self._before.append(self.now)
            self._dragging = True
        self.now = self.now.with_path((*path[:index], point, *path[index + 1 :]), index)

    def let_go(self) -> None:
        """The drag is over."""
        self._dragging = False

    def remove(self) -> None:
        """Takes the picked point away, or else the last one; the path is open again."""
        path = self.now.path
        if not path:
            return
        index = self.now.chosen if 0 <= self.now.chosen < len(path) else len(path) - 1
        left = (*path[:index], *path[index + 1 :])
        self._put(replace(self.now.with_path(left, len(left) - 1), ended=self.now.ended - {self.now.code}))

    def end(self) -> bool:
        """No further point; False where there is no path of two points yet."""
        if len(self.now.path) < 2:
            return False
        if not self.now.is_ended:
            self._put(replace(self.now, ended=self.now.ended | {self.now.code}, chosen=-1))
        return True

    def clear(self, *codes: str) -> None:
        """Drops whole paths; a step to undo."""
        kept = {code: path for code, path in self.now.paths.items() if code not in codes}
        if len(kept) != len(self.now.paths):
            self._put(
                replace(self.now, paths=MappingProxyType(kept), ended=self.now.ended - set(codes), chosen=-1)
            )

    def saved(self, *codes: str) -> None:
        """These paths stand in the store now; there is nothing of them left to undo here."""
        self.clear(*codes)
        self._before.clear()

    @property
    def can_undo(self) -> bool:
        return bool(self._before)

    @property
    def begun(self) -> bool:
        """Points stand, or could be brought back."""
        return bool(self.now.paths) or self.can_undo

    def undo(self) -> bool:
        """The state before the last step; False where there is none."""
        if not self._before:
            return False
        self.now = self._before.pop()
        return True

    def reset(self) -> None:
        self.now = Drawn()
        self._before.clear()

    def _put(self, drawn: Drawn) -> None:
        if drawn != self.now:
            self._before.append(self.now)
            self.now = drawn
