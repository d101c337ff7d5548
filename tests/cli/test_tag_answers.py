"""`earmark tag` with a model that answers several questions: every answer, in every format."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from earmark.bundle import Output, write_bundle
from earmark.clips import Clips
from earmark.errors import BadBundle
from earmark.features import LogMel

OUTPUTS = {
    "valence": (Output(("valence",), kind="number"), [0.25]),
    "genre": (Output(("blues", "drum and bass and breakbeat", "jazz")), [0, 2, 1]),
    "mood": (Output(("happy", "tense", "sad", "calm")), [0, 0, 1, 3]),
}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A model that says the same of everything: the logits above."""
    from onnx import TensorProto, helper, numpy_helper

    nodes = [helper.make_node("ReduceMean", ["clips", "axis"], ["bands"], keepdims=0)]
    constants = [numpy_helper.from_array(np.array([2]), "axis")]
    for name, (_, logits) in OUTPUTS.items():
        zeros = np.zeros((128, len(logits)), np.float32)
        constants.append(numpy_helper.from_array(zeros, f"{name} weights"))
        constants.append(numpy_helper.from_array(np.float32(logits), f"{name} bias"))
        nodes.append(helper.make_node("Gemm", ["bands", f"{name} weights", f"{name} bias"], [name]))
    numbers = TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "constant",
        [helper.make_tensor_value_info("clips", numbers, ["n", 128, "columns"])],
        [helper.make_tensor_value_info(k, numbers, ["n", len(v)]) for k, (_, v) in OUTPUTS.items()],
        constants,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9
    ).SerializeToString()
    path = tmp_path_factory.mktemp("bundles") / "several"
    outputs = {name: output for name, (output, _) in OUTPUTS.items()}
    write_bundle(
        path, model=model, weights=b"", feature=LogMel(), clips=Clips(), outputs=outputs, about={}
    )
    return path


def shares(name: str) -> list[float]:
    odds = np.exp(OUTPUTS[name][1])
    return sorted((odds / odds.sum()).tolist(), reverse=True)


def test_the_table_names_genre_and_mood(earmark, album, bundle):
    process = earmark("tag", album[0], "--model", bundle, "--timeline")
    head, whole, segment = process.stdout.splitlines()
    assert process.returncode == 0
    assert head.split() == ["path", "length", "genre", "mood"]
    first, second = (f"{share:.0%}" for share in shares("genre")[:2])
    calm = f"{shares('mood')[0]:.0%}"
    answers = whole[head.index("genre") :]
    assert answers.split() == f"drum and bass a… {first} jazz {second} calm {calm}".split()
    assert segment.endswith(f"0:00–0:28  {answers}")


def test_json_has_every_answer(earmark, album, bundle):
    (row,) = map(
        json.loads,
        earmark("tag", album[0], "--model", bundle, "--format", "json").stdout.splitlines(),
    )
    assert list(row)[3:7] == ["valence", "genre", "mood", "unknown"]
    assert (row["valence"], row["unknown"]) == (0.25, None)
    for name in ("genre", "mood"):
        found = [answer["probability"] for answer in row[name]]
        assert found == pytest.approx(shares(name), abs=1e-6)
    assert [answer["label"] for answer in row["mood"]][:2] == ["calm", "sad"]


def test_csv_has_a_column_for_every_answer(earmark, album, bundle):
    process = earmark("tag", album[0], "gone.mp3", "--model", bundle, "--format", "csv")
    known, failed = csv.DictReader(io.StringIO(process.stdout))
    assert (process.returncode, failed["error"]) == (1, "no such file")
    columns = (
        "path status duration_seconds valence genre genre_probability genre_2 genre_2_probability"
        " genre_3 genre_3_probability mood mood_probability unknown warnings error"
    )
    assert list(known) == columns.split()
    assert (known["valence"], known["genre"]) == ("0.2500", "drum and bass and breakbeat")
    assert float(known["mood_probability"]) == pytest.approx(shares("mood")[0], abs=1e-4)


class TestQuestions:
    def test_they_are_those_of_the_bundle(self, bundle):
        from earmark.cli.questions import read_questions

        questions = read_questions(bundle)
        assert [question.name for question in questions.all] == list(OUTPUTS)
        assert (questions.main.name, questions.second.name) == ("genre", "mood")
        assert questions.main.labels == OUTPUTS["genre"][0].labels
        assert [question.number for question in questions.all] == [True, False, False]

    def test_those_of_the_default_bundle(self):
        from earmark.bundle import read_bundle
        from earmark.cli.questions import read_questions

        outputs = read_bundle().outputs
        assert {q.name: q.labels for q in read_questions(None).all} == {
            name: output.labels for name, output in outputs.items()
        }

    @pytest.mark.parametrize("text", ["{", "[]", '{"outputs": {}}', '{"outputs": {"genre": 1}}'])
    def test_a_bad_bundle_is_refused(self, text, tmp_path):
        from earmark.cli.questions import read_questions

        (tmp_path / "bundle.json").write_text(text)
        with pytest.raises(BadBundle, match=r"bundle\.json"):
            read_questions(tmp_path)
        with pytest.raises(BadBundle, match="no such folder"):
            read_questions(tmp_path / "gone")
