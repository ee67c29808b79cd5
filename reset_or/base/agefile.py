"""age files under a passphrase: a wrong passphrase and a busy computer get different answers.

age measures, at every opening, how much work this computer does in a second, and refuses a file that asks for
far more. On a computer that is busy at that moment the measure comes out low, and a right passphrase would
read as a wrong one.
"""

from __future__ import annotations

from typing import Final

from reset_or.base.errors import EnvironmentTrouble, UserFixable

_TRIES: Final = 8
_TOO_MUCH_WORK: Final = "Excessive work"


def open_with_passphrase(sealed: bytes, passphrase: str) -> bytes:
    """The plaintext. UserFixable("wrong_passphrase"), also for changed bytes, which age does not tell apart;
    EnvironmentTrouble("computer_too_busy") where the work was refused again and again."""
    import pyrage

    for _ in range(_TRIES):
        try:
            return bytes(pyrage.passphrase.decrypt(sealed, passphrase))
        except pyrage.DecryptError as error:
            if _TOO_MUCH_WORK not in str(error):
                raise UserFixable("wrong_passphrase") from error
    raise EnvironmentTrouble("computer_too_busy")
