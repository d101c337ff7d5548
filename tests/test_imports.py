"""Judging imports what it needs and nothing of the laboratory, so that it starts fast."""

import json
import subprocess
import sys

import pytest

LABORATORY = (
    "torch lightning librosa scipy matplotlib pandas sklearn numba onnx statsmodels".split()
)
PRINT = "import json, sys; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
BY_COMMAND = """
import os, sys
sys.argv = ["earmark", *sys.argv[1:]]
def end(code):
    print("exit", code, file=sys.stderr)
    raise SystemExit
os._exit = end
from earmark.cli import main
try:
    main()
except SystemExit:
    pass
"""


def modules_after(code: str, *arguments: object) -> set[str]:
    """Top-level packages that a fresh Python has imported after running some code."""
    command = [sys.executable, "-c", f"{code}\n{PRINT}", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("name", LABORATORY)
def test_the_search_would_find_it(name):
    """Else a misspelt name would pass for ever."""
    assert name in modules_after(
        f"import sys, types; sys.modules[{name!r}] = types.ModuleType('x')"
    )


def test_the_api_judges_without_the_laboratory(album):
    code = "import sys; from earmark import Classifier; Classifier.load().predict(sys.argv[1])"
    modules = modules_after(code, album[0])
    assert "onnxruntime" in modules
    assert modules.isdisjoint(LABORATORY)


@pytest.mark.parametrize("files", [1, 2])
def test_the_command_judges_without_the_laboratory(files, album):
    modules = modules_after(BY_COMMAND, "tag", "--jobs", 1, *album[:files])
    assert ("onnxruntime" in modules) == (files == 1)  # several are for the workers
    assert modules.isdisjoint(LABORATORY)


def test_help_imports_no_number_cruncher():
    modules = modules_after(BY_COMMAND, "--help")
    assert modules.isdisjoint([*LABORATORY, "numpy", "onnxruntime", "soundfile", "av"])


def test_importing_the_package_imports_nothing_else():
    modules = modules_after("import earmark")
    assert modules.isdisjoint([*LABORATORY, "numpy", "onnxruntime", "soundfile", "av", "typer"])


def test_public_names():
    import earmark

    for name in earmark.__all__:
        assert getattr(earmark, name) is not None
    assert set(dir(earmark)) == set(earmark.__all__)
    assert earmark.__version__.count(".") == 2
    with pytest.raises(AttributeError, match="no attribute 'Clasifier'"):
        _ = earmark.Clasifier


def test_the_registry_imports_a_representation_when_it_is_asked_for():
    code = "from earmark.features import FEATURES, LogMel; assert 'slices' in FEATURES"
    printing = "print([name for name in sys.modules if name.startswith('earmark.features.')])"
    command = [sys.executable, "-c", f"import sys; {code}; {printing}"]
    loaded = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    assert "earmark.features.log_mel'" in loaded
    assert "earmark.features.image'" not in loaded


def test_the_registry_names_all_of_its_classes():
    import earmark.features

    for kind in earmark.features.FEATURES.values():
        assert getattr(earmark.features, kind.__name__) is kind
    assert len(earmark.features.FEATURES) == len(list(earmark.features.FEATURES))
    with pytest.raises(AttributeError, match="no attribute 'LogMell'"):
        _ = earmark.features.LogMell
