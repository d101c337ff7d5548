"""The command `earmark blend`: a network and a vector's model become one bundle."""

import json

import pytest

from earmark.bundle import verify_bundle


@pytest.fixture(scope="module")
def blend(recipe, tmp_path_factory):
    """A blend of one tiny network, of one epoch, and LDA."""
    folder = tmp_path_factory.mktemp("blend")
    tiny = recipe.read_text(encoding="utf-8").replace("epochs = 6", "epochs = 1")
    (folder / "net.toml").write_text(tiny, encoding="utf-8")
    (folder / "lda.toml").write_text(
        '[feature]\nname = "mfcc-statistics"\n[clips]\nsubtract_band_mean = false\n'
        '[model]\nname = "lda"\n',
        encoding="utf-8",
    )
    (folder / "blend.toml").write_text(
        '[members.net]\nrecipe = "net.toml"\n[members.lda]\nrecipe = "lda.toml"\n'
        '[outputs.style]\nof = "genre"\nfrom = {net = 1, lda = 1}\n',
        encoding="utf-8",
    )
    return folder / "blend.toml"


def test_a_blend_is_trained_and_tags(earmark, blend, miniature, album, tmp_path):
    out, runs = tmp_path / "bundle", tmp_path / "runs"
    data = f"gtzan-mel={miniature}"
    process = earmark("blend", blend, "--data", data, "--runs", runs, "--out", out, timeout=400)
    assert process.returncode == 0, process.stderr
    assert process.stdout.splitlines()[-1] == str(out)
    assert "style: accuracy" in process.stderr
    assert "calibration error" in process.stderr
    verify_bundle(out)
    report = json.loads((runs / "blend-official" / "blend.json").read_bytes())
    assert report["command"] == "earmark blend blend.toml --data gtzan-mel=DIR --side official"
    assert 0 <= report["minutes"] < 5  # hundredths: a quick training takes none
    tagged = earmark("tag", album[0], "--format", "json", "--model", out)
    assert tagged.returncode == 0, tagged.stderr
    assert "style" in tagged.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--side", "folds", "--out", "x"], "--side folds trains no model for a bundle"),
        (["--data", "gtzan-mel=elsewhere"], "--data names a data set twice"),
        (["--side", "fold"], "Invalid value for '--side'"),
    ],
)
def test_wrong_use_is_one_plain_message(earmark, blend, miniature, options, words):
    process = earmark("blend", blend, "--data", f"gtzan-mel={miniature}", *options)
    assert process.returncode == 2
    assert words in process.stderr
    assert "Traceback" not in process.stderr
