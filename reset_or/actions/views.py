"""What screens, commands and reports are given to show: frozen values, no rule, no store, no Qt.

Every one of these passes the gate `actions.gate.view`, so a blinded person's values are absent here, not
merely hidden: `arm` is "hidden", verdicts are "", other people's readings are missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reset_or.actions.photo_views import CalibrationView, SeriesView, SpecimenRow
from reset_or.record.points import Path

HIDDEN = "hidden"


@dataclass(frozen=True)
class Bands:
    """One end's limits in mm, inclusive; None where the scheme has no upper limit of that kind."""

    target_mm: int
    tolerance_low_mm: int
    range_low_mm: int
    range_high_mm: int
    tolerance_high_mm: int | None


@dataclass(frozen=True)
class Judgement:
    """A length judged against one arm's end by one version of the scheme.

    `plate`: trial.display.Plate (dim, bright, neutral, hatched, none); `tier`: silent, quiet,
    bright. `verdict` is the code; `show_word` says whether its word may be shown (signed scheme and its
    feedback), else the plate says "reference only". `delta_mm` is the in vivo length less the target.
    Ex vivo: `in_vivo_mm` with its interval, and `decisive`. `uncertain`: the stated uncertainty of a length
    from a photograph (`uncertainty_um`) crosses a limit; the verdict stays, its words say so.
    """

    verdict: str = ""
    plate: str = "none"
    tier: str = "silent"
    show_word: bool = False
    delta_mm: int | None = None
    in_vivo_mm: int | None = None
    low_mm: int | None = None
    high_mm: int | None = None
    decisive: bool | None = None
    safety: str = ""
    queries: tuple[str, ...] = ()
    needs_reason: bool = False
    unreliable: bool = False
    uncertain: bool = False
    uncertainty_um: int = 0


@dataclass(frozen=True)
class ReadingView:
    """One reading as it stands, with what may be done about it.

    On a photograph: `path` and `length_um` with its uncertainty; `to_repeat` after a new calibration;
    `hidden`: taken, but withheld from its own reader until the series is complete. `moved_from`: the specimen
    without a subject under which it was made.
    """

    rec: str
    end: str
    segment: str
    value_mm: int | None
    entered: str
    unit: str
    missing: str
    state: str
    edge: str
    method: str
    measured_by: str
    recorded_by: str
    role: str
    measured_at: int | None
    saved_at: int
    reading_no: int
    reason: str
    typed_later: bool
    transcribed: bool
    removed_min: int | None
    changes: int
    undo_to_mm: int | None
    judgement: Judgement
    signed: bool
    conflict: tuple[int, ...] = ()
    head: str = ""
    uncertified: bool = False
    not_authorised: int = 0
    landmark_offset_mm: int | None = None
    comment: str = ""
    photo: str = ""
    calibration: str = ""
    path: Path = ()
    length_um: int | None = None
    uncertainty_um: int | None = None
    to_repeat: bool = False
    hidden: bool = False
    moved_from: str = ""


@dataclass(frozen=True)
class EndView:
    """One end of one step: its main reading, extra segments, their sum, and the judgement of the sum."""

    end: str
    bands: Bands | None
    main: ReadingView | None = None
    extras: tuple[ReadingView, ...] = ()
    repeats: tuple[ReadingView, ...] = ()
    total_mm: int | None = None
    judgement: Judgement = field(default_factory=Judgement)
    needs_third: bool = False

    @property
    def entered(self) -> bool:
        return self.main is not None


@dataclass(frozen=True)
class StepView:
    """The `record` step (before transection) or the `specimen` step (ex vivo) of a case."""

    name: str
    proximal: EndView
    distal: EndView
    case_verdict: str = ""
    status: str = ""
    as_delivered: str = ""
    safety: str = ""
    queries: tuple[str, ...] = ()

    def end(self, name: str) -> EndView:
        return self.proximal if name == "proximal" else self.distal


@dataclass(frozen=True)
class SignatureView:
    rev_id: str
    user: str
    name: str
    role: str
    meaning: str
    at: int
    tz_min: int
    reauth: str
    readback_by: str
    covers_current: bool


@dataclass(frozen=True)
class PhotoView:
    rec: str
    blob: str
    caption: str
    state: str
    taken_by: str
    added_at: int
    w: int
    h: int
    turn: int
    mime: str
    sha256: str
    camera_sha256: str
    captured_at: int | None
    warnings: tuple[str, ...]
    here: bool
    ledger: str
    moved_from: str = ""
    burned_in: bool | None = None
    label: str = ""
    label_reason: str = ""


@dataclass(frozen=True)
class ConflictView:
    """Two versions of one field, both kept. `values`: (text of the value, who wrote it, when)."""

    rec: str
    form: str
    field: str
    values: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class RevisionView:
    """One line of a case's audit trail: who changed which field from what to what, when and why."""

    rev_id: str
    form: str
    act: str
    user: str
    role: str
    at: int
    tz_min: int
    changes: tuple[tuple[str, str, str, str], ...]
    standing: str
    received_at: int | None
    erased: bool = False


@dataclass(frozen=True)
class ErasedView:
    """Something that an order of erasure took. `form`: case | reading | photo; `at`: the order's time."""

    rec: str
    form: str
    reason_code: str
    at: int


@dataclass(frozen=True)
class CaseRow:
    """One row of the case list. `margins`: none | draft | saved | signed | confirmed | conflict."""

    rec: str
    subject: str
    sex: str
    age: int | None
    initials: str
    room: str
    planned_on: str
    arm: str
    margins: str
    photos: int
    unsent: int
    removed_at: int | None
    next_step: str
    waits_for_confirmation: bool = False
    specimen_waiting: bool = False


@dataclass(frozen=True)
class CaseView:
    """All that one person may see of one case, or of a specimen without a subject (`label` instead)."""

    rec: str
    subject: str
    site: str
    study: str
    nct: str
    demo: bool
    sex: str
    age: int | None
    initials: str
    room: str
    planned_on: str
    arm: str
    arm_confirmed: bool
    rand_no: str
    procedure: str
    tumour_length_mm: int | None
    tumour_appearance: str
    removed_at: int | None
    removed_late: bool
    scheme: str
    scheme_signed: bool
    feedback: str
    blinded: bool
    lifecycle: str
    record: StepView
    specimen: StepView
    readings: tuple[ReadingView, ...]
    signatures: tuple[SignatureView, ...]
    photos: tuple[PhotoView, ...]
    conflicts: tuple[ConflictView, ...]
    trail: tuple[RevisionView, ...]
    people: dict[str, str]
    unsent: int
    read_only: bool
    may_record: bool
    may_measure: bool
    withdrawn: bool = False
    not_authorised: int = 0
    erased: tuple[ErasedView, ...] = ()
    calibrations: tuple[CalibrationView, ...] = ()
    series: tuple[SeriesView, ...] = ()
    specimens: tuple[SpecimenRow, ...] = ()
    label: str = ""


@dataclass(frozen=True)
class ToSignRow:
    """One case that waits for the signature of the person who looks; where `meaning` is "attached", a
    specimen (`case` is its rec) that `recorded_by` has given to the subject."""

    case: str
    subject: str
    meaning: str
    recorded_by: str
    recorded_at: int
    due_at: int
    lines: tuple[dict[str, str | int], ...] = ()


@dataclass(frozen=True)
class LedgerItem:
    """One item of the sync page. `state`: draft | only_here | sending | at_relay | at_centre | needs_you."""

    item: str
    kind: str
    subject: str
    case: str
    size: int
    state: str
    sent_bytes: int = 0
    reason: str = ""
    at: int | None = None
    verb: str = ""


@dataclass(frozen=True)
class SyncView:
    """The sync page. `answer`: all_uploaded | at_relay | safely_stored | writing; counts of items.

    `at_relay`: items that the hospital's relay has and the centre has not, the oldest saved at
    `oldest_at_relay_at`; `only_here` and `oldest_unsent_at` are without them.

    `clock_off_ms`: the server's time less this device's, where they differ by more than five minutes.
    `reboot_test`: "", pending, passed or waived.
    `paused` and `minutes_left` only the screen's runner knows. `file_at`: when the last file to take away was
    written here; what is in it is not sent.
    """

    answer: str
    unfinished: int
    only_here: int
    photos_only_here: int
    sent: int
    total: int
    sent_bytes: int
    total_bytes: int
    oldest_unsent_at: int | None
    last_complete_at: int | None
    running: bool
    connected: bool | None
    problem: str
    retry_at: int | None
    items: tuple[LedgerItem, ...]
    practice: bool = False
    waiting_for_admission: bool = False
    clock_off_ms: int | None = None
    reboot_test: str = ""
    paused: bool = False
    minutes_left: int | None = None
    file_at: int | None = None
    at_relay: int = 0
    oldest_at_relay_at: int | None = None

    @property
    def stuck_at_relay(self) -> bool:
        """Whether what is at the relay goes no further: the centre took the relay's keys back."""
        return self.at_relay > 0 and self.problem == "relay_withdrawn"
