"""Numbers keep their bounds, keys tell apart what differs, and numpy reads what is written."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from earmark.errors import BadFeature, BadStore
from earmark.features import FEATURES, LogMel, feature_to_dict
from earmark.store import Row, StoreSettings
from earmark.store.layout import HEADER_BYTES, read_rows, to_rows

SETTINGS = StoreSettings(feature=LogMel(), dtype="float16", dataset="audio", kind="audio")
CONTENT = "ab" * 32


@dataclass(frozen=True)
class Bounded:
    """As much of a feature as levels need."""

    value_range: tuple[float, float]


def bounded(low: float, high: float) -> StoreSettings:
    return replace(SETTINGS, feature=Bounded((low, high)), dtype="uint8")


class TestLevels:
    @given(data=st.data(), low=st.floats(-200, 100, width=16), span=st.floats(0.5, 300, width=16))
    def test_the_error_stays_within_half_a_step(self, data, low, span):
        high = low + span
        inside = st.floats(np.float32(low), np.float32(high), width=32)
        values = data.draw(arrays.arrays(np.float32, 20, elements=inside))
        settings = bounded(low, high)
        stored = settings.encode(values)
        assert stored.dtype == np.uint8
        error = np.abs(settings.decode(stored).astype(float) - values)
        assert error.max() <= span / 510 + 1e-4  # half a step, and the rounding of float32

    @given(low=st.floats(-200, 100, width=16), span=st.floats(0.5, 300, width=16))
    def test_the_bounds_and_every_level_come_back_exactly(self, low, span):
        settings = bounded(low, low + span)
        levels = np.arange(256, dtype=np.uint8)
        values = settings.decode(levels)
        assert (values[0], values[-1]) == (np.float32(low), np.float32(low + span))
        assert (np.diff(values) > 0).all()
        assert (settings.encode(values) == levels).all()

    def test_the_formula(self):
        settings = bounded(-80, 0)
        values = np.float32([-80, -79.9, -40, -0.1, 0])
        assert settings.encode(values).tolist() == [0, 0, 128, 255, 255]
        assert settings.decode(np.uint8([128]))[0] == pytest.approx(-80 + 128 / 255 * 80)

    def test_a_feature_without_bounds_is_refused(self):
        with pytest.raises(BadFeature, match=r"as uint8, because .* store it as float16"):
            replace(SETTINGS, feature=replace_range(None), dtype="uint8")

    def test_another_number_type_is_refused(self):
        with pytest.raises(BadFeature, match=r"dtype must be one of .*float64"):
            replace(SETTINGS, dtype="float64")


def replace_range(bounds: tuple[float, float] | None) -> LogMel:
    """A log-mel that says other bounds of itself."""

    class Unbounded(LogMel):
        value_range = bounds

    return Unbounded()


class TestHalves:
    @given(
        arrays.arrays(np.float32, 20, elements=st.floats(-65504, 65504, width=32, allow_nan=False))
    )
    def test_the_error_is_as_stated(self, values):
        stored = SETTINGS.encode(values)
        assert stored.dtype == np.float16
        error = np.abs(SETTINGS.decode(stored).astype(float) - values)
        allowed = np.where(np.abs(values) < 6.2e-5, 3e-8, 2.0**-11 * np.abs(values))
        assert (error <= allowed).all()


class TestKeys:
    @pytest.mark.parametrize(
        "other",
        [
            replace(SETTINGS, dtype="uint8"),
            replace(SETTINGS, kind="log-mel"),
            replace(SETTINGS, feature=LogMel(bands=64)),
            replace(SETTINGS, feature=LogMel(range_db=70)),
        ],
    )
    def test_what_changes_the_array_changes_the_key(self, other):
        assert other.key(CONTENT) != SETTINGS.key(CONTENT)

    def test_the_content_does_and_the_name_of_the_data_set_does_not(self):
        assert SETTINGS.key("cd" * 32) != SETTINGS.key(CONTENT)
        assert replace(SETTINGS, dataset="gtzan").key(CONTENT) == SETTINGS.key(CONTENT)

    def test_it_is_what_the_documentation_says(self):
        about = {
            "content": CONTENT,
            "dtype": "float16",
            "feature": feature_to_dict(LogMel()),
            "kind": "audio",
        }
        text = json.dumps(about, sort_keys=True).replace(", ", ",").replace(": ", ":")
        assert SETTINGS.key(CONTENT) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("dtype", ["float32", "float16", "uint8"])
@pytest.mark.parametrize("name", FEATURES)
def test_every_representation_survives_store_json(name, dtype, tmp_path):
    feature = FEATURES[name]()
    if dtype == "uint8" and feature.value_range is None:
        with pytest.raises(BadFeature, match=f"{name} cannot be stored as uint8"):
            replace(SETTINGS, feature=feature, dtype=dtype)
        return
    settings = replace(SETTINGS, feature=feature, dtype=dtype)
    (tmp_path / "store.json").write_text(settings.to_json(), encoding="utf-8")
    found = StoreSettings.read(tmp_path)
    assert found == settings
    assert found.key(CONTENT) == settings.key(CONTENT)


class TestStoreJson:
    def read(self, tmp_path, **changes) -> StoreSettings:
        found = json.loads(SETTINGS.to_json()) | changes
        found = {name: value for name, value in found.items() if value is not ...}
        (tmp_path / "store.json").write_text(json.dumps(found), encoding="utf-8")
        return StoreSettings.read(tmp_path)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"format": 99}, "another version of Earmark"),
            ({"format": ...}, "damaged"),
            ({"feature": ...}, "damaged"),
            ({"feature": {"name": "smell"}}, "unknown feature 'smell'"),
            ({"feature": {"name": "log-mel", "hop": -1}}, "hop must be"),
            ({"dtype": "float64"}, "dtype must be"),
            ({"colour": "blue"}, "damaged"),
        ],
    )
    def test_what_is_wrong_is_said(self, changes, reason, tmp_path):
        with pytest.raises(BadStore, match=reason):
            self.read(tmp_path, **changes)

    @pytest.mark.parametrize("text", ["", "[]", "7", '{"format', "\x00"])
    def test_damage(self, text, tmp_path):
        (tmp_path / "store.json").write_text(text, encoding="utf-8")
        with pytest.raises(BadStore, match=r"store.json: damaged"):
            StoreSettings.read(tmp_path)

    def test_a_folder_that_is_no_store(self, tmp_path):
        with pytest.raises(BadStore, match="is not a feature store"):
            StoreSettings.read(tmp_path / "none")


class TestHeader:
    @given(arrays.array_shapes(max_dims=4), st.sampled_from(["float32", "float16", "uint8"]))
    def test_numpy_reads_it(self, shape, dtype):
        settings = replace(SETTINGS, dtype=dtype)
        values = np.arange(np.prod(shape)).astype(dtype).reshape(shape)
        header = settings.header(shape)
        assert len(header) == HEADER_BYTES
        assert HEADER_BYTES + values.nbytes == settings.file_size(shape)
        assert (np.load(io.BytesIO(header + values.tobytes())) == values).all()

    @given(arrays.array_shapes(min_dims=2, max_dims=4), st.data())
    def test_shapes_go_to_disk_and_back(self, shape, data):
        @dataclass(frozen=True)
        class Turned:
            time_axis: int | None

        axis = data.draw(st.sampled_from([None, *range(len(shape))]))
        settings = replace(SETTINGS, feature=Turned(axis))
        stored = settings.stored_shape(shape)
        assert stored == np.moveaxis(np.empty(shape), axis or 0, 0).shape
        assert settings.own_shape(stored) == shape


class TestRows:
    @given(st.text(), st.text())
    def test_any_name_and_reason_come_back(self, name, reason):
        for row in (
            Row(id=name, content=CONTENT, key=CONTENT, shape=(128, 387)),
            Row(id=name, content=CONTENT, key=CONTENT, error=reason),
            Row(id=name, error=reason),
        ):
            assert Row.from_dict(json.loads(row.to_json())) == row

    def test_bytes_that_are_no_text_come_back(self, tmp_path):
        row = Row(id="a\udcffb\n", error="x")
        path = tmp_path / "index.jsonl"
        path.write_text(row.to_json() + "\n", encoding="utf-8")
        assert to_rows(path, read_rows(path)) == [row]

    @pytest.mark.parametrize(
        "line",
        ["{", "[1]", "7", '{"id": "a"}', '{"id": "a", "shape": [1]}', '{"error": "x"}', '{"a": 1}'],
    )
    def test_damage(self, line, tmp_path):
        path = tmp_path / "index.jsonl"
        path.write_text(line + "\n", encoding="utf-8")
        with pytest.raises(BadStore, match=r"index.jsonl: damaged; the same `earmark extract`"):
            to_rows(path, read_rows(path))
