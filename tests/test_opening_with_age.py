"""`docs/opening-with-age.md` is true: its commands, as they stand there, open and verify what we seal."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base import ids
from reset_or.keys import custody
from reset_or.revisions import envelope, signing
from reset_or.revisions.revision import FieldChange, Revision, SignedRevision, sign_revision

PAGE = Path(__file__).resolve().parents[1] / "docs/opening-with-age.md"
PASSPHRASE = "nine lamps beside the quiet river"
PICTURE = bytes(range(256)) * 512

pytestmark = pytest.mark.skipif(
    not (shutil.which("age") and shutil.which("openssl")), reason="needs the programs age and openssl"
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def author() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def signed(author: Ed25519PrivateKey) -> SignedRevision:
    change = FieldChange(None, "近端，清晰\n", "")
    revision = Revision(
        study="NCT07038122", site="03", rec=ids.new_rec(), form="reading", act="create", user="zhang",
        role="surgeon", dev="0" * 64, at=1_770_000_000_000, chg={"comment": change},
    )  # fmt: skip
    return sign_revision(revision, author)


@pytest.fixture
def desk(tmp_path: Path, signed: SignedRevision) -> Path:
    """A folder with what the page says lies where."""
    data, recipient, _ = custody.make_identity_file(PASSPHRASE)
    others = [custody_recipient() for _ in range(2)]
    (tmp_path / "centre-data.age").write_bytes(data)
    (tmp_path / "record.age").write_bytes(envelope.seal(signed.plaintext(), [*others, recipient]))
    (tmp_path / "photo.age").write_bytes(envelope.seal(PICTURE, [*others, recipient]))
    return tmp_path


def custody_recipient() -> str:
    import pyrage

    return str(pyrage.x25519.Identity.generate().to_public())


def at_terminal(script: str, folder: Path, typed: str) -> str:
    """Runs a shell script at a terminal of its own, where `age` asks for the passphrase."""
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover - becomes the shell
        os.chdir(folder)
        os.execvp("sh", ["sh", "-e", "-c", script])
    heard = b""
    answered = False
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # the terminal closes when the shell ends
            break
        if not part:
            break
        heard += part
        if b"passphrase" in heard and not answered:
            os.write(terminal, typed.encode() + b"\n")
            answered = True
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, heard.decode(errors="replace")
    return heard.decode(errors="replace")


# Forking with other threads alive is what this does on purpose: the child only becomes the shell.
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_the_page_opens_and_verifies(desk: Path, signed: SignedRevision, author: Ed25519PrivateKey) -> None:
    opening, verifying = blocks("sh")
    at_terminal(opening, desk, PASSPHRASE)
    assert (desk / "record.txt").read_bytes() == signed.plaintext()
    assert (desk / "photo.jpg").read_bytes() == PICTURE

    public = signing.b64(signing.public_bytes(author))
    shown = subprocess.run(
        ["sh", "-e", "-c", verifying], cwd=desk, env={**os.environ, "AUTHOR": public},
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert shown.split("\n")[0] == signed.key_id
    assert "Signature Verified Successfully" in shown


def test_the_page_refuses_a_changed_record(
    signed: SignedRevision, author: Ed25519PrivateKey, tmp_path: Path
) -> None:
    _, verifying = blocks("sh")
    changed = signed.plaintext().replace(b"zhang", b"zheng")
    assert changed != signed.plaintext()
    (tmp_path / "record.txt").write_bytes(changed)
    public = signing.b64(signing.public_bytes(author))
    run = subprocess.run(
        ["sh", "-e", "-c", verifying], cwd=tmp_path, env={**os.environ, "AUTHOR": public},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode != 0
    assert "Verified Successfully" not in run.stdout


@pytest.mark.parametrize("change", [b"", b"!"], ids=["as signed", "one byte more"])
def test_the_python_of_the_page(
    change: bytes, signed: SignedRevision, author: Ed25519PrivateKey, tmp_path: Path
) -> None:
    (script,) = blocks("python")
    record = tmp_path / "record.txt"
    record.write_bytes(signed.plaintext() + change)
    public = signing.b64(signing.public_bytes(author))
    run = subprocess.run(
        [sys.executable, "-c", script, str(record), public], capture_output=True, text=True, check=False
    )
    assert (run.returncode == 0) == (change == b"")
    assert (run.stdout == "sealed by zhang\n") == (change == b"")
