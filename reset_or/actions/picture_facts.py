"""What a DICOM object says of a photograph, taken from the case as it stands now. Builds nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from reset_or.actions.casefile import CaseFile
from reset_or.actions.context import Context
from reset_or.actions.gate import NCT
from reset_or.actions.site_name import site_name
from reset_or.record.codebook import codes, label

if TYPE_CHECKING:
    from reset_or.images.dicom_facts import PhotoFacts

_LOST_DETAIL: Final = ("converted_from_heic", "lossy_before")


def facts_of(
    ctx: Context,
    file: CaseFile,
    *,
    photo: str,
    studied_at: int,
    mime: str,
    state: str = "",
    source: str = "",
    warnings: str = "",
    **more: Any,
) -> PhotoFacts:
    """The values of one photograph, saved or about to be saved.

    `mime` is that of the picture itself; `warnings` the codes of its record, space separated; `more`
    are further fields of PhotoFacts; without `zone_min` the computer's zone is written.
    """
    from reset_or.images.dicom_facts import PhotoFacts

    said, odd = file.case.fields(), warnings.split()
    otherwise: Literal["other", ""] = "other" if any(sign in odd for sign in _LOST_DETAIL) else ""
    return PhotoFacts(
        trial=NCT,
        site=str(said.get("site") or file.case.site),
        case=file.case.rec,
        photo=photo,
        studied_at=studied_at,
        series=("", *codes("state")).index(state) + 1,
        subject=str(said.get("subject") or ""),
        site_name=site_name(ctx),
        specimen=str(said.get("label") or ""),
        state=state,
        scope="endoscopic" if source == "tower" else "specimen",
        description=_description(state),
        srgb="colour_profile_removed" not in odd,
        lossy="jpeg" if mime == "image/jpeg" else otherwise,
        blackened="blacked_out" in odd,
        deidentified=source == "tower",
        **{"zone_min": ctx.clock.offset_min()} | more,
    )


def _description(state: str) -> str:
    """The state in both languages: whoever searches an archive searches in one of them."""
    return f"{label('state', state, 'en')} {label('state', state, 'zh')}" if state else "Photograph 照片"
