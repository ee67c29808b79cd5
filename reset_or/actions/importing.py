"""Import of cases and readings from CSV. Every refused row is reported; a bad row never stops a good one.

Import runs as the person at the keyboard and marks every reading `transcribed`; it never overwrites: a row
for something that exists is refused with `exists`, unless it is a reading and the row says `why` (a code of
that list): then it is a change like any other before confirmation. Imported pairs are provisional until
confirmed.

Columns: `kind` (case | reading) and `subject`; for cases `sex age initials room planned_on arm rand_no
procedure tumour_length_mm tumour_appearance`; for readings `end state length unit edge method measured_by
segment landmark_offset_mm measured_at missing why`. Other columns are ignored.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reset_or.actions import casefiles, cases, readings
from reset_or.actions.casefile import reading_of
from reset_or.actions.context import Context, Saved
from reset_or.actions.gate import is_blinded
from reset_or.base import ids
from reset_or.base.changes import Changes
from reset_or.base.errors import EnvironmentTrouble, ResetOrError, UserFixable
from reset_or.record.codebook import codes
from reset_or.trial.codes import Unit
from reset_or.trial.entry import parse_length

MAX_BYTES = 8 << 20
KINDS = ("case", "reading")
_DAMAGED = "\0damaged"
_NUMBERS = ("age", "tumour_length_mm", "landmark_offset_mm")


@dataclass(frozen=True)
class ImportRow:
    """One row of the file. `line` is its line number; `code` "" for what was taken."""

    line: int
    kind: str
    subject: str
    code: str = ""
    field: str = ""


@dataclass(frozen=True)
class ImportReport:
    """Every row with what became of it, and what was written."""

    rows: tuple[ImportRow, ...]
    changes: Changes

    @property
    def refused(self) -> tuple[ImportRow, ...]:
        return tuple(row for row in self.rows if row.code)


def import_csv(ctx: Context, *, path: Path) -> ImportReport:
    """Reads the whole file, then takes row by row, each in its own transaction."""
    rows, changes = [], Changes()
    for line, row in _read(path):
        kind, subject = row.get("kind", ""), row.get("subject", "")
        if _DAMAGED in row:
            rows.append(ImportRow(line, "", "", "csv_not_readable"))
            break
        try:
            saved = _take(ctx, kind, subject, row)
        except EnvironmentTrouble:
            raise  # a full disk is not the row's fault; what was taken before is safe
        except ResetOrError as error:
            where = str(error.details.get("field", error.details.get("query", "")))
            rows.append(ImportRow(line, kind, subject, error.code, where))
            continue
        changes |= saved.changes
        rows.append(ImportRow(line, kind, subject))
    return ImportReport(tuple(rows), changes)


def _read(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        untrusted = path.read_bytes()
    except FileNotFoundError as error:
        raise UserFixable("csv_not_found", path=path.name) from error
    except OSError as error:
        raise UserFixable("csv_not_readable", path=path.name) from error
    if len(untrusted) > MAX_BYTES:
        raise UserFixable("csv_too_large", limit_mib=MAX_BYTES >> 20)
    reader = csv.DictReader(io.StringIO(_text(untrusted), newline=""))
    if reader.fieldnames is None or not {"kind", "subject"} <= {(n or "").strip() for n in reader.fieldnames}:
        raise UserFixable("csv_columns_missing", columns="kind, subject")
    try:
        for row in reader:
            clean = {(k or "").strip(): (v or "").strip() for k, v in row.items() if isinstance(v, str)}
            if any(clean.values()):
                yield reader.line_num, clean
    except csv.Error:
        yield reader.line_num, {_DAMAGED: "1"}  # from here on nobody can say where a row begins


def _text(untrusted: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return untrusted.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UserFixable("csv_not_readable", path="")


def _take(ctx: Context, kind: str, subject: str, row: dict[str, str]) -> Saved:
    if kind not in KINDS:
        raise UserFixable("import_kind_unknown", field="kind")
    if not ids.SUBJECT.fullmatch(subject):
        raise UserFixable("subject_pattern", field="subject")
    numbers = {name: _number(row, name) for name in _NUMBERS}
    return _case(ctx, subject, row, numbers) if kind == "case" else _reading(ctx, subject, row, numbers)


def _number(row: dict[str, str], name: str) -> int | None:
    text = row.get(name, "")
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise UserFixable("not_a_whole_number", field=name) from None


def _case(ctx: Context, subject: str, row: dict[str, str], numbers: dict[str, int | None]) -> Saved:
    if ctx.store.revisions(ids.case_rec(ctx.study, subject)):
        raise UserFixable("exists", field="subject")
    return cases.register_case(
        ctx,
        subject=subject,
        sex=row.get("sex", ""),
        age=numbers["age"],
        initials=row.get("initials", ""),
        room=row.get("room", ""),
        planned_on=row.get("planned_on", ""),
        arm=row.get("arm", "") or "to_follow",
        rand_no=row.get("rand_no", ""),
        rand_no_again=row.get("rand_no", ""),
        procedure=row.get("procedure", "") or "anterior_resection",
        tumour_length_mm=numbers["tumour_length_mm"],
        tumour_appearance=row.get("tumour_appearance", ""),
    )


def _reading(ctx: Context, subject: str, row: dict[str, str], numbers: dict[str, int | None]) -> Saved:
    case = cases.find_case(ctx, subject=subject)
    end, state, segment = row.get("end", ""), row.get("state", ""), row.get("segment", "") or "main"
    for name, code in (("end", end), ("state", state), ("segment", segment)):
        if code not in codes(name):
            raise UserFixable("field_code_unknown", field=name)
    existing = _existing(ctx, case, (end, state, segment), row.get("why", ""))
    if existing:
        return _changed(ctx, existing, row)
    if missing := row.get("missing", ""):
        return readings.not_measured(ctx, case=case, end=end, state=state, missing=missing)
    value_mm, unit = _length(row)
    return readings.record_reading(
        ctx,
        case=case,
        end=end,
        value_mm=value_mm,
        entered=row["length"][:16],
        unit=unit,
        state=state,
        segment=segment,
        edge=row.get("edge", ""),
        method=row.get("method", ""),
        measured_by=row.get("measured_by", ""),
        landmark_offset_mm=numbers["landmark_offset_mm"],
        measured_at=_time(row.get("measured_at", "")),
        typed_later=True,
        transcribed=True,
    )


def _existing(ctx: Context, case: str, place: tuple[str, str, str], why: str) -> str:
    """The one reading that the row may change, "" where there is none; UserFixable("exists") otherwise."""
    file = casefiles.need(ctx, case)
    same = [s for s in file.readings if not s.withdrawn]
    same = [s for s in same if (r := reading_of(s)) and (r.end, r.state, r.segment) == place]
    if not same:
        return ""
    blinded = is_blinded(file, ctx.user, ctx.role_of(ctx.user))
    if not why or len(same) > 1 or (blinded and same[0].created_by != ctx.user):
        raise UserFixable("exists", field="end")
    if why not in codes("why"):
        raise UserFixable("field_code_unknown", field="why")
    return same[0].rec


def _changed(ctx: Context, reading: str, row: dict[str, str]) -> Saved:
    value_mm, unit = _length(row)
    said = {name: row[name] for name in ("edge", "method", "measured_by") if row.get(name)}
    return readings.change_reading(
        ctx,
        reading=reading,
        value_mm=value_mm,
        entered=row["length"][:16],
        unit=unit,
        fields={"transcribed": True, **said},
        why=row["why"],
    )


def _length(row: dict[str, str]) -> tuple[int, str]:
    """(mm, unit as typed)."""
    unit = row.get("unit", "") or "cm"
    if unit not in tuple(Unit):
        raise UserFixable("field_code_unknown", field="unit")
    typed = parse_length(row.get("length", ""), Unit(unit))
    if typed.mm is None:
        problem = typed.problem.value if typed.problem is not None else "not_a_number"
        raise UserFixable("length_refused", query=problem)
    return typed.mm, typed.unit.value


def _time(text: str) -> int | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UserFixable("field_bad_date", field="measured_at") from None
    if found.tzinfo is None:
        raise UserFixable("time_needs_zone", field="measured_at")
    return int(found.timestamp() * 1000)
