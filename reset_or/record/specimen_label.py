"""What the label of a specimen says, as QR and as a scanner types it: whose it is and which piece.

The text stays in QR's alphanumeric alphabet: a small code that a worn camera still reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from reset_or.record.codebook import codes

_LABEL: Final = re.compile(r"RESET-OR ([0-9]{2}-[0-9]{4}) ([A-Z])")
_LONGEST: Final = 64


@dataclass(frozen=True)
class SpecimenLabel:
    """`code`: a code of the list `specimen_code`, "A" the main specimen."""

    subject: str
    code: str


def label_text(label: SpecimenLabel) -> str:
    """`RESET-OR 03-0147 A`."""
    return f"RESET-OR {label.subject} {label.code}"


def read_label(untrusted_text: str) -> SpecimenLabel | None:
    """The label in a scanned or typed text; None where it is another one."""
    text = " ".join(untrusted_text[:_LONGEST].upper().split())
    found = _LABEL.fullmatch(text)
    if found is None or found[2] not in codes("specimen_code"):
        return None
    return SpecimenLabel(found[1], found[2])
