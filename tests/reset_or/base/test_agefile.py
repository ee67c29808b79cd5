"""A passphrase file: right, wrong, and too much work for a computer that is busy now."""

from __future__ import annotations

import pyrage
import pytest

from reset_or.base.agefile import open_with_passphrase
from reset_or.base.errors import EnvironmentTrouble, UserFixable

SEALED = pyrage.passphrase.encrypt(b"a key", "correct horse")


def test_the_right_one_opens_and_a_wrong_one_is_named() -> None:
    assert open_with_passphrase(SEALED, "correct horse") == b"a key"
    with pytest.raises(UserFixable, match="wrong_passphrase"):
        open_with_passphrase(SEALED, "battery staple")


def test_too_much_work_is_no_wrong_passphrase() -> None:
    stanza = SEALED.split(b"\n")[1]
    harder = SEALED.replace(stanza, stanza.rsplit(b" ", 1)[0] + b" 30")
    with pytest.raises(EnvironmentTrouble, match="computer_too_busy"):
        open_with_passphrase(harder, "correct horse")
