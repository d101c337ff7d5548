"""What holds for every check that is registered."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import pytest

from earmark.doctor.checks import CHECKS
from earmark.doctor.examination import Examination
from earmark.doctor.findings import Finding, Severity

WORSE_THAN_A_NOTE = {Severity.LEAK, Severity.FAULT, Severity.DOUBT}


def test_names_are_unique_and_those_of_their_files():
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    for check in CHECKS:
        assert import_module(f"earmark.doctor.checks.{check.name}").CHECK is check
        assert check.title
        assert check.about.endswith(".")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_it_is_quiet_about_what_is_healthy(check, health):
    found = list(check.find(health.collection))
    assert not [finding for finding in found if finding.severity in WORSE_THAN_A_NOTE]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_it_finds_what_is_planted(check, sickness):
    collection = sickness.collection
    tracks = [replace(collection.tracks[0], faults=("hum",)), *collection.tracks[1:]]
    found = list(check.find(replace(collection, tracks=tracks)))
    assert found
    names = {track.id for track in collection.tracks}
    for finding in found:
        assert isinstance(finding, Finding)
        assert set(finding.tracks) <= names
        assert finding.text
        assert "\n" not in finding.text


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_it_gets_by_where_nothing_could_be_read(check, health):
    """Whatever a check asks of an examination may be unknown."""
    nothing = {name: Examination(error="gone") for name in health.collection.examinations}
    found = list(check.find(replace(health.collection, examinations=nothing, sides={})))
    assert [f.severity for f in found if f.severity in WORSE_THAN_A_NOTE] == (
        [Severity.FAULT] * 10 if check.name == "reading" else []
    )
