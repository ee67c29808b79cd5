"""What docs/threat-model.md says the server sees is what the code keeps: no column is left out, no label."""

from __future__ import annotations

import re
from pathlib import Path

from reset_or.central import tables
from reset_or.central.meter import PREFIX, SERIES

DOCS = Path(__file__).parents[3] / "docs"


def section() -> str:
    text = (DOCS / "threat-model.md").read_text(encoding="utf-8")
    return text.partition("## What the server sees\n")[2].partition("\n## ")[0]


def test_every_column_of_every_table_is_published() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", section(), re.MULTILINE)
    published = {table: re.findall(r"`(\w+)`", columns) for table, columns in rows}
    kept = {table.name: [column.name for column in table.columns] for table in tables.metadata.sorted_tables}
    assert published == kept


def test_every_label_of_the_metrics_is_published() -> None:
    said = re.search(r"labels ((?:`\w+`(?:, | and )?)+)", section())
    assert said is not None
    labels = {label for series in SERIES.values() for label in series.labels} | {"process"}
    assert set(re.findall(r"`(\w+)`", said[1])) == labels


def test_alerts_use_series_that_exist() -> None:
    text = (DOCS / "deployment" / "alerts.yml").read_text(encoding="utf-8")
    used = set(re.findall(rf"\b{PREFIX}\w+", text))
    made = {
        f"{PREFIX}{name}{part}"
        for name, series in SERIES.items()
        for part in (("_bucket", "_sum", "_count") if series.kind == "histogram" else ("",))
    }
    assert used
    assert used <= made
    for name, labels in re.findall(rf"\b({PREFIX}\w+)\{{([^}}]*)\}}", text):
        series = SERIES[name.removeprefix(PREFIX).removesuffix("_bucket")]
        assert set(re.findall(r"(\w+)(?:=~|!=|!~|=)", labels)) <= {*series.labels, "process"}
