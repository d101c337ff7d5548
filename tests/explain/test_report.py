"""What is said of an explanation."""

from __future__ import annotations

import pytest

from earmark.explain.explanation import Check, Part
from earmark.explain.report import as_text, change, region, verdict, when, where
from earmark.memory import Neighbour, Remembered


@pytest.mark.parametrize(
    ("part", "time", "frequency", "words"),
    [
        ((12.4, 16.1, 80, 240), "12.4–16.1 s", "80–240 Hz", "bass"),
        ((0, 9.96, 0, 431), "0.0–10.0 s", "0–430 Hz", "bass to low mids"),
        ((59.2, 61.25, 433, 2481), "0:59.2–1:01.2", "0.43–2.5 kHz", "low mids to high mids"),
        ((119.96, 130, 0, 1500), "2:00.0–2:10.0", "0 Hz–1.5 kHz", "bass to mids"),
        ((1, 2, 5700, 11025), "1.0–2.0 s", "5.7–11 kHz", "treble"),
    ],
)
def test_a_part_in_words(part, time, frequency, words):
    one = Part(*part, change=-0.1)
    assert (when(one), where(one), region(one)) == (time, frequency, words)


def test_changes_have_a_sign_and_a_unit(found, changed):
    assert change(found, -0.183) == "−18 points"
    assert change(found, 0.0041) == "+0.4 points"
    assert change(found, -0.0996) == "−10 points"
    assert change(changed(is_number=True), -0.034) == "−0.034"


def test_the_text_names_every_part_and_the_verdict(found):
    text = "\n".join(as_text(found))
    assert text.startswith(f"{found.path}: rock {found.value:.0%}\n")
    for part in (*found.parts_for, *found.parts_against):
        assert when(part) in text
        assert change(found, part.change) in text
    assert "for rock" in text
    assert "against rock" in text
    assert verdict(found) in text
    assert "only one that was judged" in text


def test_the_verdict_is_honest(changed):
    left = changed(value=0.8, check=Check(0.1, 0.4, (0.7,) * 20))
    assert "10% of the window, 80% becomes 40%" in verdict(left)
    assert "leave 70% on average (70% to 70%)." in verdict(left)
    some = changed(value=0.8, check=Check(0.1, 0.6, (0.7,) * 15 + (0.5,) * 5))
    assert "15 of them leave more" in verdict(some)
    failed = changed(value=0.8, check=Check(0.1, 0.75, (0.7,) * 20))
    assert "do not rely on them" in verdict(failed)
    assert "nothing to test" in verdict(changed(check=None, parts_for=()))


def test_a_model_that_does_not_know_is_not_believed(changed):
    text = "\n".join(as_text(changed(unknown="applause")))
    assert "does not know this track (applause)" in text


def test_neighbours_are_named(changed):
    neighbours = (
        Neighbour(Remembered("reggae.00012", "Burning Spear", {"genre": "reggae"}), 0.934),
        Neighbour(Remembered("MT0001", None, {}), 0.9),
    )
    lines = list(as_text(changed(neighbours=neighbours)))
    assert lines[-2:] == ["   0.93  reggae.00012 by Burning Spear, reggae", "   0.90  MT0001"]


def test_a_number_is_raised_and_lowered(changed):
    text = "\n".join(as_text(changed(is_number=True, label="valence", value=0.413)))
    assert ": valence 0.41\n" in text
    assert "raising valence" in text
    assert "lowering valence" in text
    assert "%" not in text.replace("% of the window", "")
