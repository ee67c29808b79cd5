"""`/status` for people: one calm page without script, picture or anything from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from reset_or.base.words import Language, say
from reset_or.central.monitoring import Facts, RelayFacts
from reset_or.wire.holds import sentence

_STYLE: Final = """
body{margin:0;background:#f4f6f7;color:#1d2b33}
body{font:17px/1.5 system-ui,"Noto Sans SC","Microsoft YaHei",sans-serif}
main{max-width:40rem;margin:8vh auto;padding:2rem 2.5rem;background:#fff;border:1px solid #d5dde1}
h1{font-size:1.5rem;margin:0 0 .25rem}
p{margin:.25rem 0 1.5rem;color:#465a66}
table{width:100%;border-collapse:collapse}
th,td{padding:.5rem 0;border-top:1px solid #e3e9ec;text-align:left;vertical-align:top;font-weight:400}
th{width:45%;color:#465a66}
"""
_TAGS: Final[dict[Language, str]] = {"en": "en", "zh": "zh-CN"}
_DIGEST: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Final = {
    "content-security-policy": f"default-src 'none'; style-src 'sha256-{_DIGEST}'",
    "vary": "Accept, Accept-Language",
}


def wants_page(request: Request) -> bool:
    """Whether a browser asks: it names text/html, which no monitoring tool does unasked."""
    return _quality(request.headers.get("accept", ""), "text/html") > 0


def language_of(request: Request) -> Language:
    """Chinese where the browser would rather have it than English."""
    said = request.headers.get("accept-language", "")
    return "zh" if _quality(said, "zh") > _quality(said, "en") else "en"


def page(
    language: Language, *, study: str, version: str, now: int, facts: Facts | None, answers: bool = True
) -> Response:
    """`facts` None: the caller is not known to run the server. Not `answers`: the database is away."""
    state = "away" if not answers else _state(facts)
    rows = [("study", study), ("version", version), ("time", _time(now)), *_rows(facts, language)]
    cells = "".join(
        f"<tr><th scope=row>{escape(_say(f'row_{name}', language))}</th><td>{escape(text)}</td></tr>\n"
        for name, text in rows
    )
    text = (
        f'<!doctype html>\n<html lang="{_TAGS[language]}">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(_say('title', language))}</title><style>{_STYLE}</style></head>\n"
        f"<body><main><h1>{escape(_say(state, language))}</h1>\n"
        f"<p>{escape(_say(f'{state}_note', language))}</p>\n<table>\n{cells}</table>\n</main></body></html>\n"
    )
    headers = {**_HEADERS, "content-language": _TAGS[language]}
    return Response(text, 200 if answers else 503, headers, media_type="text/html")


def _state(facts: Facts | None) -> str:
    if facts is not None and facts.in_recovery:
        return "standby"
    if facts is None or facts.relay is None or not facts.relay.problem:
        return "well"
    return "withdrawn" if facts.relay.problem == "relay_revoked" else "alone"


def _rows(facts: Facts | None, language: Language) -> list[tuple[str, str]]:
    if facts is None:
        return []
    newest = _say("never", language) if facts.newest_entry_at is None else _time(facts.newest_entry_at)
    rows = [
        ("newest_entry", newest),
        ("database", _say(f"database_{facts.database}", language, schema=facts.schema)),
        ("standbys", _standbys(facts, language)),
        ("photos", _photos(facts, language)),
        ("process", _say("process_of", language, process=facts.process, processes=facts.processes)),
        ("uptime", _duration(facts.uptime_s, language)),
        *_relay_rows(facts.relay, language),
        *((("on_hold", sentence(each, language, _time))) for each in facts.holds),
        *([("on_hold_todo", say("holds.todo", language))] if facts.holds else []),
    ]
    return [row for row in rows if row[0] != "standbys" or facts.database == "postgresql"]


def _relay_rows(relay: RelayFacts | None, language: Language) -> list[tuple[str, str]]:
    if relay is None:
        return []
    waiting = _say("relay_nothing", language)
    if relay.oldest_waiting_at is not None:
        waiting = _say(
            "relay_waiting", language, records=relay.records_waiting, photos=relay.photos_waiting,
            since=_time(relay.oldest_waiting_at),
        )  # fmt: skip
    contact = _say("never", language) if relay.contact_at is None else _time(relay.contact_at)
    problem = say(f"errors.{relay.problem}", language) if relay.problem else _say("relay_good", language)
    return [
        ("relay", relay.site), ("relay_contact", contact), ("relay_problem", problem),
        ("relay_waiting", waiting),
    ]  # fmt: skip


def _standbys(facts: Facts, language: Language) -> str:
    if facts.in_recovery:
        return _say("standby_itself", language)
    kind = "sync" if facts.synchronous else "async"
    return _say(f"standbys_{kind}", language, n=facts.standbys)


def _photos(facts: Facts, language: Language) -> str:
    if facts.free_bytes is None:
        return _say(f"photos_{facts.photos}_unknown", language)
    return _say(f"photos_{facts.photos}", language, size=f"{facts.free_bytes / 1e9:,.1f} GB")


def _duration(seconds: int, language: Language) -> str:
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    return _say("lasted", language, days=days, hours=hours, minutes=minutes)


def _time(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _say(key: str, language: Language, **values: object) -> str:
    return say(f"central.status_{key}", language, **values)


def _quality(header: str, wanted: str) -> float:
    """The weight that an Accept header gives a type or language and its kinds; 0 for one it does not name."""
    best = 0.0
    for part in header[:1000].split(","):
        name, _, rest = part.strip().partition(";")
        if name.strip().lower() == wanted or name.strip().lower().startswith(f"{wanted}-"):
            best = max(best, _weight(rest))
    return best


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
