"""The demo's scheme is the trial's, approved by an invented investigator: not one number differs."""

from __future__ import annotations

from dataclasses import replace

from reset_or.trial.scheme import load_scheme


def test_the_demo_judges_as_the_trial_does() -> None:
    trial, demo = load_scheme("reset-1"), load_scheme("demo-1")
    assert not trial.is_signed
    assert demo.is_signed
    alike = replace(
        demo, version=trial.version, author=trial.author, signed_by=trial.signed_by,
        signed_at=trial.signed_at, digest=trial.digest,
    )  # fmt: skip
    assert alike == trial
