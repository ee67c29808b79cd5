"""What the campaigns share: `full` is true under `make faults`, false in the suite."""

from __future__ import annotations

import os

import pytest


@pytest.fixture
def full() -> bool:
    """`make faults` sets the hypothesis profile `campaign`; the suite runs the short counts."""
    return os.environ.get("HYPOTHESIS_PROFILE") == "campaign"
