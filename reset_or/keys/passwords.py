"""What a password must be, and how every typed secret is brought into one form before it is used.

At least 15 characters, or at least 10 of which zxcvbn says 3 or more; a short list of what everybody
would try; no rules of composition, no ageing (NIST SP 800-63B-4). Owns no storage and no counting.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from reset_or.base.errors import UserFixable

LONG: Final = 15
SHORT: Final = 10
MOST: Final = 1024
_ENOUGH_SCORE: Final = 3
_FEWEST_DIFFERENT: Final = 5
_ZXCVBN_READS: Final = 72
_KNOWN: Final = ("reset-or", "resetor", "nct07038122", "password", "passwort", "qwertyuiop", "1234567890")


def normalise(text: str) -> bytes:
    """NFKC as UTF-8: what a Chinese input method types in full width opens what was typed in half width."""
    return unicodedata.normalize("NFKC", text).encode("utf-8")


def check_password(password: str, user: str = "") -> None:
    """Passes, or raises UserFixable: `password_too_short`, `password_too_long`, `password_is_known`,
    `password_too_easy`."""
    text = unicodedata.normalize("NFKC", password)
    if len(text) < SHORT:
        raise UserFixable("password_too_short", least=SHORT, enough=LONG)
    if len(text) > MOST:
        raise UserFixable("password_too_long", most=MOST)
    plain = text.casefold()
    left = plain
    for word in (*_KNOWN, user.casefold()):
        left = left.replace(word, "") if word else left
    if len(left) < SHORT // 2 or len(set(plain)) < _FEWEST_DIFFERENT:
        raise UserFixable("password_is_known")
    if len(text) < LONG and _score(text, user) < _ENOUGH_SCORE:
        raise UserFixable("password_too_easy", enough=LONG)


def _score(text: str, user: str) -> int:
    from zxcvbn import zxcvbn  # 30,000 words: read only where a password is set

    found = zxcvbn(text[:_ZXCVBN_READS], user_inputs=[user, *_KNOWN])
    return int(found["score"])
