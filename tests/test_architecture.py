"""The floor plan and the habits of the source, held by a machine: imports, sizes, heads, names, files.

The list of what is longer than its budget stands in `data/budget_exceptions.toml` and only shrinks.
"""

from __future__ import annotations

import ast
import hashlib
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILE_LINES, CLASS_LINES, FUNCTION_LINES = 400, 250, 40
# What screens reach only through `reset_or.workspace` and `reset_or.actions`.
INSIDE = ("central", "images", "keys", "reports", "revisions", "store", "sync", "wire")
# `reset-or` without arguments opens the application: the one place where the core starts the screens by name.
THE_DOOR = ("reset_or/cli/main.py", "ui.app")
TEXT = {".py", ".toml", ".md", ".cfg", ".ini", ".txt", ".lock", ".spec", ".yml", ".yaml", ".json", ""}


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that is or would be in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        names = listed.stdout.decode().split("\0")
        return tuple(ROOT / name for name in names if name and (ROOT / name).is_file())
    # An unpacked archive has no git: then the folders that make up the project.
    folders = ("reset_or", "ui", "resources", "tests", "docs", ".ci")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    return tuple(path for path in found if "__pycache__" not in path.parts)


def sources(*tops: str) -> list[Path]:
    return [
        path
        for path in project_files()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in (tops or ("reset_or", "ui"))
    ]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def where(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_imports_follow_the_floor_plan() -> None:
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as run; run()",
            "--no-cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"[1-9]\d* kept, 0 broken", run.stdout), run.stdout


@pytest.mark.parametrize(
    ("tops", "banned"),
    [
        (("reset_or",), {"PySide6", "shiboken6", "ui", "tests"}),
        (("ui/viewmodels",), {"PySide6", "shiboken6"}),
        (("ui",), {f"reset_or.{name}" for name in INSIDE} | {"tests"}),
    ],
    ids=["core", "view models", "screens"],
)
def test_who_may_import_what(tops: tuple[str, ...], banned: set[str]) -> None:
    """Beside import-linter, which does not look into functions that import late by name."""
    broken = []
    for path in sources("reset_or", "ui"):
        if not where(path).startswith(tuple(f"{top}/" for top in tops)):
            continue
        for name in _imported(tree(path)):
            if (where(path), name) != THE_DOOR and any(
                name == one or name.startswith(f"{one}.") for one in banned
            ):
                broken.append(f"{where(path)} imports {name}")
    assert not broken, "\n".join(broken)


def _imported(module: ast.Module) -> list[str]:
    names: list[str] = []
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
            names += [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
    return names


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def too_long() -> dict[str, int]:
    """What is longer than its budget: `file` or `file::name` -> lines."""
    found: dict[str, int] = {}
    for path in sources("reset_or", "ui", "resources", "tests"):
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > FILE_LINES:
            found[where(path)] = lines
        for name, node in _definitions(tree(path)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > (CLASS_LINES if isinstance(node, ast.ClassDef) else FUNCTION_LINES):
                found[f"{where(path)}::{name}"] = length
    return found


Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _definitions(node: ast.AST, before: str = "") -> list[tuple[str, Definition]]:
    found: list[tuple[str, Definition]] = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            name = f"{before}{child.name}"
            found += [(name, child), *_definitions(child, f"{name}.")]
        else:
            found += _definitions(child, before)
    return found


def test_sizes_stay_in_their_budgets() -> None:
    """A longer piece must be split; one that got shorter gives its place in the list back."""
    allowed = tomllib.loads((ROOT / "tests/data/budget_exceptions.toml").read_text(encoding="utf-8"))
    actual = too_long()
    grown = {name: lines for name, lines in actual.items() if lines > allowed.get(name, 0)}
    shrunk = {name: actual.get(name, 0) for name, lines in allowed.items() if actual.get(name, 0) < lines}
    assert not grown, "split these:\n" + "\n".join(f"{name} {lines}" for name, lines in grown.items())
    assert shrunk == {}, "write the smaller number into budget_exceptions.toml (0: take the line out)"


def test_every_module_says_what_it_owns() -> None:
    heads = {where(path): ast.get_docstring(tree(path)) for path in sources("reset_or", "ui", "resources")}
    headless = [name for name, head in heads.items() if not head]
    assert not headless, "\n".join(headless)


def test_no_bare_protocol() -> None:
    """`protocol` alone means two things here: say trial or wire. typing.Protocol is a type, not a name."""
    broken = []
    for path in sources("reset_or", "ui"):
        names = {path.stem, *path.relative_to(ROOT).parts[:-1]}
        for node in ast.walk(tree(path)):
            if isinstance(node, Definition):
                names.add(node.name)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
            elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.id if isinstance(node, ast.Name) else node.attr)
        broken += [f"{where(path)}: {name}" for name in names if name.lower() in ("protocol", "protocols")]
    assert not broken, "\n".join(broken)


# Put together here so that this file does not find itself.
FORBIDDEN = {
    "the address of a package registry": [
        "py" + "pi.org", "python" + "hosted.org", "(?<!no-emit)--" + "index-url", "--extra-" + "index-url",
        "(?<!no-emit)--" + "find-links", "index" + "-url *=", "registry.npm" + "js",
    ],
    "a path of one machine": [r"\.\./" + "shared", "/work" + "/", "/" + "root/", r"C:\\" + "Users"],
}  # fmt: skip


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_no_file_holds(kind: str) -> None:
    pattern = re.compile("|".join(FORBIDDEN[kind]), re.IGNORECASE)
    broken = []
    for path in project_files():
        if path.suffix not in TEXT:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        broken += [f"{where(path)}: {hit.group()}" for hit in pattern.finditer(text)]
    assert not broken, "\n".join(broken)


def test_the_lock_names_versions_and_hashes_only() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pinned = re.compile(r"[a-z0-9][a-z0-9._-]*==[^ ]+( ; [^\\]+)? \\")
    digest = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
    other = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in other if not pinned.fullmatch(line) and not digest.fullmatch(line)] == []
    assert sum(bool(pinned.fullmatch(line)) for line in other) > 40


def test_the_lock_holds_every_dependency_that_pyproject_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        wanted += extra
    names = {re.match(r"[A-Za-z0-9._-]+", line).group().lower().replace("_", "-") for line in wanted}  # type: ignore[union-attr]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {line.split("==")[0] for line in lock.splitlines() if re.match(r"[a-z0-9]", line)}
    assert names - locked == set()


def test_the_licence_is_the_whole_text() -> None:
    text = (ROOT / "LICENSE").read_bytes()
    assert (
        hashlib.sha256(text).hexdigest() == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
    )


def test_tests_have_no_packages() -> None:
    """With an `__init__.py`, `tests/ui` would shadow `ui`."""
    assert [where(path) for path in sources("tests") if path.name == "__init__.py"] == []
