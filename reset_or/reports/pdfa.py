"""Makes reportlab's bytes a lasting document: PDF/A-2b, checked again as written, all in memory."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pikepdf
from pikepdf import pdfa

from reset_or.base.errors import OurBug

FLAVOUR = "2b"


def archivable(plain: bytes, *, title: str, subject: str, at: int, producer: str) -> bytes:
    """The same pages as PDF/A-2b with title and time of printing (UTC ms `at`).

    pikepdf's own `save` would pass through a temporary file; nothing clinical may lie there, so its three
    steps are taken here. Raises OurBug("report_not_archivable") with the first rule that failed.
    """
    with pikepdf.open(io.BytesIO(plain)) as document:
        for page in document.pages:
            if "/Trans" in page:  # reportlab writes an empty transition, which PDF/A forbids
                del page["/Trans"]
        pdfa.prepare(document, FLAVOUR)
        _describe(document, title, subject, at, producer)  # afterwards: prepare would write its own clock in
        options = pdfa.resolve_save_kwargs(FLAVOUR, deterministic_id=True)
        stream = io.BytesIO()
        document.save(stream, **options)
    stream.seek(0)
    report = pdfa.validate_written(stream, FLAVOUR)
    if not report.passed:
        first = report.findings[0].rule if report.findings else "unknown"
        raise OurBug("report_not_archivable", rule=first)
    return stream.getvalue()


def _describe(document: pikepdf.Pdf, title: str, subject: str, at: int, producer: str) -> None:
    moment = datetime.fromtimestamp(at // 1000, UTC)
    stamp = moment.strftime("D:%Y%m%d%H%M%S+00'00'")
    with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as meta:
        meta["dc:title"] = title
        meta["dc:description"] = subject
        meta["xmp:CreatorTool"] = producer
        meta["pdf:Producer"] = producer
        for name in ("xmp:CreateDate", "xmp:ModifyDate", "xmp:MetadataDate"):
            meta[name] = moment.isoformat()
    for name in list(document.docinfo.keys()):
        del document.docinfo[name]
    for name, value in (
        ("/Title", title), ("/Subject", subject), ("/Creator", producer), ("/Producer", producer),
        ("/CreationDate", stamp), ("/ModDate", stamp),
    ):  # fmt: skip
        document.docinfo[name] = value
