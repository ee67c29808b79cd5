"""What the campaigns share: `full` is true under `make faults`, false in the suite."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.fakes.postgres import Cluster, running_cluster


@pytest.fixture
def full() -> bool:
    """`make faults` sets the hypothesis profile `campaign`; the suite runs the short counts."""
    return os.environ.get("HYPOTHESIS_PROFILE") == "campaign"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster
