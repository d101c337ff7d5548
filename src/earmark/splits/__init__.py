"""Which track may stand where: named sides of a data set, with checksums, free of leaks."""

from __future__ import annotations

from earmark.splits.groups import GROUPINGS as GROUPINGS
from earmark.splits.leaks import Leak as Leak
from earmark.splits.leaks import Leaks as Leaks
from earmark.splits.leaks import judged_sides as judged_sides
from earmark.splits.leaks import leaks as leaks
from earmark.splits.lists import check_disjoint as check_disjoint
from earmark.splits.lists import listed as listed
from earmark.splits.lists import side as side
from earmark.splits.lists import split_checksum as split_checksum
from earmark.splits.making import divide as divide
from earmark.splits.making import make_split as make_split
from earmark.splits.making import naive_split as naive_split
from earmark.splits.making import official_split as official_split
from earmark.splits.split import Split as Split
from earmark.splits.split import read_split as read_split
from earmark.splits.split import write_split as write_split
