"""The one error tree.

    ResetOrError
    +-- UserFixable        the person at the screen can put it right       exit code 1
    |   +-- UsageError     the command line was not understood             exit code 2
    +-- EnvironmentTrouble disk, network, keyring, another process         exit code 3
    +-- TrustBroken        bytes are not what their author signed          exit code 4
    +-- OurBug             we made a mistake; nothing the user did         exit code 70

Every error has a `code` (stable, lower snake case). Its title and advice in English and Chinese stand
under that code in `resources/translations/errors.toml`; a test checks that no code lacks its words.
Trust failures are never caught together with network failures. `details` holds ids, counts and paths,
never a clinical value or a secret: it may be logged and shown.
"""

from __future__ import annotations

from typing import ClassVar


class ResetOrError(Exception):
    """Something RESET-OR refuses or cannot do, with a stable code and harmless details."""

    exit_code: ClassVar[int] = 70

    def __init__(self, code: str, /, **details: object) -> None:
        super().__init__(code, details)
        self.code = code
        self.details = details

    def __str__(self) -> str:
        if not self.details:
            return self.code
        return f"{self.code} ({', '.join(f'{k}={v}' for k, v in self.details.items())})"

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders (decoder child), where Exception's default loses the details.
        return _rebuild, (type(self), self.code, self.details)


def _rebuild(kind: type[ResetOrError], code: str, details: dict[str, object]) -> ResetOrError:
    return kind(code, **details)


class UserFixable(ResetOrError):
    """The input or the order of steps is refused, with a reason; nothing was changed."""

    exit_code = 1


class UsageError(UserFixable):
    """A command line that cannot be understood."""

    exit_code = 2


class EnvironmentTrouble(ResetOrError):
    """Disk, network, keyring or another process stands in the way; what was saved is safe."""

    exit_code = 3


class TrustBroken(ResetOrError):
    """A signature, hash, chain or key does not fit; the bytes are kept apart and never used."""

    exit_code = 4


class OurBug(ResetOrError):
    """An invariant of RESET-OR does not hold."""

    exit_code = 70
