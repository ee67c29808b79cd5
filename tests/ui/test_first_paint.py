"""What may be imported before the unlock window has painted: the standard library and PySide6's widgets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "sqlalchemy", "sqlcipher3", "httpx", "pydicom", "reportlab", "keyring", "cryptography", "argon2",
    "pyrage", "numpy", "PIL", "pikepdf", "alembic", "truststore", "zxcvbn", "asyncio", "starlette",
)  # fmt: skip
PROGRAM = """
import json, sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from reset_or.base.lanes import InlineLanes
from reset_or.workspace import Settings, Tile
from reset_or.workspace.settings import save_settings
from reset_or.base.paths import Home
home = Home(Path(sys.argv[1]))
home.root.mkdir()
save_settings(home, Settings(study="S", site="03", people=(Tile("wang", "or_nurse", "Wang Min"),)))

class Held:
    "Work is handed in and never run, so that what it would import cannot be mistaken for the start's."
    def __init__(self): self.work = []
    def run(self, lane, work, done=None, failed=None): self.work.append(work)
    def call(self, lane, work): raise AssertionError

from ui.app import start
app = QApplication([])
held = Held()
started = start(app, home.root, lanes=held, touch=False)
seen = []
started.window.painted.connect(lambda: (seen.append(sorted(sys.modules)), app.quit()))
app.exec()
tiles = [tile.text() for tile in started.window.page._tiles.values()]
print(json.dumps({"modules": seen[0], "tiles": tiles, "held": len(held.work)}))
"""


def test_nothing_heavy_is_imported_before_the_first_paint(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "home")],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    said = json.loads(done.stdout)
    tops = {name.partition(".")[0] for name in said["modules"]}
    assert not tops & set(HEAVY)
    qt = {name for name in said["modules"] if name.startswith("PySide6.Qt")}
    assert qt <= {"PySide6.QtCore", "PySide6.QtGui", "PySide6.QtWidgets", "PySide6.QtSvg"}
    assert said["tiles"] == ["Wang Min"]
    assert said["held"] >= 2, "looking at the device and warming up begin after the paint"
