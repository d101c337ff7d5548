"""A diagnosis as text: a summary, then a section per check, long lists cut with a count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from earmark.doctor.diagnosis import Diagnosis, Section
from earmark.doctor.findings import Severity

_LONGEST = 15


def as_text(diagnosis: Diagnosis) -> Iterator[str]:
    """The report, line by line."""
    yield from diagnosis.summary()
    counts = diagnosis.counts()
    yield ", ".join(count(number, str(severity)) for severity, number in counts.items())
    for section in diagnosis.sections:
        yield ""
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    yield f"{section.check.title}: {tally(section)}"
    shown = section.findings[:_LONGEST]
    for finding in shown:
        yield f"  {finding.severity:5}  {finding.text}"
    hidden = len(section.findings) - len(shown)
    if hidden:
        yield f"         … and {hidden} more; --html or --json writes them all"


def tally(section: Section) -> str:
    """Such as: 10 faults, 2 doubts; "nothing found" where there is nothing."""
    found = Counter(finding.severity for finding in section.findings)
    parts = [count(found[severity], str(severity)) for severity in Severity if found[severity]]
    return ", ".join(parts) or "nothing found"


def count(number: int, word: str) -> str:
    """Such as: 1 fault, 2 faults."""
    return f"{number} {word}{'' if number == 1 else 's'}"
