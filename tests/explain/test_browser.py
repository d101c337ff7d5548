"""The page in a real browser: it asks for nothing, complains of nothing, fits, and plays parts."""

from __future__ import annotations

import pytest

from earmark import load_audio
from earmark.explain.page import as_html
from earmark.media import as_mp3


@pytest.fixture(scope="module")
def page(found, track, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "why.html"
    path.write_text(as_html(found, as_mp3(load_audio(track))), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_it_asks_for_nothing_complains_of_nothing_and_fits(browser, page, width, dark):
    browser.requests.clear()
    browser.open(page, width=width, dark=dark)
    outside = [place for place in browser.requests if not place.startswith("data:")]
    assert set(outside) == {page.as_uri()}
    assert browser.complaints == []
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    covered = "[...document.images].every(image => image.complete && image.naturalWidth)"
    assert browser.evaluate(covered)


def test_colours_can_be_taken_away(browser, page):
    browser.open(page, width=1280)
    seen = "getComputedStyle(document.querySelector('.evidence')).visibility"
    assert browser.evaluate(seen) == "visible"
    browser.evaluate("document.querySelector('.switch input').click()")
    assert browser.evaluate(seen) == "hidden"


def test_a_part_is_heard_and_a_line_follows(browser, page, found):
    browser.open(page, width=1280)
    browser.wait_for("document.querySelector('audio').readyState > 0")
    browser.evaluate("document.querySelector('audio').play = () => Promise.resolve()")
    browser.evaluate("document.querySelector('.part').click()")
    browser.wait_for("!document.querySelector('audio').seeking")
    begin = found.parts_for[0].begin_seconds
    at = browser.evaluate("document.querySelector('audio').currentTime")
    assert at == pytest.approx(begin, abs=0.05)
    line = "+document.querySelector('.now').style.getPropertyValue('--at')"
    browser.wait_for(f"{line} > 0")
    assert browser.evaluate(line) == pytest.approx(begin / found.seconds[-1], abs=0.01)
    assert browser.complaints == []
