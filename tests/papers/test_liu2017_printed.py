"""The printed numbers agree with each other, and so were read as they were meant."""

from __future__ import annotations

import pytest

from earmark.papers import liu2017_printed as printed


@pytest.mark.parametrize(
    ("table", "percentages"),
    [
        (printed.DAG_SVM, [97, 67, 87, 97]),
        (printed.NETWORK, [88, 100, 76, 100]),
        (printed.K_NN, [87, 67, 80, 90]),
        (printed.DENSE[0], [90, 80, 100, 85]),
        (printed.DENSE[1], [65, 95, 55, 85, 50]),
        (printed.DENSE[2], [40, 85, 35, 50, 20, 40, 90, 80, 25, 10]),
    ],
)
def test_the_recalls_are_those_below_the_table(table, percentages):
    assert [100 * recall for recall in table.recall.values()] == pytest.approx(percentages, abs=0.6)


def test_the_table_of_k_means_is_printed_transposed():
    table = printed.K_MEANS
    assert [sum(row) for row in table.confusion] == [30] * 4
    columns = list(zip(*table.confusion, strict=True))
    shares = [100 * column[i] / sum(column) for i, column in enumerate(columns)]
    assert shares == pytest.approx([88, 61, 93, 90], abs=0.6)  # what stands below the table
    assert [round(100 * recall) for recall in table.recall.values()] == [47, 90, 90, 93]


@pytest.mark.parametrize(
    ("table", "accuracy"), list(zip(printed.DENSE, (0.888, 0.7, 0.475), strict=True))
)
def test_the_accuracies_of_the_deep_network_are_those_printed(table, accuracy):
    assert table.accuracy == pytest.approx(accuracy, abs=6e-4)
    assert {sum(row) for row in table.confusion} == {20}


def test_of_the_other_tables_those_of_30_tracks_each_are_complete():
    for table in (printed.DAG_SVM, printed.K_MEANS, printed.K_NN):
        assert [sum(row) for row in table.confusion] == [30] * 4
    assert [sum(row) for row in printed.NETWORK.confusion] == [16, 12, 17, 19]


def test_tables_stand_beside_the_same_labels_of_the_same_music():
    tables = printed.printed_tables("gtzan-mel", ("pop", "metal", "jazz", "classical"))
    assert [table.model for table in tables] == [
        "deep network",
        "DAG-SVM",
        "neural network",
        "k-means",
        "k-NN",
    ]
    assert printed.printed_tables("gtzan", printed.FIVE) == (printed.DENSE[1],)
    assert printed.printed_tables("gtzan-mel", ("jazz", "pop", "rock")) == ()
    assert printed.printed_tables("emotify", printed.FOUR) == ()
