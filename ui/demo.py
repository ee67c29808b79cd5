"""`make run`: opens the application on the demo study, or without a display drives it and leaves pictures.

Both are one path: the same demo, the same window, the same pages. `--tour` drives it even with a display.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from reset_or.base.errors import ResetOrError
from reset_or.base.words import explain, say
from reset_or.workspace.demo import Demo, open_demo


def main(argv: list[str] | None = None) -> int:
    given = _options(argv)
    headless = given.tour or not _has_display()
    if headless:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    folder = given.data
    if headless:  # the tour starts from the same cases every time, and leaves a person's own demo alone
        folder = given.output / "data"
        shutil.rmtree(given.output, ignore_errors=True)
    try:
        demo = open_demo(folder, tell=lambda code: print(say(f"demo.{code}", "en"), flush=True))
    except ResetOrError as error:
        print("\n".join(explain(error, "en")), file=sys.stderr)
        return error.exit_code
    try:
        return _drive(demo, given.output) if headless else _open(demo)
    finally:
        demo.stop()


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ui.demo", description=say("demo.description", "en"))
    parser.add_argument("--data", type=Path, default=Path("demo-data"), help=say("demo.help_data", "en"))
    parser.add_argument(
        "--output", type=Path, default=Path("demo-output"), help=say("demo.help_output", "en")
    )
    parser.add_argument("--tour", action="store_true", help=say("demo.help_tour", "en"))
    return parser.parse_args(argv)


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open(demo: Demo) -> int:
    from ui import app

    return app.main(["--home", str(demo.theatre.root)])


def _drive(demo: Demo, output: Path) -> int:
    from ui.demo_tour import tour

    for line in tour(demo, output):
        print(line, flush=True)
    print(say("demo.left", "en", folder=str(output)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
