"""A blend says what its members say one by one, pooled by the formula; and it stays flat."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from earmark import Classifier
from earmark.batch import judge_file
from earmark.bundle import Member, Output, Part, write_blend, write_bundle
from earmark.clips import Clips
from earmark.errors import BadBundle
from earmark.features import LogMel, Spectrotemporal, Summary
from earmark.features.texture import Texture
from earmark.members import Fed, pooled, said, scores

RATE = 22050
LABELS = {"genre": ("jazz", "pop", "rock"), "tags": ("loud", "slow"), "valence": ("valence",)}
KINDS = {"genre": "classes", "tags": "tags", "valence": "number"}
CLIPS = {
    "whole": (LogMel(), Clips()),
    "cut": (LogMel(), Clips(columns=30, hop=11)),
    "levels": (LogMel(), Clips(columns=16, subtract_band_mean=False)),
    "vector": (Summary(), Clips(subtract_band_mean=False)),
}


def linear(name: str, seed: int, outputs=LABELS, *, size: int | None = None) -> bytes:
    """ONNX: the greatest level of each band, or each number, times random weights, by output."""
    rng = np.random.default_rng(seed)
    vector = CLIPS[name][0] == Summary()
    size = size or (len(Summary().names) if vector else 128)
    shape = ["n", size] if vector else ["n", 128, "columns"]
    source, graph, constants, described = "clips", [], [], []
    if not vector:
        graph = [
            helper.make_node("Abs", ["clips"], ["levels"]),
            helper.make_node("ReduceMax", ["levels", "axis"], ["numbers"], keepdims=0),
        ]
        constants.append(numpy_helper.from_array(np.array([2]), "axis"))
        source = "numbers"
    for output, labels in outputs.items():
        weights = rng.normal(0, 0.002, (size, len(labels)))
        constants.append(numpy_helper.from_array(weights.astype(np.float32), f"{output} weights"))
        graph.append(helper.make_node("MatMul", [source, f"{output} weights"], [output]))
        described.append(
            helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", len(labels)])
        )
    fed = helper.make_tensor_value_info("clips", TensorProto.FLOAT, shape)
    model = helper.make_model(
        helper.make_graph(graph, "linear", [fed], described, constants),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=9,
    )
    onnx.checker.check_model(model)
    return model.SerializeToString()


def member(name: str, parts: dict[str, Part], seed: int = 0) -> Member:
    feature, clips = CLIPS[name]
    return Member(name, linear(name, seed), feature, clips, parts)


def blended(path, members, temperatures=None) -> Classifier:
    outputs = {
        output: Output(LABELS[output], (temperatures or {}).get(output, 1.0), KINDS[output])
        for output in LABELS
        if any(output in each.parts for each in members)
    }
    write_blend(path, members=members, feature=LogMel(), outputs=outputs, about={})
    return Classifier.load(path)


def alone(path, each: Member) -> Classifier:
    """A member as a bundle of its own."""
    outputs = {
        output: Output(LABELS[output], part.temperature if output != "valence" else 1.0, kind)
        for output, part in each.parts.items()
        for kind in [KINDS[output]]
    }
    feature, clips = each.feature, each.clips
    model = linear(each.name, 0, {output: LABELS[output] for output in each.parts})
    write_bundle(
        path, model=model, weights=b"", feature=feature, clips=clips, outputs=outputs, about={}
    )
    return Classifier.load(path)


positive = st.floats(0.5, 3)


@st.composite
def panels(draw) -> tuple[list[Member], dict[str, float]]:
    """Members with random weights and temperatures, and temperatures of the blend."""
    names = draw(st.lists(st.sampled_from(sorted(CLIPS)), min_size=1, unique=True))
    members = []
    for name in names:
        scale, offset = draw(st.floats(-2, 2)), draw(st.floats(-1, 1))
        parts = {
            "genre": Part("genre", draw(positive), draw(positive)),
            "tags": Part("tags", draw(positive), draw(positive)),
            "valence": Part("valence", draw(positive), 1.0, scale, offset),
        }
        members.append(member(name, parts))
    return members, {"genre": draw(positive), "tags": draw(positive)}


@settings(max_examples=25)
@given(panel=panels(), seed=st.integers(0, 9), seconds=st.floats(3, 6))
def test_a_blend_says_what_its_members_say(panel, seed, seconds, tmp_path_factory):
    members, temperatures = panel
    rng = np.random.default_rng(seed)
    samples = round(seconds * RATE)
    swell = np.interp(np.arange(samples), np.linspace(0, samples, 9), rng.uniform(0.01, 0.3, 9))
    waveform = (rng.standard_normal(samples) * swell).astype(np.float32)
    folder = tmp_path_factory.mktemp("blend")
    together = blended(folder / "blend", members, temperatures).predict_waveform(waveform, RATE)
    each = [
        alone(folder / member.name, member).predict_waveform(waveform, RATE) for member in members
    ]
    genre = sum(
        member.parts["genre"].weight
        * np.log([prediction.outputs["genre"][label] for label in LABELS["genre"]])
        for member, prediction in zip(members, each, strict=True)
    )
    likely = np.exp((genre - genre.max()) / temperatures["genre"])
    for label, probability in zip(LABELS["genre"], likely / likely.sum(), strict=True):
        assert together.genre[label] == pytest.approx(probability, abs=1e-5)
    for tag in LABELS["tags"]:
        odds = 1.0
        for member, prediction in zip(members, each, strict=True):
            p = prediction.outputs["tags"][tag]
            odds *= (p / (1 - p)) ** member.parts["tags"].weight
        expected = 1 / (1 + odds ** (-1 / temperatures["tags"]))
        assert together.outputs["tags"][tag] == pytest.approx(expected, abs=1e-4)
    total = weight = 0.0
    for member, prediction in zip(members, each, strict=True):
        part = member.parts["valence"]
        number = part.scale * prediction.outputs["valence"]["valence"] + part.offset
        total, weight = total + part.weight * number, weight + part.weight
    assert together.outputs["valence"]["valence"] == pytest.approx(total / weight, abs=1e-4)


def test_stored_log_mels_and_sound_are_judged_alike(tmp_path, log_mels, album):
    parts = {"genre": Part("genre", 0.5)}
    classifier = blended(tmp_path / "blend", [member(name, parts) for name in CLIPS])
    for path, log_mel in list(zip(album, log_mels.values(), strict=True))[:3]:
        heard = classifier.predict(path).genre
        assert classifier.judge(log_mel)["genre"] == pytest.approx(heard, abs=1e-6)


def test_what_members_share_is_worked_out_once(tmp_path, log_mels, monkeypatch):
    parts = {"genre": Part("genre")}
    twins = [
        Member(f"vector-{i}", linear("vector", i), *CLIPS["vector"], parts) for i in range(3)
    ] + [member("whole", parts), member("cut", parts)]
    summary = replace(Summary(), parts=(*Summary().parts, Spectrotemporal()))
    names = len(summary.names)
    clips = CLIPS["vector"][1]
    twins.append(Member("longer", linear("vector", 0, size=names), summary, clips, parts))
    classifier = blended(tmp_path / "blend", twins)
    calls = []
    derive = Texture.from_log_mel
    monkeypatch.setattr(
        Texture, "from_log_mel", lambda self, *rest: calls.append(self.name) or derive(self, *rest)
    )
    judged = classifier.judge(log_mels["jazz"])
    assert sorted(calls) == sorted(part.name for part in summary.parts)
    whole = summary.from_log_mel(log_mels["jazz"])
    np.testing.assert_array_equal(Fed(LogMel(), log_mels["jazz"]).derived(summary), whole)
    assert sum(judged["genre"].values()) == pytest.approx(1)


def test_a_member_may_answer_more_than_is_asked(tmp_path, log_mels):
    one = member("whole", {"valence": Part("valence")})
    both = [one, member("cut", {"genre": Part("genre")})]
    given = blended(tmp_path / "blend", both).judge(log_mels["pop"])
    assert set(given) == {"genre", "valence"}
    assert sum(given["genre"].values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (b"junk", "its member whole cannot be loaded"),
        (linear("whole", 0, {"mood": ("sad", "happy")}), r"whole takes \['clips'\] and gives"),
        (linear("whole", 0, {"genre": ("jazz", "pop")}), "for genre, which has 3 labels"),
    ],
)
def test_a_member_that_is_not_what_is_said_is_refused(tmp_path, model, words):
    wrong = Member("whole", model, *CLIPS["whole"], {"genre": Part("genre")})
    with pytest.raises(BadBundle, match=words):
        blended(tmp_path / "blend", [wrong])


class TestPooling:
    def test_weights_that_add_up_to_one_give_the_geometric_mean(self):
        given = np.array([[0.9, 0.1], [0.5, 0.5]])
        found = scores(pooled(given, [0.5, 0.5], "classes")[None], Output(("a", "b")))[0]
        expected = np.sqrt(given[0] * given[1])
        np.testing.assert_allclose(found, expected / expected.sum())

    def test_one_that_rules_out_a_label_does_not_rule_alone(self):
        given = np.array([[1.0, 0.0], [0.0, 1.0]])
        found = scores(pooled(given, [1.0, 1.0], "classes")[None], Output(("a", "b")))[0]
        np.testing.assert_allclose(found, 0.5)

    @pytest.mark.parametrize("kind", ["classes", "tags", "number"])
    def test_many_tracks_at_once_are_as_one_by_one(self, kind):
        given = np.random.default_rng(0).uniform(0.1, 0.9, (3, 5, 4))
        weights = [0.2, 1.0, 3.0]
        rows = pooled(given, weights, kind)
        for row in range(5):
            np.testing.assert_allclose(rows[row], pooled(given[:, row], weights, kind))

    def test_clips_are_averaged_before_members_are_pooled(self):
        logits = np.log([[0.8, 0.2], [0.4, 0.6]])
        np.testing.assert_allclose(said(logits, Part("genre"), "classes"), [0.6, 0.4])


def test_members_asked_side_by_side_say_the_same(tmp_path, log_mels, album):
    parts = {"genre": Part("genre"), "tags": Part("tags")}
    one = blended(tmp_path / "blend", [member(name, parts) for name in CLIPS])
    several = Classifier.load(tmp_path / "blend", threads=3)
    for log_mel in log_mels.values():
        assert several.judge(log_mel) == one.judge(log_mel)
    assert several.predict(album[0], whole=True) == one.predict(album[0], whole=True)


def test_a_member_that_cannot_be_loaded_is_told_by_any_thread(tmp_path, album):
    damaged = replace(member("whole", {"genre": Part("genre")}), model=b"no model")
    outputs = {"genre": Output(LABELS["genre"], 1.0, "classes")}
    write_blend(tmp_path / "blend", members=[damaged], feature=LogMel(), outputs=outputs, about={})
    for threads in (1, 2):
        with pytest.raises(BadBundle, match="its member whole cannot be loaded"):
            Classifier.load(tmp_path / "blend", threads=threads)
    late = Classifier.load(tmp_path / "blend", threads=2, wait=False)
    with pytest.raises(BadBundle, match="its member whole cannot be loaded"):
        judge_file(late, album[0])
