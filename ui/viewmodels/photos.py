"""The photos page without widgets: files taken in one after another, and what is known of each photo.

One bad file is refused by name and stops no other. Decoded pixels live here only while the page is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from reset_or.actions import cases, photos
from reset_or.actions.views import CaseView, PhotoView
from reset_or.base.clock import Clock, local_text
from reset_or.base.errors import ResetOrError
from reset_or.base.words import explain
from reset_or.record.codebook import label
from ui.viewmodels.photo_intake import Intake, Job, Source
from ui.viewmodels.port import Net, Port

THUMB_SIDE: Final = 200
LARGE_SIDE: Final = 2600
SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".heic", ".heif", ".dcm")
STATES: Final = ("in_vivo", "exteriorised", "fresh_unpinned", "fixed_unpinned")


class Pixels(Protocol):
    """Decoded pixels as the sandbox gives them: `rgb` holds w * h * 3 bytes."""

    @property
    def w(self) -> int: ...

    @property
    def h(self) -> int: ...

    @property
    def rgb(self) -> bytes: ...


@dataclass(frozen=True)
class Row:
    """One line of the list: a photo, or a file that is on its way or was refused."""

    key: str
    title: str
    detail: str
    note: str
    tone: str
    icon: str
    rec: str = ""

    @property
    def spoken(self) -> str:
        return ", ".join(part for part in (self.title, self.detail, self.note) if part)


@dataclass(frozen=True)
class Fact:
    """A name and its value, for the panel below the picture; `mono` for hashes."""

    name: str
    value: str
    mono: bool = False


class Opener:
    """Sealed files become pixels: found on the store lane, which has the keys, opened and decoded by `net`.

    So a save never waits for a picture. After `forget` nothing that was asked before arrives any more.
    """

    def __init__(self, port: Port, net: Net) -> None:
        self._port, self._net = port, net
        self._look = 0

    def forget(self) -> None:
        self._look += 1

    def ask(
        self, rec: str, side: int, got: Callable[[Pixels], None], failed: Callable[[ResetOrError], bool]
    ) -> None:
        """The pixels of a photo, at most `side` px wide and high."""
        look = self._look

        def found(sealed: photos.SealedPhoto) -> None:
            if look == self._look:
                self._net(lambda: photos.decode(*photos.unseal(sealed), side), shown, refused)

        def shown(pixels: Pixels) -> None:
            if look == self._look:
                got(pixels)

        def refused(error: ResetOrError) -> bool:
            return look != self._look or failed(error)

        self._port.run(photos.find_photo, found, failed=refused, photo=rec)


class PhotosModel:
    """`net` runs work off the store lane: the slow halves of taking a file in and of looking at one."""

    def __init__(self, port: Port, clock: Clock, net: Net, changed: Callable[[], None]) -> None:
        self.port, self.clock, self._net, self.changed = port, clock, net, changed
        self.view: CaseView | None = None
        self.case = ""
        self.intake = Intake(port, clock, net, changed, self._sealed)
        self.carry: list[Source] = []
        self.chosen = ""
        self.thumbs: dict[str, Pixels] = {}
        self.large: tuple[str, Pixels] | None = None
        self.trouble: dict[str, str] = {}
        self._asked: set[str] = set()
        self._opener = Opener(port, net)
        self._opening = ""

    # the case -----------------------------------------------------------------------------------------
    def open(self, case: str) -> None:
        """Another case starts with nothing chosen; files still on their way go on into their own case."""
        if case != self.case:
            self.case, self.view, self.chosen, self.intake.bowel = case, None, "", ""
            self.intake.open()
            self.forget_pixels()
        self.reload()

    def reload(self) -> None:
        case = self.case

        def done(view: CaseView) -> None:
            if case == self.case:
                self.view = view
                self.intake.tidy(lambda rec: self.photo(rec) is not None)
                if view.photos:
                    self.choose(self.chosen if self.photo(self.chosen) else view.photos[-1].rec)
                self._next_thumb()
                self.changed()
                carried, self.carry = self.carry, []
                self.add(carried)

        self.port.run(cases.case_view, done, case=case)

    def forget_pixels(self) -> None:
        """Leaving, cover and lock: nothing decoded stays."""
        self._opener.forget()
        self.thumbs.clear()
        self.trouble.clear()
        self._asked.clear()
        self.large, self._opening = None, ""

    # taking in ------------------------------------------------------------------------------------------
    @property
    def may_attach(self) -> bool:
        view = self.view
        return view is not None and (view.may_record or view.may_measure) and not view.read_only

    def add(self, found: Sequence[Path | Source]) -> None:
        """More files, pasted pictures or shots for this case."""
        sources = [each if isinstance(each, Source) else Source(each.name, each) for each in found]
        if self.may_attach and sources:
            self.intake.add(sources, self.case)

    def _sealed(self, rec: str) -> None:
        self.chosen = rec

    # looking --------------------------------------------------------------------------------------------
    def photo(self, rec: str) -> PhotoView | None:
        if self.view is None:
            return None
        return next((photo for photo in self.view.photos if photo.rec == rec), None)

    def choose(self, rec: str) -> None:
        """Show this photo large; it is decoded in the sandbox."""
        photo = self.photo(rec)
        if photo is None:
            return
        self.chosen = rec
        shown = self.large is not None and self.large[0] == rec
        if photo.here and not shown and self._opening != rec:
            self.large, self._opening = None, rec
            self._opener.ask(
                rec, LARGE_SIDE, lambda pixels: self._got_large(rec, pixels),
                lambda error: self._no_pixels(rec, error),
            )  # fmt: skip
        self.changed()

    def _got_large(self, rec: str, pixels: Pixels) -> None:
        self._opening = ""
        if rec == self.chosen:
            self.large = (rec, pixels)
            self.changed()

    def _no_pixels(self, rec: str, error: ResetOrError) -> bool:
        self._opening = ""
        self.trouble[rec] = explain(error, self.port.language)[0]
        self.changed()
        return True

    def _next_thumb(self) -> None:
        """One at a time, so that saves go between."""
        if self.view is None:
            return
        photo = next((p for p in self.view.photos if p.here and p.rec not in self._asked), None)
        if photo is None:
            return
        rec = photo.rec
        self._asked.add(rec)

        def got(pixels: Pixels) -> None:
            self.thumbs[rec] = pixels
            self._next_thumb()
            self.changed()

        def failed(error: ResetOrError) -> bool:
            self._no_pixels(rec, error)
            self._next_thumb()
            return True

        self._opener.ask(rec, THUMB_SIDE, got, failed)

    # words ----------------------------------------------------------------------------------------------
    def rows(self) -> tuple[Row, ...]:
        """Files on their way and refused ones first, then the photos, newest first."""
        # A file that is sealed keeps its line until its photo is in the view, so that the list never blinks.
        found = [self._job_row(job) for job in self._unseen()]
        if self.view is not None:
            count = len(self.view.photos)
            numbered = [self._photo_row(photo, i + 1) for i, photo in enumerate(self.view.photos)]
            found += [numbered[count - 1 - i] for i in range(count)]
        return tuple(found)

    def _unseen(self) -> list[Job]:
        mine = [job for job in self.intake.jobs if job.case == self.case]
        return [job for job in mine if job.state != "done" or self.photo(job.rec) is None]

    def _job_row(self, job: Job) -> Row:
        say = self.port.say
        icons = {
            "refused": "octagon-alert", "stopped": "x", "dropped": "x", "waiting": "clock", "asking": "eye",
            "asked": "triangle-alert",
        }  # fmt: skip
        detail = job.title if job.state == "refused" else say(f"photos.job_{job.state}", label=job.label)
        note = say("photos.job_asking_note") if job.state == "asking" else job.advice
        tone = {"refused": "bad", "asking": "short", "asked": "short"}.get(job.state, "text2")
        return Row(f"job{job.number}", job.source.name, detail, note, tone, icons.get(job.state, "upload"))

    def _photo_row(self, photo: PhotoView, number: int) -> Row:
        say, language = self.port.say, self.port.language
        kind = photo.mime.rpartition("/")[2].upper()
        detail = f"{photo.w} × {photo.h} {kind}"
        if photo.state:
            detail = f"{label('state', photo.state, language)} · {detail}"
        warned = bool(photo.warnings) or photo.rec in self.trouble
        note = say("photos.has_notes", n=len(photo.warnings)) if photo.warnings else label(
            "ledger", photo.ledger, language
        )  # fmt: skip
        title = photo.caption or say("photos.numbered", n=number)
        icon = "triangle-alert" if warned else "image"
        return Row(photo.rec, title, detail, note, "short" if warned else "text2", icon, photo.rec)

    def facts(self) -> tuple[Fact, ...]:
        """What is known of the chosen photo; times by this device's zone."""
        photo, say, language = self.photo(self.chosen), self.port.say, self.port.language
        if photo is None or self.view is None:
            return ()
        zone = self.clock.offset_min()
        captured = say("photos.captured_unknown")
        if photo.captured_at is not None:
            captured = local_text(photo.captured_at, zone)
        taken_by = self.view.people.get(photo.taken_by, photo.taken_by)
        reason = photo.label_reason and label("label_reason", photo.label_reason, language)
        named = ", ".join(part for part in (photo.label, reason) if part)
        return (
            Fact(say("photos.captured"), captured),
            *((Fact(say("photos.label"), named),) if named else ()),
            Fact(say("photos.added"), f"{local_text(photo.added_at, zone)}, {taken_by}"),
            Fact(say("photos.ledger"), label("ledger", photo.ledger, language)),
            Fact(say("photos.sha256"), photo.sha256, True),
            Fact(say("photos.camera_sha256"), photo.camera_sha256, True),
        )

    def warnings(self) -> tuple[str, ...]:
        """What is odd about the chosen photo, in words."""
        photo = self.photo(self.chosen)
        if photo is None:
            return ()
        codes = [c for c in photo.warnings if c != "text_likely" or photo.burned_in is None]
        found = [self.port.say(f"photos.warn_{code}") for code in codes]
        if photo.burned_in is False:
            found.append(self.port.say("photos.said_clean"))
        if not photo.here:
            found.append(self.port.say("photos.not_here"))
        if photo.rec in self.trouble:
            found.append(self.trouble[photo.rec])
        return tuple(found)


def usable(names: list[str]) -> list[Path]:
    """Paths of dropped or chosen files, in order, each once; anything is passed on to be refused by name."""
    return list(dict.fromkeys(Path(name) for name in names if name))
