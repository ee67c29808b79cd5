"""`reset-or`: opens the application, or runs one command.

Exit codes: 0 done, 1 refused with a reason, 2 wrong usage, 3 environment (disk, network, keyring),
4 trust broken. Errors go to standard error in words, with `--json` to standard output as one object.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from reset_or import __version__
from reset_or.base.errors import ResetOrError, UsageError
from reset_or.base.files import disk_errors
from reset_or.base.words import LANGUAGES, say
from reset_or.cli.refusal import refuse

COMMANDS: Final = (
    "check", "enrol", "case", "reading", "sign", "photo", "specimen", "dicom", "import", "sync", "status",
    "verify", "report", "doctor", "settings", "centre", "erase-sign", "renew", "holds",
)  # fmt: skip

PHOTO_ACTS: Final = frozenset({
    "add", "list", "show", "calibrate", "measure", "look-again", "undo", "export", "card", "labels",
})  # fmt: skip
_WITH_VALUE: Final = frozenset({"--home", "--language"})


class _Parser(argparse.ArgumentParser):
    """Wrong usage as our own error, so that it reads like every other refusal.

    Options are not abbreviated: `--password x` would be taken for `--password-file x` and the secret be
    repeated in the error as a file's name.
    """

    def __init__(self, **said: Any) -> None:
        super().__init__(**(said | {"allow_abbrev": False}))

    def error(self, message: str) -> NoReturn:
        raise UsageError("wrong_usage", message=message, usage=self.format_usage().strip())


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; without one, opens the application. Never shows a stack trace."""
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(given)
    except ResetOrError as error:
        return _refuse(error, given)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except OSError as error:  # a file named on the command line, or the disk itself
        return _refuse(_named(error), given)
    except KeyboardInterrupt:
        return 130


def _named(error: OSError) -> ResetOrError:
    try:
        with disk_errors():
            raise error
    except ResetOrError as named:
        return named


def _run(given: list[str]) -> int:
    if not command_of(given) and not {"-h", "--help", "--version"} & set(given):
        return _open_application(given)
    given = _spelled_out(given)
    args = build_parser(given).parse_args(given)
    module = importlib.import_module(f"reset_or.cli.{_module(args.command)}")
    code: int = module.run(args)
    return code


def _spelled_out(given: list[str]) -> list[str]:
    """`photo SS-NNNN FILE` is the older form of `photo add SS-NNNN FILE`."""
    if command_of(given) != "photo" or set(given) & (PHOTO_ACTS | {"-h", "--help"}):
        return given
    place = given.index("photo") + 1
    return [*given[:place], "add", *given[place:]]


def command_of(given: Sequence[str]) -> str:
    """The first word that is no option nor an option's value, known or not; a data folder may well be
    called `sync`."""
    words = iter(given)
    for word in words:
        if word in _WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""


def build_parser(given: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The parser of all commands; only the command that is meant is imported, to start quickly."""
    parser = _Parser(prog="reset-or", description=say("cli.description", "en"))
    parser.add_argument("--version", action="version", version=f"RESET-OR {__version__}")
    common = _Parser(add_help=False)
    for each, fallback in ((parser, None), (common, argparse.SUPPRESS)):
        _add_everywhere(each, fallback)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    meant = command_of(given)
    for name in (meant,) if meant in COMMANDS else COMMANDS:
        made = importlib.import_module(f"reset_or.cli.{_module(name)}").add_parser(commands)
        _add_common(made, common)
    return parser


def _add_everywhere(parser: argparse.ArgumentParser, suppressed: str | None) -> None:
    """The options of every command. `suppressed` keeps a value that stood before the command's name."""
    language, no = suppressed or "en", suppressed or False
    parser.add_argument("--home", metavar="DIR", default=suppressed, help=say("cli.help_home", "en"))
    parser.add_argument(
        "--language", choices=LANGUAGES, default=language, help=say("cli.help_language", "en")
    )
    parser.add_argument("--json", action="store_true", default=no, help=say("cli.help_json", "en"))
    parser.add_argument(
        "--no-keyring", action="store_true", default=no, help=say("cli.help_no_keyring", "en")
    )


def _add_common(made: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """--home, --json and the like are understood before and after every command's name."""
    known = {option for action in made._actions for option in action.option_strings}
    for action in common._actions:
        if not known & set(action.option_strings):
            made._add_action(action)
    for sub in made._actions:
        if isinstance(sub, argparse._SubParsersAction):
            for inner in sub.choices.values():
                _add_common(inner, common)


def _module(command: str) -> str:
    return "import_" if command == "import" else command.replace("-", "_")


def _open_application(given: list[str]) -> int:
    """The screens register themselves as an entry point: without them the command line still works."""
    from importlib.metadata import entry_points

    for screens in entry_points(group="reset_or.screens"):
        code: int = screens.load()(given)
        return code
    raise UsageError("screens_missing")


def _refuse(error: ResetOrError, given: list[str]) -> int:
    return refuse(error, "zh" if "zh" in given else "en", as_json="--json" in given)


if __name__ == "__main__":
    sys.exit(main())
