"""Reads the specimen labels in a photograph: asks the decoder child, believes only labels."""

from __future__ import annotations

from typing import Final

from reset_or.base.errors import OurBug, ResetOrError
from reset_or.images import sandbox
from reset_or.images.kinds import JPEG, PNG
from reset_or.record.specimen_label import SpecimenLabel, read_label

TIME_LIMIT_S: Final = 20.0


def labels_in(picture: bytes, mime: str, turn: int) -> tuple[SpecimenLabel, ...]:
    """The labels in a sound photograph, each once. One that cannot be read is none: it loses no photo."""
    if mime not in (JPEG, PNG) or not 1 <= turn <= 8:
        raise OurBug("photo_preview_request")
    request = {"task": "labels", "mime": mime, "turn": turn}
    try:
        answer, _ = sandbox.ask(request, picture, 0, time_limit_s=TIME_LIMIT_S)
    except ResetOrError:
        return ()
    texts = answer.get("labels")
    texts = texts if isinstance(texts, list) else []
    read = [read_label(text) for text in texts if isinstance(text, str)]
    return tuple(dict.fromkeys(label for label in read if label is not None))
