"""An age passphrase file with a cheap work factor: opening one takes a millisecond instead of a second.

The format of age-encryption.org/v1 written down once more, for tests only; `pyrage` and `age` open it.
"""

from __future__ import annotations

import base64
import hmac
import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

_CHUNK = 64 * 1024


def seal_with_passphrase(plaintext: bytes, passphrase: str, *, log_n: int = 4) -> bytes:
    """The age file of at most 64 KiB of `plaintext`."""
    assert len(plaintext) < _CHUNK
    file_key, salt, nonce = os.urandom(16), os.urandom(16), os.urandom(16)
    stretched = Scrypt(b"age-encryption.org/v1/scrypt" + salt, 32, 1 << log_n, 8, 1).derive(
        passphrase.encode()
    )
    wrapped = ChaCha20Poly1305(stretched).encrypt(bytes(12), file_key, None)
    header = f"age-encryption.org/v1\n-> scrypt {_b64(salt)} {log_n}\n{_b64(wrapped)}\n---".encode()
    mac = hmac.digest(_derive(file_key, b"", b"header"), header, "sha256")
    payload_key = _derive(file_key, nonce, b"payload")
    last = bytes(11) + b"\x01"
    return header + b" " + _b64(mac).encode() + b"\n" + nonce + ChaCha20Poly1305(payload_key).encrypt(
        last, plaintext, None
    )  # fmt: skip


def _derive(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=info).derive(key)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii").rstrip("=")
