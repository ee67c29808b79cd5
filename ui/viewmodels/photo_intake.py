"""Files, pasted pictures and shots on their way into a case, one after another, without widgets.

One bad file is refused by name and stops no other; one in which text may stand waits for a person's answer
while the others go on, and so does one whose label names another subject. Nothing of them is stored before
the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from reset_or.actions import burned_text, photos, resealing, stills
from reset_or.base.clock import Clock
from reset_or.base.errors import ResetOrError
from reset_or.base.lanes import CancelToken
from reset_or.base.words import explain
from ui.viewmodels.port import Net, Port

_MOVING: Final = ("reading", "blackening", "sealing")
_OVER: Final = ("done", "refused", "stopped", "dropped")
LOOK_SIDE: Final = 2600


@dataclass(frozen=True)
class Source:
    """Where a photograph comes from: a file, or something that gives its bytes off the screen's thread.

    `taken_at` is this computer's time of a shot of its own camera. `still`: a photograph of the inbox that
    the tower sent; one person may put it into the case that has been open here since `opened_at`.
    """

    name: str
    take: Path | Callable[[], bytes] = bytes
    taken_at: int | None = None
    still: str = ""
    opened_at: int = 0


@dataclass(frozen=True)
class Job:
    """One file on its way into `case`. `state`: waiting, reading, asking (text), asked (label), blackening,
    sealing, done, refused, stopped, dropped.

    `rec` is the photo it became, `label` the other subject that its label names.
    """

    number: int
    source: Source
    state: str = "waiting"
    title: str = ""
    advice: str = ""
    rec: str = ""
    case: str = ""
    label: str = ""


def seal(
    port: Port, net: Net, ready: Any, done: Callable[[Any], None], failed: Callable[[ResetOrError], bool],
    cancel: CancelToken | None = None, *, record: Callable[..., Any] = photos.record_photo, **said: Any,
) -> None:  # fmt: skip
    """What comes after preparing: sealed on the net lane, then named in the store by `record`."""
    net(
        lambda: photos.seal_prepared(ready, cancel),
        lambda sealed: port.run(record, done, failed=failed, sealed=sealed, **said),
        failed,
    )


class Intake:
    """`sealed(rec)` after each photo. `bowel` is what is said of the bowel's state on new photos."""

    def __init__(
        self, port: Port, clock: Clock, net: Net, changed: Callable[[], None], sealed: Callable[[str], None]
    ) -> None:
        self.port, self.clock, self._net, self._changed, self._sealed = port, clock, net, changed, sealed
        self.jobs: list[Job] = []
        self.bowel = ""
        self._held: dict[int, Any] = {}
        self._labelled: dict[int, tuple[Any, bool | None]] = {}
        self._offered: set[int] = set()
        self._cancel = CancelToken()
        self._number = 0

    @property
    def busy(self) -> bool:
        """Something moves by itself; what waits for an answer does not."""
        return any(job.state == "waiting" or job.state in _MOVING for job in self.jobs)

    @property
    def begun(self) -> bool:
        """Files are on their way or were refused, or the bowel's state was said for those to come."""
        return bool(self.jobs or self.bowel)

    def progress(self) -> tuple[int, int]:
        """(finished, all) of the present batch."""
        return sum(job.state in _OVER for job in self.jobs), len(self.jobs)

    def open(self) -> None:
        """Another case is shown: what moves or waits for an answer goes on into its own."""
        self.jobs = [job for job in self.jobs if job.state in (*_MOVING, "asking", "asked")]

    def tidy(self, seen: Callable[[str], bool]) -> None:
        """What is done and seen needs no line any more."""
        if not self.busy:
            self.jobs = [job for job in self.jobs if job.state != "done" or not seen(job.rec)]

    def add(self, sources: Sequence[Source], case: str) -> None:
        """More files; they are taken in one at a time, in the order given."""
        if not self.busy:
            self.jobs = [job for job in self.jobs if job.state in ("asking", "asked")]
            self._cancel = CancelToken()
        for source in sources:
            self._number += 1
            self.jobs.append(Job(self._number, source, case=case))
        self._next()
        self._changed()

    def stop(self) -> None:
        """What is sealed stays; the file being read is dropped, and those that wait are not begun."""
        self._cancel.cancel()
        self.jobs = [replace(job, state="stopped") if job.state == "waiting" else job for job in self.jobs]
        self._changed()

    def _next(self) -> None:
        if any(job.state in _MOVING for job in self.jobs):
            return
        job = next((job for job in self.jobs if job.state == "waiting"), None)
        if job is None:
            return
        self._put(job, state="reading")
        zone, cancel, source = self.clock.offset_min(), self._cancel, job.source

        def taken(photo: Any, answered: bool | None = None) -> None:
            if cancel.cancelled:
                self._put(job, state="stopped")
                self._next()
            elif answered is None and burned_text.to_ask(photo):
                self._held[job.number] = photo
                self._put(job, state="asking")
                self._next()
            else:
                self._seal(job, photo, answered, cancel)

        if source.still:
            self._take_still(job, taken)
            return
        self._net(
            lambda: photos.take_in(source.take, zone_min=zone, name=source.name, taken_at=source.taken_at),
            taken, lambda error: self._refused(job, error),
        )  # fmt: skip

    def _take_still(self, job: Job, taken: Callable[[Any, bool | None], None]) -> None:
        """It is sealed already, in the inbox; what was said of text in it there holds here too."""

        def refused(error: ResetOrError) -> bool:
            return self._refused(job, error)

        def found(again: resealing.SealedAgain) -> None:
            self._net(
                lambda: resealing.take_again(again), lambda photo: taken(photo, again.said.burned_in), refused
            )

        self.port.run(resealing.find_again, found, failed=refused, photo=job.source.still)

    def _seal(
        self, job: Job, photo: Any, burned_in: bool | None, cancel: CancelToken | None, reason: str = ""
    ) -> None:
        """Only the first and the last of three steps are the store's, and short: saves never wait."""
        self._put(job, state="sealing")
        steps: tuple[Callable[..., Any], Callable[..., Any]] = (photos.prepare_photo, photos.record_photo)
        still: dict[str, Any] = {}
        if job.source.still:
            steps = stills.prepare_still, stills.record_still
            still = {"photo": job.source.still, "opened_at": job.source.opened_at}

        def prepared(ready: Any) -> None:
            seal(
                self.port, self._net, ready, attached, partial(self._refused, job), cancel, record=steps[1],
                **still,
            )  # fmt: skip

        def attached(saved: Any) -> None:
            self._sealed(str(saved.rec))
            self._put(job, state="done", rec=str(saved.rec))
            self._next()

        def failed(error: ResetOrError) -> bool:
            if error.code != "photo_label_other":
                return self._refused(job, error)
            self._labelled[job.number] = photo, burned_in
            self._put(job, state="asked", label=str(error.details["label"]))
            self._next()
            return True

        self.port.run(
            steps[0], prepared, failed=failed, case=job.case, taken=photo, state=self.bowel,
            burned_in=burned_in, label_reason=reason, **still,
        )  # fmt: skip

    # another subject's label ----------------------------------------------------------------------------
    def question(self, case: str) -> Job | None:
        """The first photograph for this case whose label names another subject."""
        return next((job for job in self.jobs if job.state == "asked" and job.case == case), None)

    def keep_here(self, job: Job, reason: str) -> None:
        """It belongs here all the same; why is recorded."""
        photo, burned_in = self._labelled.pop(job.number)
        self._seal(job, photo, burned_in, None, reason)

    def let_go(self, job: Job) -> Source:
        """It is not for this case; where it comes from, for the other one."""
        self._labelled.pop(job.number, None)
        self._put(job, state="dropped")
        return job.source

    # text in the picture --------------------------------------------------------------------------------
    def to_offer(self, case: str) -> Job | None:
        """A file of this case whose question nobody has seen yet. Each is offered once."""
        for job in self.jobs:
            if job.state == "asking" and job.case == case and job.number not in self._offered:
                self._offered.add(job.number)
                return job
        return None

    def asking(self, number: int) -> Job | None:
        return next((job for job in self.jobs if job.number == number and job.state == "asking"), None)

    def look(self, job: Job, got: Callable[[Any], None]) -> None:
        """`got(Looked)`: the picture and the regions proposed; where that fails the file is refused."""
        photo = self._held[job.number]
        self._net(
            lambda: burned_text.look(photo, max_side=LOOK_SIDE), got, lambda error: self._refused(job, error)
        )

    def answer(self, number: int, code: str, boxes: tuple[burned_text.Box, ...] = ()) -> None:
        """What the person said: `clean` (nothing in it names anybody), `black` (these regions), `drop`.

        Whoever blacks out says the same of what is left.
        """
        job = self.asking(number)
        if job is None:
            return
        if code == "black":
            photo = self._held[number]
            self._put(job, state="blackening")
            self._net(
                lambda: burned_text.black_out(photo, boxes), lambda black: self._answered(job, black),
                lambda error: self._refused(job, error),
            )  # fmt: skip
        elif code == "clean":
            self._answered(job, self._held[number])
        else:
            self._held.pop(number)
            self._put(job, state="dropped")

    def _answered(self, job: Job, photo: Any) -> None:
        self._held.pop(job.number, None)
        self._seal(job, photo, False, None)  # answered for this file; a stop before was for the others

    def _refused(self, job: Job, error: ResetOrError) -> bool:
        """The refusal stands beside the file's name, and the next file is begun."""
        self._held.pop(job.number, None)
        if error.code == "cancelled":
            self._put(job, state="stopped")
        else:
            title, advice = explain(error, self.port.language)
            self._put(job, state="refused", title=title, advice=advice)
        self._next()
        return True

    def _put(self, job: Job, **changes: Any) -> None:
        self.jobs = [replace(each, **changes) if each.number == job.number else each for each in self.jobs]
        self._changed()
