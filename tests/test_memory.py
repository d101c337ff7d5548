"""A memory says what its arrays say: worked out by hand here, read back, and used by the tagger."""

import numpy as np
import pytest

from earmark import Classifier
from earmark.bundle import extend_bundle, read_bundle, verify_bundle, write_blend
from earmark.errors import BadBundle
from earmark.features import LogMel, Summary
from earmark.memory import (
    FARTHEST,
    FILE,
    Limits,
    Memory,
    Remembered,
    memory_file,
    memory_manifest,
    read_memory,
)

N = len(Summary().names)
TRACKS = [
    Remembered("a", "Ada", {"genre": "jazz"}),
    Remembered("b", None, {}),
    Remembered("ć", "Ćiro", {"genre": "pop"}),
]


LIMITS = Limits(0.0, 1.5)


def made(limits=LIMITS, **changes) -> Memory:
    """Music has large first numbers, noise large second ones; embeddings are the first three."""
    weights = np.zeros((N, 3), np.float32)
    weights[0, 0] = weights[1, 1] = weights[2, 2] = 1
    arrays = {
        "mean": np.full(N, 5, np.float32),
        "scale": np.full(N, 2, np.float32),
        "projection": np.eye(N, 3, dtype=np.float32),
        "weights": weights,
        "biases": np.array([0, 0, -1], np.float32),
        "vectors": np.eye(3, dtype=np.float16),
    }
    kinds = ("music", "noise", "tone")
    return Memory(
        feature=Summary(), kinds=kinds, limits=limits, tracks=TRACKS, **{**arrays, **changes}
    )


def vector(*first: float, rest: float = 0.0) -> np.ndarray:
    """A vector of which these are the standardized numbers."""
    return 5 + 2 * np.array([*first, *[rest] * (N - len(first))])


def test_numbers_are_deviations_and_none_is_beyond_the_farthest():
    standard = made().standard(vector(1, -2, 100, -100))
    assert standard[:5].tolist() == [1, -2, FARTHEST, -FARTHEST, 0]


def test_embeddings_are_unit_vectors_along_the_projection():
    memory = made()
    np.testing.assert_allclose(memory.embed(vector(3, 0, 4)), [0.6, 0, 0.8], atol=1e-6)
    both = memory.embed(np.stack([vector(3, 0, 4), vector(0, 2)]))
    np.testing.assert_allclose(both, [[0.6, 0, 0.8], [0, 1, 0]], atol=1e-6)
    assert memory.embed(vector()).tolist() == [0, 0, 0]


def test_neighbours_come_by_their_cosine():
    near = made().neighbours(made().embed(vector(3, -1, 4)), 2)
    assert [n.track.name for n in near] == ["ć", "a"]
    lengths = np.sqrt(9 + 1 + 16)
    assert [n.similarity for n in near] == pytest.approx([4 / lengths, 3 / lengths], abs=1e-3)
    assert len(made().neighbours(made().embed(vector(1)), 10)) == 3


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (vector(2, 1), None),
        (vector(1, 2), "noise"),
        (vector(1, 0, 2.5), "a lone tone"),
        (vector(1, 0, 1.5), None),  # its bias
        (vector(2, 1, rest=-2), "unlike all music that was learnt from; nearest is a by Ada"),
        (vector(1, 4, rest=-2), "noise"),  # the kind says more
    ],
)
def test_why_it_is_unknown(said, reason):
    assert made().unknown(said) == reason


def test_without_limits_all_is_known():
    assert made(Limits(-np.inf, np.inf)).unknown(vector(-9, 9, rest=9)) is None


@pytest.mark.parametrize(
    "changes", [{"mean": np.zeros(3)}, {"vectors": np.eye(2)}, {"biases": np.zeros(2)}]
)
def test_arrays_must_fit(changes):
    with pytest.raises(ValueError, match=f"{next(iter(changes))} has the shape"):
        made(**changes)


@pytest.fixture
def bundle(tmp_path):
    """The default model, without whatever memory it has."""
    known = read_bundle()
    path = tmp_path / "blend"
    write_blend(
        path, members=known.members, feature=LogMel(), outputs=known.outputs, about={"seed": 0}
    )
    return path


def remember(bundle, memory) -> None:
    extend_bundle(
        bundle, about={"memory": memory_manifest(memory)}, files={FILE: memory_file(memory)}
    )


class TestInABundle:
    def test_it_comes_back_as_it_was(self, bundle):
        before = read_bundle(bundle)
        assert read_memory(before) is None
        remember(bundle, made())
        after = read_bundle(bundle)
        verify_bundle(bundle)
        assert (after.outputs, after.members) == (before.outputs, before.members)
        found = read_memory(after)
        assert (found.kinds, found.limits, found.tracks) == (
            made().kinds, made().limits, made().tracks,
        )  # fmt: skip
        np.testing.assert_array_equal(found.projection, made().projection)
        assert memory_file(found) == memory_file(made())

    def test_the_tagger_gives_its_reasons(self, bundle, log_mels):
        sound = log_mels["jazz"]
        remember(bundle, made(Limits(-np.inf, np.inf)))
        known = Classifier.load(bundle)
        assert known.unknown(sound) is None
        remember(bundle, made(Limits(np.inf, np.inf)))
        classifier = Classifier.load(bundle)
        assert classifier.unknown(sound) in {"noise", "a lone tone"}
        assert classifier.judge(sound) == known.judge(sound)
        unit = classifier.embed(sound)
        np.testing.assert_allclose(unit, made().embed(Summary().from_log_mel(sound)), rtol=1e-6)
        assert len(classifier.neighbours(unit, 2)) == 2

    def test_most_of_a_file_decides(self, bundle, album):
        remember(bundle, made(Limits(-np.inf, np.inf)))
        assert Classifier.load(bundle).predict(album[0]).unknown is None
        remember(bundle, made(Limits(np.inf, np.inf)))
        prediction = Classifier.load(bundle).predict(album[0])
        assert prediction.unknown == prediction.windows[0].unknown is not None
        assert sum(prediction.genre.values()) == pytest.approx(1)

    def test_without_a_memory(self, bundle, log_mels):
        classifier = Classifier.load(bundle)
        assert classifier.unknown(log_mels["jazz"]) is None
        with pytest.raises(BadBundle, match=r"has no memory of music; `earmark remember` gives"):
            classifier.embed(log_mels["jazz"])

    def test_damage_is_told(self, bundle):
        remember(bundle, made())
        (bundle / FILE).write_bytes(b"PK")
        with pytest.raises(BadBundle, match=r"memory\.npz: damaged"):
            Classifier.load(bundle)
        (bundle / FILE).unlink()
        with pytest.raises(BadBundle, match=r"memory\.npz"):
            Classifier.load(bundle)

    @pytest.mark.parametrize(
        "about", [{"kinds": ["music"]}, {"limits": {}}, {"feature": {"name": "mfcc-statistics"}}]
    )
    def test_what_does_not_fit_is_told(self, about, bundle):
        extend_bundle(
            bundle,
            about={"memory": {**memory_manifest(made()), **about}},
            files={FILE: memory_file(made())},
        )
        with pytest.raises(BadBundle, match=r"memory\.npz: cannot be used"):
            Classifier.load(bundle)
