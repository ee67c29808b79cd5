"""The hand-kept description holds every route and every problem, and nothing that is not there."""

from __future__ import annotations

import json
from typing import Any

import httpx
from starlette.routing import Route

from reset_or.base import resources
from reset_or.central.app import build_app
from reset_or.wire.problems import PROBLEMS
from tests.fakes.server import RunningServer

DOCUMENT = json.loads(resources.read_bytes("openapi.json"))
ACTS = {"get", "put", "post", "head", "delete", "patch", "options"}


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (path, act): said
        for path, acts in DOCUMENT["paths"].items()
        for act, said in acts.items()
        if act in ACTS
    }


def test_every_route_is_described(sqlite_server: RunningServer) -> None:
    app = build_app(sqlite_server.service)
    made = {
        (route.path, act.lower())
        for route in app.routes
        if isinstance(route, Route)
        for act in (route.methods or ())
    }
    # Starlette answers HEAD by every GET route; the document names it where it means something of its own.
    made -= {(path, "head") for path, act in made if act == "get" and (path, "head") not in operations()}
    assert made == set(operations())


def test_every_problem_is_described_with_its_number_and_status() -> None:
    said = {
        (one["const"], one["description"])
        for one in DOCUMENT["components"]["schemas"]["ProblemCode"]["oneOf"]
    }
    assert said == {
        (k.code, f"number {k.number}, status {k.status}" + (", may succeed later" if k.retry else ""))
        for k in PROBLEMS.values()
    }


def test_problems_stand_under_their_status() -> None:
    for place, operation in operations().items():
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                codes = answer["description"].removeprefix("Problem: ").removesuffix(".").split(", ")
                assert {PROBLEMS[code].status for code in codes} == {int(status)}, place


def test_signed_paths_say_so() -> None:
    signed = {place[0] for place, said in operations().items() if said.get("security")}
    assert signed == {"/v1/sync", "/v1/blob/{id}", "/v1/holds"}


def test_references_lead_somewhere() -> None:
    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "$ref" in value:
                node: Any = DOCUMENT
                for part in value["$ref"].removeprefix("#/").split("/"):
                    node = node[part]
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(DOCUMENT)


def test_the_server_hands_it_out_and_counts(sqlite_server: RunningServer) -> None:
    with httpx.Client(base_url=sqlite_server.url, trust_env=False, verify=False) as http:
        assert http.get("/openapi.json").json() == DOCUMENT
        status = http.get("/status").json()
        assert (status["v"], status["study"]) == (1, sqlite_server.trial.study)
        text = http.get("/metrics").text
    assert 'reset_or_requests_total{route="status",status="200",problem="",process="1"} 1' in text
    assert text.endswith("\n")
