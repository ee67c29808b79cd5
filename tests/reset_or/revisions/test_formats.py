"""docs/formats.md is what the code writes; `RESET_OR_WRITE_FORMATS=1` writes the examples into the page."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pyrage
import pytest

from reset_or.keys import master, slots
from reset_or.revisions import envelope, receipts, signing
from reset_or.revisions.receipts import Signed
from reset_or.revisions.revision import read_plaintext, verify_author
from reset_or.store import head
from reset_or.wire import auth, messages
from reset_or.wire.frames import read_envelope_frame
from reset_or.wire.trial_file import read_trial
from tests.reset_or.revisions import format_examples as examples

PAGE = Path(__file__).parents[3] / "docs" / "formats.md"
_BLOCK = re.compile(r"<!-- example: (?P<name>[a-z-]+) -->\n(?:```text\n.*?\n```\n)?", re.DOTALL)


def test_the_page_shows_what_the_code_writes(tmp_path: Path) -> None:
    made = examples.all_examples(tmp_path)
    page = PAGE.read_text(encoding="utf-8")
    assert [found["name"] for found in _BLOCK.finditer(page)] == list(made)
    wanted = _BLOCK.sub(lambda m: f"<!-- example: {m['name']} -->\n```text\n{made[m['name']]}\n```\n", page)
    if os.environ.get("RESET_OR_WRITE_FORMATS"):
        PAGE.write_text(wanted, encoding="utf-8")
        return
    assert page == wanted, "set RESET_OR_WRITE_FORMATS=1 to write the examples anew, if that was meant"


def parts(name: str, folder: Path) -> dict[str, str]:
    """The named lines of an example, as somebody would copy them from the page."""
    lines = examples.all_examples(folder)[name].split("\n")
    return {line.split("  ", 1)[0].strip(): line.split("  ", 1)[1].strip() for line in lines if "  " in line}


def test_the_examples_are_read_by_our_readers(tmp_path: Path) -> None:
    server = [signing.public_bytes(examples.SERVER)]
    said = parts("receipt", tmp_path)
    receipts.read_receipt(Signed(said["bytes"].encode(), signing.unb64(said["sig"])), server)
    said = parts("site-head", tmp_path)
    receipts.read_head(Signed(said["bytes"].encode(), signing.unb64(said["sig"])), server)
    said = parts("blob", tmp_path)
    receipts.read_blob_receipt(Signed(said["bytes"].encode(), signing.unb64(said["sig"])), server)
    said = parts("envelope", tmp_path)
    made = envelope.read_envelope(said["hdr"].encode(), signing.unb64(said["dsig"]), None)
    envelope.verify_device(made, signing.public_bytes(examples.DEVICE))
    header = auth.read_auth(parts("request", tmp_path)["RO-Auth"])
    auth.verify_request(
        header, signing.public_bytes(examples.DEVICE), method="POST", path="/v1/sync", query=""
    )
    read_trial(examples.trial_file().encode())
    [frame] = messages.decode_request(examples.sync_bytes()).envelopes
    assert frame.hdr == made.hdr
    with pytest.raises(Exception, match="not_age"):  # the stand-in of the example is no age file
        read_envelope_frame(frame)
    verify_author(read_plaintext(examples.a_revision().plaintext()), signing.public_bytes(examples.PERSON))


def test_the_example_files_open(tmp_path: Path) -> None:
    file = slots.from_bytes(examples.slots_file().encode() + b"\n")
    slot = file.slot("person", "wang")
    assert slot is not None
    opened = slots.unlock(file, slot, "a plain long password", b"\x08" * 32)
    assert opened.lm.secret == b"\x07" * 32
    assert opened.person is not None
    assert opened.person.public == signing.public_bytes(examples.PERSON)
    path = tmp_path / "copied"
    path.write_text(examples.head(tmp_path) + "\n", encoding="ascii")
    found = head.read(path, master.MasterKey(b"\x07" * 32).head_key())
    assert found == head.Head(1, examples.an_envelope().env_id, examples.AT)


def test_every_label_in_the_code_stands_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    labels = {v for v in vars(signing).values() if isinstance(v, str) and re.fullmatch(r"ro/[a-z]+/1", v)}
    labels |= {v for v in vars(master).values() if isinstance(v, str) and re.fullmatch(r"ro/[a-z]+/1", v)}
    assert len(labels) >= 15
    assert {label for label in labels - {master.PIN} if label not in page} == set()  # a PIN is not on disk


@pytest.mark.skipif(shutil.which("age") is None, reason="needs the program age")
def test_the_ordinary_age_program_opens_what_we_seal_for_each_recipient(tmp_path: Path) -> None:
    keys = [pyrage.x25519.Identity.generate() for _ in range(3)]
    signed = examples.a_revision()
    sealed = envelope.seal(signed.plaintext(), [str(key.to_public()) for key in keys])
    (tmp_path / "record.age").write_bytes(sealed)
    shape = examples.age_header().split("\n")
    lines = sealed.split(b"\n", 9)
    assert lines[0].decode() == shape[0]
    assert sum(line.startswith(b"-> X25519 ") for line in sealed.split(b"\n--- ", 1)[0].split(b"\n")) == 3
    for key in keys:
        (tmp_path / "key.txt").write_text(str(key) + "\n", encoding="ascii")
        out = subprocess.run(
            ["age", "-d", "-i", str(tmp_path / "key.txt"), str(tmp_path / "record.age")],
            capture_output=True, check=True,
        ).stdout  # fmt: skip
        head_line, inner = out.split(b"\n", 1)
        assert inner == signed.inner
        assert json.loads(head_line) == {"k": signed.key_id, "s": signing.b64(signed.signature)}
