"""What the campaigns share: `full` is true under `make faults`, false in the suite; the page of results."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.fakes.postgres import Cluster, running_cluster
from tests.faults.report import NAME, Line, Page, taken
from tests.faults.template import Template, make_template

_page = Page()


def _is_campaign() -> bool:
    return os.environ.get("HYPOTHESIS_PROFILE") == "campaign"


@pytest.fixture
def full() -> bool:
    """`make faults` sets the hypothesis profile `campaign`; the suite runs the short counts."""
    return _is_campaign()


@pytest.fixture
def template(tmp_path: Path) -> Template:
    return make_template(tmp_path, 3)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test noted travels with its report, which also comes out of a worker process."""
    made = yield
    made.user_properties += [("campaign", dataclasses.asdict(line)) for line in taken()]
    return made


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _page.lines += [Line(**value) for name, value in report.user_properties if name == "campaign"]
    if report.failed:
        _page.broken.append(f"{report.nodeid} ({report.when})")
    if report.skipped:
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _page.left_out.append(f"{report.nodeid}: {why}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Only the process that hears of all tests writes, and only under `make faults`."""
    if _is_campaign() and not hasattr(session.config, "workerinput") and (_page.lines or _page.broken):
        text = _page.text()
        Path(NAME).write_text(text, encoding="utf-8")
        print(f"\n\n{text}\nThis page is in {NAME}.")
