"""A full case sheet in both languages, as an action would fill it."""

from __future__ import annotations

from dataclasses import replace

from reset_or.base.words import Language
from reset_or.reports.model import (
    ArmPlate,
    BandsMm,
    CaseLine,
    CaseSheet,
    Labelled,
    MarginEnd,
    ReadingRow,
    SheetPhoto,
    SignatureRow,
    Tumour,
)

PRINTED_AT = 1_795_400_000_000
BANDS = (BandsMm(85, 100, 120, 140), BandsMm(45, 50, 70, 90))


def photo(w: int = 120, h: int = 80) -> SheetPhoto:
    rgb = b"".join(bytes((200, x * 255 // w, y * 255 // h)) for y in range(h) for x in range(w))
    return SheetPhoto(rgb, w, h, "a1" * 32, "b2" * 32, "Specimen A", (Labelled("Taken", "2026-11-23 10:59"),))


def english() -> CaseSheet:
    proximal = MarginEnd(
        title="Proximal margin",
        value="10.3",
        unit="cm",
        state="In vivo",
        length_mm=103,
        target="Target 10.0 · range 10.0–12.0 cm",
        bands=BANDS[0],
        verdict="within_protocol",
        word="In range",
        delta="+0.3 cm from target",
        plate="ok",
    )
    distal = MarginEnd(
        title="Distal margin",
        value="4.4",
        unit="cm",
        state="Exteriorised",
        length_mm=44,
        target="Target 5.0 · range 5.0–7.0 cm",
        bands=BANDS[1],
        verdict="short_warning",
        word="Shorter than planned",
        delta="−0.6 cm from target",
        plate="short",
        captions=("First value 4.2 cm, changed before confirmation.", "To be reviewed."),
    )
    identity = [
        ("Sex", "Female"),
        ("Age", "63 y"),
        ("Room", "OR 3"),
        ("Planned", "2026-11-23"),
        ("Initials", "WLH"),
        ("Procedure", "Low anterior resection"),
        ("Specimen out", "10:58"),
    ]
    times = ("2026-11-23 10:59", "2026-11-23 11:01", "2026-11-23 15:20", "2026-11-23 15:22")
    readings = (
        ReadingRow(
            "Proximal",
            "10.3 cm",
            "In vivo",
            "Tape in the body, residual tumour edge",
            "Zhang Wei",
            "Wang Li",
            times[0],
        ),
        ReadingRow(
            "Distal",
            "4.4 cm",
            "Exteriorised",
            "Ruler, tattoo",
            "Zhang Wei",
            "Wang Li",
            times[1],
            "Changed once: 4.2",
        ),
        ReadingRow(
            "Proximal", "8.8 cm", "Fresh, later than 10 min", "Rigid ruler", "Li Na", "Li Na", times[2]
        ),
        ReadingRow("Distal", "3.7 cm", "Fresh, later than 10 min", "Rigid ruler", "Li Na", "Li Na", times[3]),
    )
    signatures = (
        SignatureRow("Wang Li", "Theatre nurse", "Recorded", "2026-11-23 11:02 UTC+08:00", "PIN"),
        SignatureRow(
            "Zhang Wei",
            "Surgeon",
            "Confirmed",
            "2026-11-23 11:04 UTC+08:00",
            "Password",
            "Read back by Wang Li",
        ),
        SignatureRow("Li Na", "Pathologist", "Measured", "2026-11-23 15:30 UTC+08:00", "Password"),
    )
    return CaseSheet(
        study="RESET-OR-DEMO",
        nct="NCT07038122",
        edition="research",
        subject="03-0147",
        site="Site 03",
        identity=tuple(Labelled(*pair) for pair in identity),
        proximal=proximal,
        distal=distal,
        scheme="reset-1",
        printed_at=PRINTED_AT,
        zone_min=480,
        printed_by="Zhang Wei",
        arm=ArmPlate("Conventional", "10 / 5 cm", "Arm not yet confirmed"),
        demo=True,
        tumour=Tumour(42, "raised", "Tumour"),
        case=CaseLine(
            "Of record", "short_warning", "Shorter than planned", "short", ("Worst short: distal −0.6 cm.",)
        ),
        readings=readings,
        photos=(photo(),),
        signatures=signatures,
        revisions=tuple(f"{k:02x}" * 32 for k in range(7)),
        version="0.1.0",
    )


def chinese() -> CaseSheet:
    sheet = english()
    proximal = replace(
        sheet.proximal,
        title="近端切缘距离",
        state="在体（腹腔内）",
        target="目标 10.0 · 范围 10.0–12.0 厘米",
        unit="厘米",
        word="符合方案范围",
        delta="距目标 +0.3 厘米",
    )
    distal = replace(
        sheet.distal,
        title="远端切缘距离",
        state="拖出体外（未离断）",
        target="目标 5.0 · 范围 5.0–7.0 厘米",
        unit="厘米",
        word="短于方案范围",
        delta="距目标 −0.6 厘米",
        captions=("首次录入 4.2 厘米，确认前修改过一次，修改记录全部保留，待主要研究者判定。", "待判定"),
    )
    identity = [
        ("性别", "女"),
        ("年龄", "63 岁"),
        ("手术间", "3 号"),
        ("计划日期", "2026-11-23"),
        ("姓名缩写", "WLH"),
        ("术式", "低位前切除术"),
        ("标本离体", "10:58"),
    ]
    readings = (
        ReadingRow(
            "近端",
            "10.3 厘米",
            "在体（腹腔内）",
            "腹腔内软尺，残留肿瘤边缘",
            "张伟",
            "王丽",
            "2026-11-23 10:59",
        ),
        ReadingRow(
            "远端",
            "4.4 厘米",
            "拖出体外（未离断）",
            "直尺，纳米炭标记",
            "张伟",
            "王丽",
            "2026-11-23 11:01",
            "改动一次：4.2",
        ),
        ReadingRow(
            "近端", "8.8 厘米", "离体新鲜（超过10分钟）", "直尺（离体）", "李娜", "李娜", "2026-11-23 15:20"
        ),
        ReadingRow(
            "远端", "3.7 厘米", "离体新鲜（超过10分钟）", "直尺（离体）", "李娜", "李娜", "2026-11-23 15:22"
        ),
    )
    signatures = (
        SignatureRow("王丽", "巡回护士", "录入", "2026-11-23 11:02 UTC+08:00", "PIN"),
        SignatureRow("张伟", "主刀医师", "核对确认", "2026-11-23 11:04 UTC+08:00", "密码", "王丽唱读"),
        SignatureRow("李娜", "病理医师", "测量", "2026-11-23 15:30 UTC+08:00", "密码"),
    )
    return replace(
        sheet,
        site="分中心（03）",
        identity=tuple(Labelled(*pair) for pair in identity),
        proximal=proximal,
        distal=distal,
        printed_by="张伟",
        arm=ArmPlate("常规组", "10 / 5 厘米", "分组未经确认"),
        tumour=Tumour(42, "raised", "肿瘤"),
        case=CaseLine("正式记录", "short_warning", "短于方案范围", "short", ("最短：远端 −0.6 厘米。",)),
        readings=readings,
        signatures=signatures,
    )


def full(language: Language) -> CaseSheet:
    return english() if language == "en" else chinese()
