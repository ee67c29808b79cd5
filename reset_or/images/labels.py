"""What of a decoder child's answer is a specimen label: texts that it read are believed only as labels."""

from __future__ import annotations

from typing import Any

from reset_or.record.specimen_label import SpecimenLabel, read_label


def labels_told(answer: dict[str, Any]) -> tuple[SpecimenLabel, ...]:
    """The labels in an answer that is not trusted, each once; whatever else was read is none."""
    texts = answer.get("labels")
    texts = texts if isinstance(texts, list) else []
    read = [read_label(text) for text in texts if isinstance(text, str)]
    return tuple(dict.fromkeys(label for label in read if label is not None))
