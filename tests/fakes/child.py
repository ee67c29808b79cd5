"""A server of the tests in a process of its own, so that measuring it does not measure the test."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def serving_module(module: str, *words: str) -> Iterator[str]:
    """Runs `python -m module words`; gives the URL that it prints. It must end with its stdin."""
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-m", module, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=root, env=os.environ | {"PYTHONPATH": str(root)},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.communicate()
