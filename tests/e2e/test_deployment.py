"""docs/deployment.md is typed as it stands there: every command and option exists, and the walk is walked."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reset_or.central import command
from reset_or.cli import main as cli
from tests.fakes.postgres import Cluster, running_cluster
from tests.fakes.server import ChildServer
from tests.fakes.trial import SyntheticTrial

REPO = Path(__file__).parents[2]
DOCUMENTS = [
    REPO / "README.md",
    REPO / "docs" / "deployment.md",
    REPO / "docs" / "object-storage.md",
    REPO / "docs" / "site-relay.md",
]
UNITS = [
    REPO / "docs" / "deployment" / name for name in ("reset-or-central.service", "reset-or-relay.service")
]
PROGRAMS = ("reset-or", "reset-or-central")
INSTALLED = "/opt/reset-or/bin/reset-or"
ENDS = {"|", ">", "&", ";", "<", ">>", "&&"}


def commands(path: Path) -> Iterator[list[str]]:
    """The words of every `reset-or` and `reset-or-central` command in the shell blocks of a document."""
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL) if path not in UNITS else [text]
    for block in blocks:
        for line in block.replace("\\\n", " ").splitlines():
            if "reset-or" not in line or line.startswith(("#", "Description")):
                continue
            yield from _commands(line.removeprefix("ExecStart="))


def _commands(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split, lexer.commenters = True, "#"
    found: list[str] | None = None
    first = True
    for word in [*lexer, ";"]:
        if word in ENDS:
            if found:
                yield found
            found, first = None, True
            continue
        if found is not None:
            found.append(word)
        elif (first and word in PROGRAMS) or word.startswith(INSTALLED):
            found = [Path(word).name]
        first = False


@pytest.mark.parametrize("path", [*DOCUMENTS, *UNITS], ids=lambda p: p.name)
def test_every_command_and_option_exists(path: Path) -> None:
    said = [words for words in commands(path) if "..." not in words]
    assert said or path.name == "object-storage.md"
    for program, *words in said:
        parser = command._parser() if program == "reset-or-central" else cli.build_parser(words)
        parser.parse_args([re.sub(r"\$\w+", "x", word) for word in words])


@pytest.mark.parametrize("path", [DOCUMENTS[1], DOCUMENTS[3]], ids=lambda p: p.name)
def test_links_lead_to_files(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for name in re.findall(r"\]\(([^)#]+)\)", text):
        assert (REPO / "docs" / name).is_file(), name
    for name in re.findall(r"`(docs/[\w./-]+)`", text):
        assert (REPO / name).exists(), name


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster


def test_the_walk_ends_with_a_restored_database(cluster: Cluster, tmp_path: Path) -> None:
    """Also of a backup: what `pg_dump` and `pg_restore` made serves again, in a new feed."""
    text = DOCUMENTS[1].read_text(encoding="utf-8")
    found = re.search(r"<!-- walk -->\n```sh\n(.*?)```", text, re.DOTALL)
    assert found is not None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ChildServer(SyntheticTrial(), tmp_path).prepare()
    folders = [Path(sys.executable).parent, cluster._bin]
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", found[1].replace("8443", str(port))],
        cwd=tmp_path,
        env=os.environ | {
            "PATH": os.pathsep.join([*map(str, folders), os.environ["PATH"]]),
            "PYTHONPATH": str(REPO), "PGHOST": str(cluster.folder), "PGUSER": cluster.owner,
        },
        capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    facts = json.loads((tmp_path / "status.json").read_text())["facts"]
    assert (facts["database"], facts["processes"], facts["photos"]) == ("postgresql", 2, "folder")
    assert "reset_or_database_up 1" in (tmp_path / "metrics.txt").read_text()
    assert json.loads((tmp_path / "restored.json").read_text())["feed"]
