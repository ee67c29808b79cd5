"""Request signatures cover each part; problems and trial files read back and refuse what is not theirs."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from reset_or.base.errors import TrustBroken
from reset_or.revisions import signing
from reset_or.revisions.receipts import Signed
from reset_or.wire import auth, blobs
from reset_or.wire.problems import CONTENT_TYPE, PROBLEMS, Problem, decode_problem, encode_problem
from reset_or.wire.trial_file import encode_trial, read_trial
from tests.fakes.trial import SyntheticTrial

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PARTS = {
    "method": "PUT",
    "path": "/v1/blob/aa",
    "query": "offset=0",
    "nonce": "18f.ab",
    "body_sha256": "b" * 64,
}


def test_a_signed_request_is_recognised() -> None:
    said = auth.read_auth(auth.sign_request(KEY, **PARTS))
    assert said.dev == signing.key_id(signing.public_bytes(KEY))
    assert (said.nonce, said.body_sha256) == ("18f.ab", "b" * 64)
    auth.verify_request(said, signing.public_bytes(KEY), method="PUT", path="/v1/blob/aa", query="offset=0")


@pytest.mark.parametrize(
    ("part", "other"), [("method", "GET"), ("path", "/v1/blob/ab"), ("query", "offset=1")]
)
def test_every_part_is_signed(part: str, other: str) -> None:
    said = auth.read_auth(auth.sign_request(KEY, **PARTS))
    heard = {"method": "PUT", "path": "/v1/blob/aa", "query": "offset=0", part: other}
    with pytest.raises(TrustBroken, match="bad_signature"):
        auth.verify_request(said, signing.public_bytes(KEY), **heard)


@pytest.mark.parametrize(("part", "other"), [("nonce", "18f.ac"), ("body_sha256", "c" * 64)])
def test_every_header_part_is_signed(part: str, other: str) -> None:
    header = auth.sign_request(KEY, **PARTS).replace(PARTS[part], other)
    heard = {name: PARTS[name] for name in ("method", "path", "query")}
    with pytest.raises(TrustBroken, match="bad_signature"):
        auth.verify_request(auth.read_auth(header), signing.public_bytes(KEY), **heard)


@given(st.text(max_size=200))
def test_other_headers_are_refused(header: str) -> None:
    with pytest.raises(TrustBroken, match="bad_auth_header"):
        auth.read_auth(header)


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_problems_read_back_and_become_errors(code: str) -> None:
    problem = Problem(code, retry_s=5, nonce="1.a", offset=0, why="statement_older")
    body = encode_problem(problem)
    assert decode_problem(CONTENT_TYPE + "; charset=utf-8", body) == problem
    assert json.loads(body)["status"] == PROBLEMS[code].status
    error = problem.as_error()
    assert error.code == code
    assert isinstance(error, PROBLEMS[code].error)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html", b'{"code":"nonce"}'),
        (CONTENT_TYPE, b"<html>"),
        (CONTENT_TYPE, b'{"code":"unheard_of"}'),
        (CONTENT_TYPE, b"[" * 4000),
        (CONTENT_TYPE, b'{"code":["nonce"]}'),
        (CONTENT_TYPE, b'{"code":"nonce"}' + b" " * 5000),
    ],
)
def test_a_proxys_page_is_no_problem_of_ours(content_type: str, body: bytes) -> None:
    assert decode_problem(content_type, body) is None


def test_put_answers_read_back() -> None:
    for answer in (blobs.PutAnswer(7), blobs.PutAnswer(9, Signed(b"data", bytes(64)))):
        assert blobs.decode_put_answer(blobs.encode_put_answer(answer)) == answer
    for noise in (b"", b"[]", b"{}", b'{"offset":-1}', b'{"offset":true}', b'{"offset":1,"receipt":"x"}'):
        with pytest.raises(TrustBroken):
            blobs.decode_put_answer(noise)


def test_a_trial_file_reads_back_and_verifies() -> None:
    trial = SyntheticTrial()
    read = read_trial(encode_trial(trial.file()))
    assert read == trial.file()
    directory = read.directory()
    assert directory.grant(trial.centre_device.dev) is not None
    assert directory.server_keys() == [signing.public_bytes(trial.server)]


def test_a_trial_file_with_another_root_is_refused() -> None:
    trial, other = SyntheticTrial(), SyntheticTrial()
    forged = encode_trial(trial.file()).replace(
        signing.b64(signing.public_bytes(trial.root)).encode(),
        signing.b64(signing.public_bytes(other.root)).encode(),
    )
    with pytest.raises(TrustBroken):
        read_trial(forged).directory()
