from __future__ import annotations

import os
import shutil
from pathlib import Path

import pyrage
import pytest

from reset_or.base.errors import TrustBroken, UserFixable
from reset_or.keys import custody
from reset_or.revisions.signing import public_bytes

PASSPHRASE = "ｔｕｎｎｅｌ lamps amber seven"
TYPED = "tunnel lamps amber seven"


@pytest.fixture(scope="module")
def signing_file() -> tuple[bytes, bytes]:
    data, key = custody.make_signing_file(PASSPHRASE)
    return data, public_bytes(key)


@pytest.fixture(scope="module")
def identity_file() -> tuple[bytes, str, str]:
    return custody.apart(custody.make_identity_file, PASSPHRASE)


def test_a_signing_file_opens_with_the_passphrase_only(signing_file: tuple[bytes, bytes]) -> None:
    data, public = signing_file
    assert public_bytes(custody.open_signing_file(data, TYPED)) == public
    with pytest.raises(UserFixable, match="wrong_passphrase"):
        custody.open_signing_file(data, "tunnel lamps amber eight")


def test_an_identity_file_made_in_a_child_process_gives_the_key_of_its_recipient(
    identity_file: tuple[bytes, str, str],
) -> None:
    data, recipient, identity = identity_file
    found = custody.open_identity_file(data, TYPED)
    assert found == identity
    assert str(pyrage.x25519.Identity.from_str(found).to_public()) == recipient


def test_errors_cross_the_border_of_the_child_process() -> None:
    with pytest.raises(TrustBroken, match="custody_file_strange"):
        custody.apart(custody.open_under_passphrase, b"no age file", TYPED)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"age-encryption.org/v1\n-> X25519 abc\n",
        b"age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 30\n" + b"x" * 100,
    ],
)
def test_what_is_no_passphrase_file_or_asks_for_absurd_work_is_refused_at_once(data: bytes) -> None:
    with pytest.raises(TrustBroken, match="custody_file_strange"):
        custody.open_under_passphrase(data, TYPED)


def test_only_ed25519_keys_are_taken_as_signing_keys() -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for pem in (other, b"nothing"):
        with pytest.raises(TrustBroken, match="custody_file_strange"):
            custody.from_pem(pem)


@pytest.mark.skipif(shutil.which("age") is None or os.name == "nt", reason="age is not installed")
def test_the_ordinary_age_program_opens_an_identity_file_and_what_is_sealed_to_it(
    identity_file: tuple[bytes, str, str], tmp_path: Path
) -> None:
    """`age` asks for a passphrase on a terminal, so it gets one."""
    import pty

    data, recipient, identity = identity_file
    (tmp_path / "centre-data.age").write_bytes(data)
    sealed = pyrage.encrypt(b"a record", [pyrage.x25519.Recipient.from_str(recipient)])
    (tmp_path / "record.age").write_bytes(sealed)
    for arguments, plain in (
        (["-d", "-o", "plain", "centre-data.age"], identity.encode()),
        (["-d", "-i", "centre-data.age", "-o", "plain", "record.age"], b"a record"),
    ):
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(tmp_path)
            os.execvp("age", ["age", *arguments])
        asked = b""
        while b"passphrase" not in asked:
            asked += os.read(terminal, 1024)
        os.write(terminal, TYPED.encode() + b"\n")
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        os.close(terminal)
        assert plain in (tmp_path / "plain").read_bytes()


def test_plain_bytes_are_not_in_the_file(signing_file: tuple[bytes, bytes]) -> None:
    data, _public = signing_file
    assert b"PRIVATE KEY" not in data
