"""Lengths are whole millimetres everywhere; this module only writes and reads their text in centimetres."""

from __future__ import annotations


def cm_text(length_mm: int) -> str:
    """`54` -> `5.4`, `-4` -> `-0.4`."""
    sign = "-" if length_mm < 0 else ""
    whole, tenth = divmod(abs(length_mm), 10)
    return f"{sign}{whole}.{tenth}"


def signed_cm_text(length_mm: int) -> str:
    """`4` -> `+0.4`, `-8` -> `\u22120.8` (a true minus sign), `0` -> `\u00b10.0`."""
    sign = "+" if length_mm > 0 else "\u2212" if length_mm < 0 else "\u00b1"
    return sign + cm_text(abs(length_mm))
