"""The examples of docs/formats.md, made by the code itself with fixed keys, times and salts.

The private key n of an example is the byte n repeated 32 times; nobody may use these anywhere else.
"""

from __future__ import annotations

import hmac
import io
import json
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from reset_or.base.ids import case_rec, person_rec, sha256_hex, site_rec
from reset_or.images.seal import blob_path
from reset_or.keys import master, slots
from reset_or.revisions import receipts, signing
from reset_or.revisions.canonical import canon
from reset_or.revisions.envelope import Envelope, sign_envelope
from reset_or.revisions.receipts import GENESIS, Receipt, SiteHead
from reset_or.revisions.revision import Anchor, FieldChange, Revision, Sig, SignedRevision, sign_revision
from reset_or.revisions.statements import Statement, sign_statement
from reset_or.store import head as head_file
from reset_or.wire import auth, invites, messages, parcel
from reset_or.wire.frames import encode_frames, envelope_frame, signed_frame
from reset_or.wire.messages import Cursor, Own, SyncRequest
from reset_or.wire.trial_file import TrialFile, encode_trial

AT = 1_795_415_520_000
STUDY = "RESET"
SITE_KEY = "age1sf40gg58psrp8ufkvgzyg058fwuu8ddpseympp60zf9dvfr8jfnslqt26y"
CENTRE_KEY = "age1aajx3jjvvkddvehr4vtwn85p7qau8wzu9uwjmmkae7ak7kd4xe2qspjzjp"
ESCROW_KEY = "age1ulhf6zysncvtkkqw4tzqj3lm005j5ssg6c54t0em9kpzldxx04fs29y824"
CODE = "0123456789ABCDEFGHJKMNPQRS"
NONCE = bytes(range(12))
BODY = b"age-encryption.org/v1\n(here stands an age file)\n"


def key(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


ROOT, ADMIN, DEVICE, PERSON, SERVER = key(1), key(2), key(3), key(4), key(5)
DEV = signing.key_id(signing.public_bytes(DEVICE))


def names() -> str:
    lines = [f"{'who':7} private bytes  public key (base64)                           key_id"]
    for who, number in (("root", 1), ("admin", 2), ("device", 3), ("person", 4), ("server", 5)):
        public = signing.public_bytes(key(number))
        lines.append(f"{who:7} {number:02x} x 32        {signing.b64(public)}  {signing.key_id(public)}")
    return "\n".join(lines)


def canonical() -> str:
    value = {"n": -3, "a.b": [True, "中", "/", '"', "\n"], "a": {}}
    said = canon(value)
    return f"{said.decode()}\nsha256  {sha256_hex(said)}"


def ids_() -> str:
    case, person, site = case_rec(STUDY, "03-0147"), person_rec(STUDY, "03", "wang"), site_rec(STUDY, "03")
    return f"case 03-0147   {case}\nperson wang    {person}\nsite 03        {site}"


def a_revision() -> SignedRevision:
    change = {"end": FieldChange(None, "distal"), "value_mm": FieldChange(None, 31)}
    return sign_revision(
        Revision(
            study=STUDY, site="03", rec="0123456789abcdef" * 2, form="reading", act="create", user="wang",
            role="or_nurse", dev=DEV, at=AT, tz_min=480, app="0.1.0", case=case_rec(STUDY, "03-0147"),
            chg=change, anchor=Anchor("ab" * 16, 3, "e" * 64),
        ),
        PERSON,
    )  # fmt: skip


def revision() -> str:
    signed = a_revision()
    whole = signed.plaintext()
    line, inner = whole.split(b"\n", 1)
    pad = len(json.loads(inner)["pad"])
    shown = inner.decode().replace(f'"pad":"{" " * pad}"', f'"pad":"<{pad} spaces>"')
    lines = f"line 1      {line.decode()}\ninner       {shown}\nrev_id      {signed.rev_id}"
    return f"{lines}\nplaintext   {len(whole)} bytes"


def signature() -> str:
    sig = Sig((a_revision().rev_id,), "confirmed", "Zhang San", "pin",
              ({"label": "arm", "value": "reduced", "rand_no": "R-147"},
               {"label": "distal.main", "value": 31, "unit": "mm", "state": "in_vivo",
                "verdict": "within_protocol", "scheme": "demo-1"}), "wang")  # fmt: skip
    signed = sign_revision(
        Revision(
            study=STUDY, site="03", rec=case_rec(STUDY, "03-0147"), form="case", act="sign", user="zhang",
            role="surgeon", dev=DEV, at=AT, sig=sig, parents=("f" * 64,),
        ),
        PERSON,
    )  # fmt: skip
    return json.dumps(json.loads(signed.inner)["sig"], ensure_ascii=False, sort_keys=True, indent=1)


def an_envelope() -> Envelope:
    return sign_envelope(
        DEVICE, study=STUDY, site="03", kind="rev", n=1, prev="", epoch=1, body=BODY, blobs=["c" * 64]
    )


def envelope() -> str:
    made = an_envelope()
    return f"hdr     {made.hdr.decode()}\ndsig    {signing.b64(made.dsig)}\nenv_id  {made.env_id}"


def grant() -> Statement:
    return sign_statement(
        ADMIN, kind_of="grant", study=STUDY, site="03", ver=1, at=AT, kind="person", subj_id="wang",
        subj_keys={"sign": signing.b64(signing.public_bytes(PERSON))}, role="or_nurse",
    )  # fmt: skip


def statement() -> str:
    said = grant()
    return f"bytes    {said.data.decode()}\nsig      {signing.b64(said.sig)}\nstmt_id  {said.stmt_id}"


def other_statements() -> str:
    keys = {"sign": signing.b64(signing.public_bytes(DEVICE)), "box": SITE_KEY}
    common = {"study": STUDY, "site": "03", "ver": 1, "at": AT}
    made = [
        sign_statement(ADMIN, kind_of="policy", centre=CENTRE_KEY, escrow=ESCROW_KEY, min_v=1,
                       **(common | {"site": "*"})),
        sign_statement(ADMIN, kind_of="epoch", epoch=1, pub=SITE_KEY, **common),
        sign_statement(ADMIN, kind_of="grant", kind="device", subj_id=DEV, subj_keys=keys, **common),
        sign_statement(ADMIN, kind_of="revoke", kind="device", subj_id=DEV, subj_keys=keys,
                       reason_code="lost", **common),
    ]  # fmt: skip
    return "\n".join(each.data.decode() for each in made)


def trial_file() -> str:
    trial = TrialFile(STUDY, signing.public_bytes(ROOT), "https://centre.example", (grant(),))
    return encode_trial(trial).decode()


def a_receipt() -> Receipt:
    first = Receipt("ab" * 16, "03", 1, GENESIS, ((grant().stmt_id, AT), (an_envelope().env_id, AT + 5)), 2,
                    "", DEV)  # fmt: skip
    return Receipt(**(vars(first) | {"feed_after": receipts.walk(first)[-1]}))


def feed() -> str:
    made = a_receipt()
    step = {"feed": made.feed, "site": "03", "seq": 1, "prev": GENESIS, "id": made.items[0][0], "at": AT}
    first, second = receipts.walk(made)
    return f"hashed          {canon(step).decode()}\nfeed_hash of 1  {first}\nfeed_hash of 2  {second}"


def receipt() -> str:
    signed = receipts.sign_receipt(SERVER, a_receipt())
    return f"bytes  {signed.data.decode()}\nsig    {signing.b64(signed.sig)}"


def site_head() -> str:
    head = SiteHead("ab" * 16, "03", 2, a_receipt().feed_after, AT + 9)
    signed = receipts.sign_head(SERVER, head)
    return f"bytes  {signed.data.decode()}\nsig    {signing.b64(signed.sig)}"


def blob() -> str:
    name = sha256_hex(BODY)
    signed = receipts.sign_blob_receipt(SERVER, blob=name, length=len(BODY), at=AT)
    place = blob_path(Path("blobs"), name).as_posix()
    return f"file   {place}\nbytes  {signed.data.decode()}\nsig    {signing.b64(signed.sig)}"


def request() -> str:
    body = sync_bytes()
    said = {
        "method": "POST",
        "path": "/v1/sync",
        "query": "",
        "nonce": "1a.2b",
        "body_sha256": sha256_hex(body),
    }
    header = auth.sign_request(DEVICE, **said)
    return f"signed   {canon(said).decode()}\nRO-Auth  {header}"


def sync_bytes() -> bytes:
    return messages.encode_request(
        SyncRequest(feed="ab" * 16, cursors=(Cursor("03", 2, "e" * 64),), own=(Own("03", 0, "", 1),),
                    envelopes=(envelope_frame(an_envelope()),))
    )  # fmt: skip


def frames() -> str:
    body = sync_bytes()
    head = int.from_bytes(body[:4], "big")
    made = an_envelope()
    at, rows = 0, []
    for name, length, shown in (
        ("u32", 4, ""), ("head", head, "text"), ("u32", 4, ""), ("hdr", len(made.hdr), "hdr of the envelope"),
        ("sig", 64, "dsig of the envelope"), ("u32", 4, ""), ("body", len(BODY), "age file"),
    ):  # fmt: skip
        piece = body[at : at + length]
        said = piece.hex() if name == "u32" else piece.decode() if shown == "text" else f"({shown})"
        rows.append(f"{at:5} +{length:<4} {name:4}  {said}")
        at += length
    assert at == len(body)
    return "\n".join(rows)


def parcel_bytes() -> bytes:
    """A parcel of one envelope, one receipt of a photo, and that photo."""
    unsent = messages.encode_request(SyncRequest(envelopes=(envelope_frame(an_envelope()),)))
    signed = receipts.sign_blob_receipt(SERVER, blob="c" * 64, length=48, at=AT)
    came = encode_frames([signed_frame(signed)])
    parts = (
        parcel.part_of("unsent", "03", unsent, 1), parcel.part_of("receipts", "03", came, 1),
        parcel.part_of("photo", "03", BODY, 1),
    )  # fmt: skip
    places = (parcel.Place("03", "ab" * 16, 2, "e" * 64),)
    said = parcel.Head(STUDY, "03", signing.public_bytes(DEVICE), AT, places, parts)
    return parcel.encode_head(DEVICE, said) + unsent + came + BODY


def parcel_file() -> str:
    whole = parcel_bytes()
    opened = parcel.Parcel(io.BytesIO(whole))
    length = int.from_bytes(whole[16:20], "big")
    pieces = [("magic", 16, "reset-or parcel, LF"), ("u32", 4, whole[16:20].hex()),
              ("head", length, whole[20 : 20 + length].decode()), ("sig", 64, "(of the device)")]  # fmt: skip
    pieces += [(part.kind, part.length, "") for part in opened.head.parts]
    at, rows = 0, []
    for name, size, shown in pieces:
        rows.append(f"{at:5} +{size:<4} {name:8}  {shown}".rstrip())
        at += size
    assert at == len(whole)
    return "\n".join([*rows, f"sig        {signing.b64(whole[20 + length : 84 + length])}",
                      f"parcel id  {opened.id}"])  # fmt: skip


def invite() -> str:
    keys = invites.AnswerKeys(
        invites.invite_id(CODE), STUDY, "03", signing.public_bytes(DEVICE), SITE_KEY,
        (("wang", signing.public_bytes(PERSON)),),
    )  # fmt: skip
    mac = hmac.digest(invites._key(CODE, "mac"), b"ro/invite/1\0" + keys.canonical(), "sha256")
    answer = canon({"keys": json.loads(keys.canonical()), "mac": signing.b64(mac)})
    sealed = NONCE + ChaCha20Poly1305(invites._key(CODE, "enc")).encrypt(
        NONCE, answer, invites._aad(CODE, "answer")
    )
    assert invites.open_answer(CODE, sealed) == keys
    return "\n".join((
        f"code       {invites.show_code(CODE)}", f"key(enc)   {invites._key(CODE, 'enc').hex()}",
        f"key(mac)   {invites._key(CODE, 'mac').hex()}", f"invite id  {keys.invite_id}",
        f"answer     {answer.decode()}", f"nonce      {NONCE.hex()}",
        f"sealed     {len(sealed)} bytes, sha256 {sha256_hex(sealed)}",
        f"six words  {invites.six_words(keys)}",
    ))  # fmt: skip


def slots_file() -> str:
    lm = master.MasterKey(b"\x07" * 32)
    install, pepper, salt = "1" * 64, b"\x08" * 32, bytes(range(16))
    file = slots.new_file(install, lm, pepper)
    cost = slots.Argon2Cost()
    kek, person_kek = slots._stretch("a plain long password", salt, cost, pepper)
    aad = b"person|wang|" + install.encode()

    def wrap(under: bytes, secret: bytes) -> slots.Wrapped:
        return slots.Wrapped(NONCE, ChaCha20Poly1305(under).encrypt(NONCE, secret, aad))

    slot = slots.Slot(
        "person", "wang", cost, salt, wrap(kek, lm.secret), True, wrap(person_kek, b"\x04" * 32)
    )
    made = file.with_slot(slot).sealed(lm)
    assert slots.unlock(made, slot, "a plain long password", pepper).person is not None
    return slots.to_bytes(made).decode().rstrip("\n")


def head(folder: Path) -> str:
    path = folder / "head"
    head_file.write(
        path, head_file.Head(1, an_envelope().env_id, AT), master.MasterKey(b"\x07" * 32).head_key()
    )
    return path.read_text(encoding="ascii").rstrip("\n")


def derived() -> str:
    lm = b"\x07" * 32
    lines = [f"LM           {lm.hex()}"]
    for label in (master.DB, master.HEAD, master.SLOTS):
        lines.append(f"{label:12} {master.hkdf(lm, label).hex()}")
    return "\n".join(lines)


def age_header() -> str:
    """The shape of an age file's head; the letters differ every time."""
    return "\n".join((
        "age-encryption.org/v1", "-> X25519 <43 characters>", "<43 characters>",
        "(the same for each further recipient; sometimes one stanza of another name, without meaning)",
        "--- <43 characters>", "<16 bytes, then the text sealed in pieces of 64 KiB, each 16 bytes longer>",
    ))  # fmt: skip


def all_examples(folder: Path) -> dict[str, str]:
    """Block name -> text, in the order of the page."""
    made: dict[str, Callable[[], str]] = {
        "keys": names, "canonical": canonical, "ids": ids_, "revision": revision, "sig": signature,
        "age": age_header, "envelope": envelope, "statement": statement, "statements": other_statements,
        "trial": trial_file, "feed": feed, "receipt": receipt, "site-head": site_head, "blob": blob,
        "request": request, "frames": frames, "parcel": parcel_file, "invite": invite,
        "derived": derived, "slots": slots_file, "head": lambda: head(folder),
    }  # fmt: skip
    return {name: build() for name, build in made.items()}
