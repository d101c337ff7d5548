"""The data doctor: damaged files, duplicates, labels, and leaks of a split.

`diagnose` reads every track of one or more data sets once, takes fingerprints of what it hears, and
puts the questions of `earmark.doctor.checks` to what it has seen.
"""

from __future__ import annotations

from earmark.doctor.diagnosis import Diagnosis as Diagnosis
from earmark.doctor.diagnosis import diagnose as diagnose
