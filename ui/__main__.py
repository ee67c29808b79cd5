"""`python -m ui` opens the application."""

from __future__ import annotations

import sys

from reset_or.base.errors import ResetOrError
from reset_or.base.words import explain
from ui.app import main

if __name__ == "__main__":
    try:
        sys.exit(main())
    except ResetOrError as error:
        sys.stderr.write("\n".join(explain(error, "en")) + "\n")
        sys.exit(error.exit_code)
