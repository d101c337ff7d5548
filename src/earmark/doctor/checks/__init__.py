"""What the doctor asks of a collection: one file per check, in the order of the report.

A check is added by writing such a file and naming it in `CHECKS`;
`tests/doctor/test_checks.py` then covers it.
"""

from __future__ import annotations

from earmark.doctor.checks import (
    balance,
    clipping,
    duplicates,
    faults,
    leaks,
    reading,
    silence,
    sizes,
    truncation,
)
from earmark.doctor.findings import Check

CHECKS: tuple[Check, ...] = tuple(
    module.CHECK
    for module in (
        leaks,
        reading,
        truncation,
        silence,
        duplicates,
        clipping,
        sizes,
        balance,
        faults,
    )
)
"""Every check, the worst that it can find first."""
