"""`python -m reset_or.cli`, and the entry of the frozen programs of the installer.

Four hidden ways in stand before the commands: the sandboxed decoder of photographs, the process of the
camera, the children of `multiprocessing`, and `--self-check`, by which a built folder shows that everything
it needs is in it.
"""

from __future__ import annotations

import multiprocessing
import sys


def main() -> int:
    multiprocessing.freeze_support()
    if sys.argv[1:2] == ["--decoder-child"]:
        from reset_or.images import decoder_child

        return decoder_child.main()
    if sys.argv[1:2] == ["--camera-child"]:
        from reset_or.images import capture_child

        return capture_child.main()
    if sys.argv[1:2] == ["--self-check"]:
        from reset_or.cli.self_check import self_check

        return self_check()
    from reset_or.cli.main import main as commands

    return commands()


if __name__ == "__main__":
    sys.exit(main())
