"""Photographs: attach a file to a case, and look at it again. Plain pixels live in memory only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from reset_or.actions import casefiles
from reset_or.actions.casefile import CaseFile
from reset_or.actions.context import Context, Saved
from reset_or.actions.people import viewer
from reset_or.actions.picture_facts import facts_of
from reset_or.actions.write import Intent, Writing, write, writing
from reset_or.base.errors import EnvironmentTrouble, ResetOrError, TrustBroken, UserFixable
from reset_or.base.files import need_room
from reset_or.base.ids import new_rec, sha256_hex
from reset_or.base.lanes import CancelToken
from reset_or.record.codebook import Value
from reset_or.revisions.revision import BlobRef
from reset_or.store.rows import BlobRow
from reset_or.wire.blobs import MAX_BLOB

MAX_SEALED: Final = MAX_BLOB - (1 << 16)
"""Bytes of a file before it is sealed: the ciphertext is up to 64 KiB longer, and servers take MAX_BLOB."""

if TYPE_CHECKING:
    from reset_or.images.dicom_facts import PhotoFacts
    from reset_or.images.intake import TakenPhoto
    from reset_or.images.sandbox import Preview
    from reset_or.revisions.history import RecordState


class Canvas(Protocol):
    """Pixels of a picture for a screen: `room` is writable and holds w * h * 4 bytes, B G R A, A 255."""

    @property
    def room(self) -> memoryview: ...


C = TypeVar("C", bound=Canvas)


@dataclass(frozen=True)
class SealedPhoto:
    """A photograph as it lies here, and what opens it: for `unseal`, on any lane. Not to be kept."""

    path: Path
    keys: tuple[str, ...] = field(repr=False)
    sha256: str
    mime: str
    turn: int


def take_in(
    source: Path | Callable[[], bytes], *, zone_min: int, name: str = "", taken_at: int | None = None
) -> TakenPhoto:
    """Reads and strips a photograph, decodes it in the sandbox and reads the specimen labels in it.

    Needs no store: the slow half, for the net lane. `source` is a file, or gives its bytes (a pasted
    picture, a shot of this computer's camera); `taken_at` is the time of a shot, by this computer's clock.
    """
    from reset_or.images.intake import take_in as intake

    taken = (
        intake(source, zone_min=zone_min)
        if isinstance(source, Path)
        else intake(source(), name=name, zone_min=zone_min)
    )
    if taken_at is not None:
        left = tuple(code for code in taken.warnings if code != "capture_time_missing")
        taken = replace(taken, captured_at=taken_at, captured_zone_min=zone_min, warnings=left)
    return taken


def _label_to_keep(file: CaseFile, taken: TakenPhoto, reason: str) -> dict[str, str]:
    """Label and reason for a photograph's record; another subject's needs a reason (`photo_label_other`)."""
    subject = file.record.subject
    others = [label for label in taken.labels if subject and label.subject != subject]
    if others and not reason:
        raise UserFixable("photo_label_other", label=others[0].subject, subject=subject)
    said = others or taken.labels
    label = f"{said[0].subject} {said[0].code}" if said else ""
    return {"label": label, "label_reason": reason if others else ""}


@dataclass(frozen=True)
class Prepared:
    """A checked photograph on its way into a case: for `seal_prepared`, on any lane. Not to be kept.

    `given` are the fields of its record; `facts` what its DICOM says, None where it is sealed as it is;
    `replaces` the photo that it stands for from now on.
    """

    case: str
    rec: str
    taken: TakenPhoto
    given: dict[str, Value | None]
    facts: PhotoFacts | None
    recipients: tuple[str, ...]
    folder: Path
    replaces: str = ""


@dataclass(frozen=True)
class Sealed:
    """A photograph whose file is durable and that no record names yet: for `record_photo`."""

    prepared: Prepared
    blob: BlobRef


def attach_photo(
    ctx: Context,
    /,
    *,
    case: str,
    path: Path | None = None,
    taken: TakenPhoto | None = None,
    cancel: CancelToken | None = None,
    **said: Any,
) -> Saved:
    """Takes a file in, seals it and names it in a revision of the case, all in the caller's lane: for the
    command line. A screen runs `prepare_photo`, `seal_prepared` and `record_photo`, each in its own lane.

    `said` as in `prepare_photo`. Whatever is wrong with the file is refused by `take_in` with a code of its
    own, and nothing is kept.
    """
    if taken is None:
        if path is None:
            raise UserFixable("photo_missing")
        taken = take_in(path, zone_min=ctx.clock.offset_min())
    prepared = prepare_photo(ctx, case=case, taken=taken, **said)
    return record_photo(ctx, sealed=seal_prepared(prepared, cancel))


def prepare_photo(
    ctx: Context,
    *,
    case: str,
    taken: TakenPhoto,
    state: str = "",
    caption: str = "",
    burned_in: bool | None = None,
    label_reason: str = "",
    replaces: str = "",
) -> Prepared:
    """Whether a photograph may stand in a case, and all that sealing it needs. Writes nothing; store lane.

    `burned_in`: whether a person saw text in the picture itself; None where nobody said.
    The same photograph twice in one case is refused (`photo_already_there`). On a disk that is nearly full
    photos are paused (`photos_paused`). A label in it that names another subject is a question
    (`photo_label_other`), answered by `label_reason`, a code of that list; both stand in the record.
    `replaces`: a photo that this one stands for from now on (actions.resealing); that one is withdrawn with
    the same breath, all or nothing.
    """
    file = casefiles.need(ctx, case)
    _refuse_twice(file, taken, replaces)
    label = _label_to_keep(file, taken, label_reason)
    need_room(ctx.home.root, len(taken.data))
    label |= {"caption": caption, "state": state, "replaces": replaces}
    given = _given(taken, taken_by=ctx.user, burned_in=burned_in, **label)
    recipients = tuple(ctx.directory.recipients(ctx.site).as_list())
    facts = _facts(ctx, file, rec := new_rec(), taken, state)
    return Prepared(case, rec, taken, given, facts, recipients, ctx.home.blobs, replaces)


def seal_prepared(prepared: Prepared, cancel: CancelToken | None = None) -> Sealed:
    """Builds, encrypts and makes the file durable. Needs no store: the slow part, for the net lane.

    A crash before `record_photo` leaves a file that the next opening takes away (seal.sweep).
    """
    from reset_or.images.dicom_build import photograph
    from reset_or.images.dicom_frame import DICOM
    from reset_or.images.seal import seal_photo

    if cancel is not None:
        cancel.check()
    taken, plain, mime = prepared.taken, prepared.taken.data, prepared.taken.mime
    if prepared.facts is not None:
        plain, mime = photograph(plain, taken.w, taken.h, prepared.facts), DICOM
    if len(plain) > MAX_SEALED:
        raise UserFixable("photo_file_too_large", limit_mb=MAX_SEALED >> 20)
    sealed = seal_photo(plain, prepared.recipients, prepared.folder)
    blob = BlobRef(
        id=sealed.id,
        ct_len=sealed.ct_len,
        len=len(plain),
        mime=mime,
        w=taken.w,
        h=taken.h,
        turn=taken.turn,
        sha256=sha256_hex(plain),
        camera_sha256=taken.camera_sha256,
        captured_at=taken.captured_at,
    )
    return Sealed(prepared, blob)


def record_photo(ctx: Context, *, sealed: Sealed) -> Saved:
    """Names a sealed photograph in a revision of its case; durable when it returns. Store lane, short.

    Raises UserFixable photo_already_there where the same one came in between; a file that is refused is gone.
    The author is the person for whom it was prepared, who must still be signed in.
    """
    from reset_or.images.seal import named

    asked, blob = sealed.prepared, sealed.blob
    row = BlobRow(blob.id, ctx.site, asked.case, asked.rec, blob.ct_len, at=ctx.clock.now_at())
    author = str(asked.given["taken_by"])
    intent = Intent("photo", "create", asked.rec, asked.case, asked.given, blobs=(blob,), author=author)
    with _named_or_gone(sealed):
        _refuse_twice(casefiles.need(ctx, asked.case), asked.taken, asked.replaces)
        with writing(ctx) as one:
            saved = _in_place_of(ctx, one, asked, one.append(intent, files=[row]))
    named(asked.folder, blob.id)
    return saved


def drop_sealed(sealed: Sealed) -> None:
    """Takes the file away of which it is certain that no record names it, so that it takes no room."""
    from reset_or.images.seal import drop_photo

    drop_photo(sealed.prepared.folder, sealed.blob.id)


@contextmanager
def _named_or_gone(sealed: Sealed) -> Iterator[None]:
    try:
        yield
    except ResetOrError as error:
        if isinstance(error, UserFixable) or error.code == "disk_full":
            drop_sealed(sealed)
        raise


def same_photo(file: CaseFile, camera_sha256: str, *, but: str = "") -> RecordState | None:
    """The photograph of a case, other than `but`, that was this very file as it was taken."""
    found = (photo for photo in file.photos for blob in photo.blobs if blob.camera_sha256 == camera_sha256)
    return next((photo for photo in found if photo.rec != but), None)


def _refuse_twice(file: CaseFile, taken: TakenPhoto, replaces: str) -> None:
    if same_photo(file, taken.camera_sha256, but=replaces) is not None:
        raise UserFixable("photo_already_there")


def _in_place_of(ctx: Context, one: Writing, asked: Prepared, saved: Saved) -> Saved:
    """Withdraws the photograph that the one just written stands for, in the same transaction."""
    if not asked.replaces:
        return saved
    root = casefiles.need_record(ctx, "photo", asked.replaces).case
    why = "blacked_out" if root == asked.case else "put_into_case"
    gone = one.append(Intent("photo", "withdraw", asked.replaces, root, {"withdrawn_reason": why}, why=why))
    return Saved(saved.changes | gone.changes, saved.rec, saved.rev_id)


def _given(taken: TakenPhoto, **said: Value | None) -> dict[str, Value | None]:
    """The fields of a photograph's record that hold something."""
    said |= {
        "warnings": " ".join(taken.warnings), "source": taken.source if taken.source != "camera" else None,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value is not None and value != ""}


def _facts(ctx: Context, file: CaseFile, rec: str, taken: TakenPhoto, state: str) -> PhotoFacts | None:
    """What DICOM says around a JPEG that may stand in it as it is; None for any other picture.

    The coded picture is never touched; an object for others is built anew from it when it is exported.
    """
    from reset_or.images.dicom_frame import encapsulable
    from reset_or.images.kinds import JPEG

    if taken.mime != JPEG or taken.turn != 1 or not encapsulable(taken.data):
        return None
    studied_at = ctx.clock.now_at() if taken.captured_at is None else taken.captured_at
    zone_min = ctx.clock.offset_min() if taken.captured_zone_min is None else taken.captured_zone_min
    return facts_of(
        ctx, file, photo=rec, studied_at=studied_at, mime=taken.mime, state=state, source=taken.source,
        warnings=" ".join(taken.warnings), captured_at=taken.captured_at, zone_min=zone_min,
    )  # fmt: skip


def photo_preview(ctx: Context, *, photo: str, max_side: int) -> Preview:
    """Upright RGB pixels of at most `max_side`, decoded in the sandbox.

    Codes: `photo_not_here` (still at the centre), `photo_key_not_here` (this device has no site key yet).
    """
    data, mime, turn = open_photo(ctx, photo=photo)
    return decode(data, mime, turn, max_side)


def decode(data: bytes, mime: str, turn: int, max_side: int) -> Preview:
    """Upright RGB pixels of an opened photograph. Needs no store: the slow half, for the net lane."""
    from reset_or.images.sandbox import preview

    return preview(data, mime, turn, max_side)


def decode_whole(data: bytes, mime: str, turn: int, blank: Callable[[int, int], C]) -> C:
    """Upright pixels at full size, for measuring: `blank(w, h)` is filled with them, and nothing else holds
    them. Needs no store: the slow half, for the net lane.
    """
    from reset_or.images.sandbox import pixels_into

    made: list[C] = []

    def room(w: int, h: int) -> memoryview:
        made.append(blank(w, h))
        return made[0].room

    pixels_into(data, mime, turn, room)
    return made[0]


def open_photo(ctx: Context, *, photo: str) -> tuple[bytes, str, int]:
    """(picture, mime, turn) of a stored photograph, verified against its hash."""
    return unseal(find_photo(ctx, photo=photo))


def find_photo(ctx: Context, *, photo: str) -> SealedPhoto:
    """Where a stored photograph lies and what opens it. The quick half, which needs the store."""
    from reset_or.actions.installation import identities
    from reset_or.images import seal

    rows = ctx.store.revisions(photo)
    if not rows or rows[0].form != "photo":
        raise UserFixable("photo_unknown")
    file = casefiles.need(ctx, rows[0].case)
    state = next((each for each in file.photos if each.rec == photo), None)
    if state is None or state.withdrawn or not state.blobs:
        raise UserFixable("photo_unknown")
    blob = state.blobs[0]
    seen = viewer(ctx, case=state.case)
    if blob.id in seen.erasures:
        raise UserFixable("erased_by_order")
    if blob.id not in seen.blobs_here:
        raise EnvironmentTrouble("photo_not_here")
    keys = identities(ctx.store, ctx.site)
    if not keys:
        raise EnvironmentTrouble("photo_key_not_here")
    path = seal.blob_path(ctx.home.blobs, blob.id)
    return SealedPhoto(path, tuple(keys), blob.sha256, blob.mime, blob.turn)


def unseal(sealed: SealedPhoto) -> tuple[bytes, str, int]:
    """(picture, mime, turn), verified against its hash. Needs no store: 20 MB take a tenth of a second.

    The picture is JPEG or PNG whatever it was sealed as: out of a DICOM file comes the JPEG that went in.
    """
    from reset_or.images import seal
    from reset_or.images.dicom_frame import picture_of

    if not sealed.path.exists():
        raise TrustBroken("blob_vanished", blob=sealed.path.name)
    plain = seal.open_photo(sealed.path, sealed.keys, sha256=sealed.sha256)
    return *picture_of(plain, sealed.mime), sealed.turn


def withdraw_photo(ctx: Context, *, photo: str, reason: str) -> Saved:
    """Takes a photograph out of its case (wrong subject, wrong picture); it stays readable in the trail."""
    rows = ctx.store.revisions(photo)
    if not rows or rows[0].form != "photo":
        raise UserFixable("photo_unknown")
    intent = Intent("photo", "withdraw", photo, rows[0].case, {"withdrawn_reason": reason}, why=reason)
    return write(ctx, intent)
