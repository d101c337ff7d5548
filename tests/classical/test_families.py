"""What single families promise beyond the contract."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from earmark.classical import KMeans, KNearest, PatchAtoms, Targets, build_classical, fit
from earmark.classical.k_means import assign, label_logits
from earmark.classical.patch_atoms import _description


def flat(clips: np.ndarray) -> np.ndarray:
    return clips.reshape(len(clips), -1).astype(np.float64)


class TestKNearest:
    def test_all_that_are_as_near_as_the_last_one_vote(self, ask):
        """Four clips at one distance, two asked for: the order of the train side has no say."""
        square = np.array([[1, 0], [-1, 0], [0, 1], [0, -1], [9, 9]], np.float32)
        truth = np.array([0, 0, 0, 1, 2])
        settings = KNearest.Settings(neighbours=2, standardize=False)
        for order in (np.arange(5), np.arange(5)[::-1]):
            targets = {"g": Targets("classes", 3, truth[order])}
            model = fit(KNearest(settings), square[order].astype(float), targets, 0)
            centre = np.zeros((1, 2), np.float32)
            shares = np.exp(model.answers["g"](centre.astype(float)))
            assert shares[0] == pytest.approx([0.75, 0.25, 1e-7])
            clips = np.zeros((1, 4, 6), np.float32)  # `ask` has clips of that shape
            wide = np.zeros((5, 24))
            wide[:, :2] = square[order]
            again = fit(KNearest(settings), wide, targets, 0)
            logits = ask("k-nn", again.arrays, clips, g=3)
            assert np.exp(logits[0] + np.log(0.75)) == pytest.approx([0.75, 0.25, 1e-7])

    def test_more_neighbours_than_clips_are_all(self, make_clips, ask):
        clips, truth = make_clips(3, count=9)
        family = build_classical("k-nn", {"neighbours": 100})
        model = fit(family, flat(clips), {"g": Targets("classes", 3, truth)}, 0)
        assert np.allclose(ask("k-nn", model.arrays, clips, g=3), 0, atol=1e-6)  # a third each


class TestLda:
    def test_shrinkage_is_what_the_recipe_says(self, make_clips):
        clips, truth = make_clips(3)
        inputs = flat(clips)
        answers = []
        for shrinkage in ("auto", 0.3):
            settings = {"shrinkage": shrinkage, "variance": 1.0, "standardize": False}
            model = fit(
                build_classical("lda", settings), inputs, {"g": Targets("classes", 3, truth)}, 0
            )
            theirs = make_pipeline(
                PCA(), LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage)
            ).fit(inputs, truth)
            answers.append(model.answers["g"](inputs))
            np.testing.assert_allclose(answers[-1], theirs.decision_function(inputs), rtol=1e-6)
        assert not np.allclose(*answers)


class TestKMeans:
    def test_a_cluster_answers_what_most_of_it_is(self):
        found = np.array([[5, 1, 0], [4, 3, 0], [0, 2, 9]])
        assert assign(found, "majority").tolist() == [0, 0, 2]

    def test_one_to_one_gives_every_label_a_cluster(self):
        """Of all ways to give three labels to three clusters, the one with most clips right."""
        found = np.array([[5, 1, 0], [4, 3, 0], [0, 2, 9]])
        assert assign(found, "one-to-one").tolist() == [0, 1, 2]

    def test_the_nearest_cluster_decides_and_a_label_without_one_is_last(self):
        distances = np.array([[3.0, 1.0, 2.0]])
        logits = label_logits(distances, np.array([0, 0, 2]), 3)
        assert logits.tolist() == [[-1.0, -19.0, -2.0]]

    def test_labels_do_not_move_clusters(self, make_clips):
        clips, truth = make_clips(4)
        first, second = (
            fit(KMeans(KMeans.Settings()), flat(clips), {"g": Targets("classes", 4, given)}, 0)
            for given in (truth, truth[::-1].copy())
        )
        assert np.array_equal(first.arrays["g.centres"], second.arrays["g.centres"])


def test_a_mixture_with_more_components_than_clips_of_a_label(make_clips, ask):
    clips, _ = make_clips(2, count=9)
    truth = np.array([0] * 7 + [1] + [2])  # one clip has no variance
    family = build_classical("gaussian-mixture", {"components": 4})
    model = fit(family, flat(clips), {"g": Targets("classes", 3, truth)}, 0)
    logits = ask("gaussian-mixture", model.arrays, clips, g=3)
    assert accuracy_score(truth, logits.argmax(axis=1)) == 1


def test_trees_split_where_scikit_learn_s_do(make_clips, ask):
    """A clip that lies on a threshold goes the same way: both compare in float64."""
    clips = np.repeat(np.arange(10, dtype=np.float32)[:, None], 24, axis=1).reshape(10, 4, 6)
    truth = (np.arange(10) > 4).astype(int)
    settings = {"rounds": 3, "clips": 1.0, "numbers": 1.0, "depth": 1}
    family = build_classical("gradient-boosting", settings)
    model = fit(family, flat(clips), {"g": Targets("classes", 2, truth)}, 0)
    border = np.float32(4.5)
    near = np.array([np.nextafter(border, 0, dtype=np.float32), border, np.nextafter(border, 9)])
    questions = np.repeat(near.astype(np.float32)[:, None], 24, axis=1).reshape(3, 4, 6)
    given = ask("gradient-boosting", model.arrays, questions, g=2).argmax(axis=1)
    assert given.tolist() == model.answers["g"](flat(questions)).argmax(axis=1).tolist()
    assert given.tolist() == [0, 0, 1]


class TestPatchAtoms:
    def test_a_clip_is_described_by_its_likeness_to_atoms(self):
        """Two columns alike, one unlike: counted by hand."""
        clip = np.array([[3.0, 3, 0], [0, 0, 5]])
        own = {
            "whiten": np.eye(2),
            "centre": np.zeros((2, 1)),
            "atoms": np.array([[1.0, 0], [np.sqrt(0.5), np.sqrt(0.5)]]),
            "width": np.array(1),
            "threshold": np.array(0.2),
        }
        above = np.array([[0.8, 0.8, 0], [np.sqrt(0.5) - 0.2] * 3])
        expected = np.sqrt([*above.mean(axis=1), *above.std(axis=1)])
        assert _description(clip, [own]) == pytest.approx(expected, abs=1e-3)

    def test_what_follows_the_description_is_scikit_learns(self, make_clips):
        """Standardized, principal components, discriminants; no clip moved."""
        clips, truth = make_clips(4)
        settings = PatchAtoms.Settings(bands=4, widths=(2,), atoms=12, shifts=(), components=8)
        model = fit(PatchAtoms(settings), flat(clips), {"g": Targets("classes", 4, truth)}, 0)
        own = {k.removeprefix("g.0."): v for k, v in model.arrays.items() if k.startswith("g.0.")}
        known = np.stack([_description(clip.astype(float), [own]) for clip in clips])
        theirs = make_pipeline(
            StandardScaler(), PCA(8), LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3)
        ).fit(known, truth)
        assert np.allclose(model.answers["g"](flat(clips)), theirs.decision_function(known))

    def test_atoms_are_of_unit_length_and_whitened_patches_uncorrelated(self, make_clips):
        clips, truth = make_clips(2, count=300)
        settings = PatchAtoms.Settings(bands=4, widths=(1,), atoms=12)
        model = fit(PatchAtoms(settings), flat(clips), {"g": Targets("classes", 2, truth)}, 0)
        assert np.linalg.norm(model.arrays["g.0.atoms"], axis=1) == pytest.approx(
            np.ones(12), rel=1e-5
        )
        patches = clips.transpose(1, 0, 2).reshape(4, -1)  # of one column each
        covariance = np.cov(model.arrays["g.0.whiten"] @ patches)
        assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 1e-3

    def test_clips_it_cannot_take_are_refused(self, make_clips):
        clips, truth = make_clips(2)
        targets = {"g": Targets("classes", 2, truth)}
        for settings in ({"bands": 5}, {"bands": 4, "widths": [7]}):
            with pytest.raises(ValueError, match=r"takes clips of . bands and at least"):
                fit(build_classical("patch-atoms", settings), flat(clips), targets, 0)
