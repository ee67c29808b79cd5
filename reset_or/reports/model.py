"""What a case sheet says: one frozen value that actions fill from a gated view. No reportlab, no rule.

Texts arrive in the language of the sheet, as the screen shows them; codes arrive as codes. The sheet's own
headings come from resources/translations/report.toml. What must not be shown is absent here already; the
edition and `reference_only` are held a second time by the drawing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Edition = Literal["chart", "research"]
Plate = Literal["ok", "neutral", "short", "long", "estimate", "empty"]


@dataclass(frozen=True)
class Labelled:
    """One pair of the identity block: sex, age, room, planned date, initials, site ..."""

    label: str
    value: str


@dataclass(frozen=True)
class ArmPlate:
    """The arm as a word with its targets in cm (`10 / 5 cm`); `note` such as "arm not yet confirmed"."""

    word: str
    targets: str = ""
    note: str = ""


@dataclass(frozen=True)
class BandsMm:
    """Limits of one end in mm from the tumour's edge; `tolerance_high_mm` None where there is none."""

    tolerance_low_mm: int
    range_low_mm: int
    range_high_mm: int
    tolerance_high_mm: int | None = None


@dataclass(frozen=True)
class MarginEnd:
    """One end as its card shows it.

    `value` is the length in `unit` as text, or why there is none; `length_mm` places the cut line in the
    diagram (None: no line) and `estimated` draws it dashed. `target` is the line of targets. `verdict` is
    the code, `word` its word, `delta` the signed distance from the target, `plate` what carries them.
    `captions` are sentences below: the estimate with its interval, the allowance, who typed it later.
    """

    title: str
    value: str
    unit: str = ""
    state: str = ""
    length_mm: int | None = None
    estimated: bool = False
    target: str = ""
    bands: BandsMm | None = None
    verdict: str = ""
    word: str = ""
    delta: str = ""
    plate: Plate = "empty"
    captions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tumour:
    """`length_mm` None: not recorded, drawn as a symbol. `appearance`: the codebook's code or ""."""

    length_mm: int | None = None
    appearance: str = ""
    caption: str = ""


@dataclass(frozen=True)
class CaseLine:
    """The verdict of the case (`verdict` code and `word`), its `status` as text, and further lines."""

    status: str
    verdict: str = ""
    word: str = ""
    plate: Plate = "neutral"
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class SafetyLine:
    """A passed safety line: `code` safety_alert or safety_critical, and the neutral sentence."""

    code: str
    text: str


@dataclass(frozen=True)
class ReadingRow:
    """One row of the table of readings, all as text."""

    end: str
    length: str
    state: str
    method: str
    measured_by: str
    recorded_by: str
    time: str
    remark: str = ""


@dataclass(frozen=True)
class PhotoPath:
    """A path on a picture, in its pixels. `kind`: proximal, distal, tumour or ruler; `repeated`: a further
    reading of the same path; `label` stands beside it."""

    kind: str
    points: tuple[tuple[float, float], ...]
    label: str = ""
    repeated: bool = False


@dataclass(frozen=True)
class MeasuredRow:
    """One length from a photograph, all as text; `ruler`: what was typed for the same end and state."""

    end: str
    length: str
    readings: str
    state: str
    ruler: str = ""
    remark: str = ""


@dataclass(frozen=True)
class SheetPhoto:
    """An upright decoded picture: `rgb` holds w * h * 3 bytes. Hashes are hex and printed whole.

    `sha256` is of the stored file, `camera_sha256` of the file as taken; `facts` are further pairs
    (state, taken by, time of capture with zone, size). Where something was measured on it: `paths` in pixels
    of this picture, `px_per_mm` of this picture for the scale bar, `measured` and the facts of its `scale`.
    """

    rgb: bytes
    w: int
    h: int
    sha256: str
    camera_sha256: str
    caption: str = ""
    facts: tuple[Labelled, ...] = ()
    paths: tuple[PhotoPath, ...] = ()
    px_per_mm: float = 0.0
    measured: tuple[MeasuredRow, ...] = ()
    scale: tuple[Labelled, ...] = ()


@dataclass(frozen=True)
class SignatureRow:
    """One signature: printed name, role, meaning, time with zone, how the person proved themselves."""

    name: str
    role: str
    meaning: str
    time: str
    reauth: str
    note: str = ""


@dataclass(frozen=True)
class CaseSheet:
    """One case, one person's view of it, one edition.

    `chart`: values, state and photograph, for the hospital's chart, never a verdict. `research`: with
    verdicts, where `reference_only` is not set (the scheme is not approved by the principal investigator:
    numbers and a watermark only). `blinded`: arm and targets are withheld from this reader; `arm` is None
    then. `revisions` are the ids that the sheet was drawn from. `printed_at` is UTC ms.
    """

    study: str
    nct: str
    edition: Edition
    subject: str
    site: str
    identity: tuple[Labelled, ...]
    proximal: MarginEnd
    distal: MarginEnd
    scheme: str
    printed_at: int
    zone_min: int
    printed_by: str
    arm: ArmPlate | None = None
    blinded: bool = False
    demo: bool = False
    reference_only: bool = False
    tumour: Tumour = Tumour()
    case: CaseLine | None = None
    safety: SafetyLine | None = None
    readings: tuple[ReadingRow, ...] = ()
    photos: tuple[SheetPhoto, ...] = ()
    signatures: tuple[SignatureRow, ...] = ()
    notes: tuple[str, ...] = ()
    revisions: tuple[str, ...] = ()
    version: str = ""

    @property
    def shows_verdicts(self) -> bool:
        """The one rule about verdict words on paper: research edition, approved scheme, not blinded."""
        return self.edition == "research" and not self.reference_only and not self.blinded

    @property
    def shows_targets(self) -> bool:
        """Targets and bands: never in the chart edition, never for a blinded reader."""
        return self.edition == "research" and not self.blinded
