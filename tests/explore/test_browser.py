"""The page in a real browser: it asks for nothing, complains of nothing, and answers keys."""

from __future__ import annotations

import pytest

from earmark.explore.page import as_html

from .test_page import enlarged


@pytest.fixture(scope="module")
def page(heard, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(as_html(heard), encoding="utf-8")
    return path


def shown(browser) -> str:
    """What the first map on the screen looks like."""
    browser.wait_for("views.some(view => view.visible)")
    browser.wait_for_frames()
    return browser.evaluate("views[1].canvas.toDataURL()")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_it_asks_for_nothing_complains_of_nothing_and_fits(browser, page, width, dark):
    browser.requests.clear()
    browser.open(page, width=width, dark=dark)
    for section in range(browser.evaluate("document.querySelectorAll('section').length")):
        browser.evaluate(f"document.querySelectorAll('section')[{section}].scrollIntoView()")
        browser.wait_for_frames()
    outside = [place for place in browser.requests if not place.startswith("data:")]
    assert outside == [page.as_uri()]
    assert browser.complaints == []
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_keys_turn_zoom_and_name_tracks(browser, page):
    browser.open(page, width=1280)
    browser.evaluate("views[1].canvas.scrollIntoView()")
    first = shown(browser)
    browser.evaluate("views[1].canvas.focus()")
    for key in ("ArrowLeft", "ArrowUp", "+"):
        before = shown(browser)
        browser.press(key)
        assert shown(browser) != before, key
    browser.press("0")
    assert shown(browser) == first
    readout = "document.getElementById('readout').textContent"
    browser.press("n")
    assert browser.evaluate(readout) == "track 0 – artist 0 – jazz"
    browser.press("n")
    assert browser.evaluate(readout) == "track 1 – artist 0 – jazz"
    browser.press("p")
    browser.press("Escape")
    assert browser.evaluate(readout).startswith("Point at a mark")


def test_the_mouse_names_turns_and_zooms(browser, page):
    browser.open(page, width=1280)
    browser.evaluate("views[1].canvas.scrollIntoView({block: 'center'})")
    before = shown(browser)
    box = browser.evaluate("JSON.parse(JSON.stringify(views[1].canvas.getBoundingClientRect()))")
    at = browser.evaluate("[views[1].x[7], views[1].y[7]]")
    x, y = box["x"] + at[0], box["y"] + at[1]
    browser.mouse("mouseMoved", x, y)
    name = browser.evaluate("document.getElementById('readout').textContent")
    assert name.startswith("track ")
    assert browser.evaluate("views[0].track(0) !== undefined && marked >= 0")
    browser.mouse("mousePressed", x, y, button="left", buttons=1, clickCount=1)
    browser.mouse("mouseMoved", x + 40, y + 25, button="left", buttons=1)
    browser.mouse("mouseReleased", x + 40, y + 25, button="left", clickCount=1)
    assert shown(browser) != before
    zoom = browser.evaluate("views[1].zoom")
    browser.mouse("mouseWheel", x, y, deltaX=0, deltaY=-240)
    assert browser.evaluate("views[1].zoom") > zoom


def test_the_legend_hides_a_label_in_all_maps(browser, page):
    browser.open(page, width=1280)
    browser.evaluate("views[1].canvas.scrollIntoView()")
    before = shown(browser)
    browser.evaluate("document.querySelector('[data-label=\"0\"]').click()")
    assert (
        browser.evaluate(
            "document.querySelector('[data-label=\"0\"]').getAttribute('aria-pressed')"
        )
        == "false"
    )
    assert shown(browser) != before
    browser.evaluate("document.querySelector('[data-label=\"0\"]').click()")
    leave = "dispatchEvent(new PointerEvent('pointerleave'))"
    browser.evaluate(f"document.querySelector('[data-label=\"0\"]').{leave}")
    assert shown(browser) == before


def test_a_sound_plays_and_a_line_follows_it(browser, page):
    browser.open(page, width=1280)
    browser.evaluate("document.querySelector('audio').preload = 'auto'")
    browser.wait_for("document.querySelector('audio').readyState > 1")
    browser.evaluate("document.querySelector('audio').currentTime = 4")
    browser.wait_for("document.querySelector('.now').style.getPropertyValue('--at') > 0.4")
    assert browser.evaluate("document.querySelector('audio').duration") == pytest.approx(8, abs=0.2)
    assert browser.complaints == []


def test_ten_thousand_tracks_open_and_turn(browser, found, tmp_path):
    """How fast is for benchmarks to say; here all of them are there, and move."""
    path = tmp_path / "index.html"
    path.write_text(as_html(enlarged(found, 10_000)), encoding="utf-8")
    browser.open(path, width=1280)
    browser.evaluate("views[1].canvas.scrollIntoView()")
    before = shown(browser)
    browser.evaluate("views[1].canvas.focus()")
    browser.press("ArrowLeft")
    assert shown(browser) != before
    assert browser.evaluate("views[1].count") == 10_000
    assert browser.complaints == []
