"""The operating system's keyring as a second ingredient: 32 random bytes beside the password.

A stolen disk without the person's login then yields nothing to guess against. It is never the only key
and never asked alone. `KeyringStore` takes the platform's own keyring and no other back end: some keep
plain text in a file.
"""

from __future__ import annotations

import importlib
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from reset_or.base.errors import EnvironmentTrouble, ResetOrError, UserFixable

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE: Final = "RESET-OR"
LENGTH: Final = 32
_BACKENDS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "win32": (("keyring.backends.Windows", "WinVaultKeyring"),),
    "darwin": (("keyring.backends.macOS", "Keyring"),),
    "linux": (
        ("keyring.backends.SecretService", "Keyring"),
        ("keyring.backends.kwallet", "DBusKeyring"),
    ),
}


class KeyStore(Protocol):
    """Keeps one pepper for each installation.

    Every method raises UserFixable("keyring_locked") while the keyring is locked and EnvironmentTrouble(
    "keyring_unavailable") where there is none.
    """

    def get(self, install_id: str) -> bytes | None:
        """The pepper, None where the keyring holds none for this installation."""

    def set(self, install_id: str, pepper: bytes) -> None:
        """Keeps the pepper, in place of an earlier one."""

    def delete(self, install_id: str) -> None:
        """Forgets it; no error where there was none."""


def new_pepper() -> bytes:
    return secrets.token_bytes(LENGTH)


class KeyringStore:
    """The keyring of the account: Credential Manager, Keychain, Secret Service or KWallet."""

    def get(self, install_id: str) -> bytes | None:
        with _named_troubles():
            found = _backend().get_password(SERVICE, install_id)
        return None if found is None else _decode(found)

    def set(self, install_id: str, pepper: bytes) -> None:
        with _named_troubles():
            _backend().set_password(SERVICE, install_id, pepper.hex())

    def delete(self, install_id: str) -> None:
        from keyring.errors import PasswordDeleteError

        with _named_troubles():
            try:
                _backend().delete_password(SERVICE, install_id)
            except PasswordDeleteError:
                return


@dataclass
class MemoryKeyStore:
    """A keyring in memory, for tests, the demo and practice mode. `trouble`: "", "locked" or "none"."""

    peppers: dict[str, bytes] = field(default_factory=dict)
    trouble: str = ""

    def get(self, install_id: str) -> bytes | None:
        self._check()
        return self.peppers.get(install_id)

    def set(self, install_id: str, pepper: bytes) -> None:
        self._check()
        self.peppers[install_id] = pepper

    def delete(self, install_id: str) -> None:
        self._check()
        self.peppers.pop(install_id, None)

    def _check(self) -> None:
        if self.trouble == "locked":
            raise UserFixable("keyring_locked")
        if self.trouble:
            raise EnvironmentTrouble("keyring_unavailable")


def _backend() -> KeyringBackend:
    """The platform's keyring; PYTHON_KEYRING_BACKEND may choose among ours or switch all of them off."""
    chosen = os.environ.get("PYTHON_KEYRING_BACKEND", "")
    for module, name in _BACKENDS.get(sys.platform, _BACKENDS["linux"]):
        if chosen not in ("", f"{module}.{name}"):
            continue
        try:
            kind: type[KeyringBackend] = getattr(importlib.import_module(module), name)
            if kind.viable:
                return kind()
        except (ImportError, RuntimeError):
            continue
    raise EnvironmentTrouble("keyring_unavailable")


@contextmanager
def _named_troubles() -> Iterator[None]:
    from keyring.errors import InitError, KeyringLocked

    try:
        yield
    except ResetOrError:
        raise
    except (KeyringLocked, InitError) as error:
        raise UserFixable("keyring_locked") from error
    except Exception as error:  # back ends raise the errors of their own D-Bus and C libraries
        raise EnvironmentTrouble("keyring_unavailable", reason=type(error).__name__) from error


def _decode(text: str) -> bytes:
    """What is not 64 hex characters was not put there by us and fits no check value."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return text.encode("utf-8", "surrogatepass")
