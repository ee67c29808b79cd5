"""The recovery code: 130 random bits as 26 characters that a person can read off paper.

Crockford's base 32: no I, L, O, U; what looks like them is read as the digit that was meant.
"""

from __future__ import annotations

import secrets
from typing import Final

from reset_or.base.errors import UserFixable

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 26
_LOOKS_LIKE: Final = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


def new_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))


def spaced(code: str) -> str:
    """`ABCDE-FGHJK-...`, as it is printed."""
    return "-".join(code[at : at + 5] for at in range(0, LENGTH, 5))


def read_code(text: str) -> str:
    """The code as it was made; raises UserFixable("recovery_code_shape") for what cannot be one."""
    code = text.upper().translate(_LOOKS_LIKE)
    if len(code) != LENGTH or any(char not in _ALPHABET for char in code):
        raise UserFixable("recovery_code_shape", length=LENGTH)
    return code
