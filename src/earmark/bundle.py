"""The model on disk: a folder of three files that holds all that judging needs.

`model.onnx` takes clips, such as [shape=(clips, bands, columns)], and gives one array of logits per
output [shape=(clips, labels)]; `weights.safetensors` holds the same weights for training on;
`bundle.json` says what both are: feature and clip settings, labels, calibration, recipe, seed, data
and split checksums, metrics, versions, licence note, and the checksums of the other two.
Nothing in a bundle is ever executed or unpickled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from earmark.clips import Clips
from earmark.errors import BadBundle
from earmark.features import feature_from_dict, feature_to_dict
from earmark.features.base import Feature

OutputKind = Literal["classes", "tags", "number"]
"""What kind of answer an output gives."""

SCHEMA = 1
MODEL, WEIGHTS, MANIFEST = "model.onnx", "weights.safetensors", "bundle.json"
DEFAULT = Path(__file__).parent / "models" / "default"


@dataclass(frozen=True)
class Output:
    """One question that a model answers.

    Attributes:
        labels: the possible answers, in the order of the logits; a number's is its own name.
        temperature: logits are divided by it before the softmax; above 1 makes answers less sure.
        kind: "classes", of which one is right; "tags", each of which may be; or a "number".
    """

    labels: tuple[str, ...]
    temperature: float = 1.0
    kind: OutputKind = "classes"


@dataclass(frozen=True)
class Bundle:
    """A bundle that was read and found whole.

    Attributes:
        path: its folder.
        feature: the representation that the model is fed.
        clips: how that is cut.
        outputs: the questions it answers, by name.
        model: the ONNX file's bytes.
        manifest: everything in bundle.json.
    """

    path: Path
    feature: Feature
    clips: Clips
    outputs: dict[str, Output]
    model: bytes
    manifest: dict[str, Any]


def read_bundle(path: Path | None = None) -> Bundle:
    """Read a bundle, the default one if no path is given.

    The model is held to its checksum; the weights, which judging does not use, are not read.

    Raises:
        BadBundle: it is missing, damaged, of another version, or not a bundle.
    """
    path = path or DEFAULT
    manifest = _read_manifest(path)
    model = _read_bytes(path / MODEL)
    if hashlib.sha256(model).hexdigest() != manifest["files"].get(MODEL):
        raise BadBundle(f"{path / MODEL}: damaged: its checksum is not the one in {MANIFEST}")
    try:
        feature = feature_from_dict(manifest["feature"])
        clips = Clips.from_dict(manifest["clips"])
        outputs = {
            name: Output(
                tuple(output["labels"]),
                float(output["temperature"]),
                output.get("kind", "classes"),
            )
            for name, output in manifest["outputs"].items()
        }
        clips.check(feature.time_axis)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadBundle(f"{path / MANIFEST}: cannot be used: {_reason(error)}") from error
    if not outputs or any(not o.labels or not o.temperature > 0 for o in outputs.values()):
        raise BadBundle(f"{path / MANIFEST}: cannot be used: an output without labels or scale")
    for output in outputs.values():
        if output.kind not in get_args(OutputKind):
            raise BadBundle(f"{path / MANIFEST}: cannot be used: an output of kind {output.kind!r}")
    return Bundle(path, feature, clips, outputs, model, manifest)


def write_bundle(
    path: Path,
    *,
    model: bytes,
    weights: bytes,
    feature: Feature,
    clips: Clips,
    outputs: Mapping[str, Output],
    about: Mapping[str, Any],
) -> None:
    """Write a bundle; an old one in its place is replaced only once the new one is complete.

    Args:
        path: folder to write.
        model: ONNX bytes.
        weights: safetensors bytes.
        feature: the representation that the model is fed.
        clips: how that is cut.
        outputs: the questions it answers.
        about: everything else for bundle.json (recipe, seed, checksums, metrics, versions, …).

    Raises:
        OSError: the folder cannot be written.
    """
    import shutil
    import tempfile

    files = {MODEL: model, WEIGHTS: weights}
    manifest = {
        "schema": SCHEMA,
        **about,
        "feature": feature_to_dict(feature),
        "clips": clips.to_dict(),
        "outputs": {
            name: {
                "kind": output.kind,
                "labels": list(output.labels),
                "temperature": output.temperature,
            }
            for name, output in outputs.items()
        },
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        for name, data in files.items():
            (scratch / name).write_bytes(data)
        text = json.dumps(manifest, indent=2, ensure_ascii=False)
        (scratch / MANIFEST).write_text(text + "\n", encoding="utf-8")
        scratch.chmod(0o755)  # mkdtemp makes folders for their owner alone
        if path.exists():
            shutil.rmtree(path)
        scratch.rename(path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def verify_bundle(path: Path) -> None:
    """Hold every file of a bundle to its checksum.

    Raises:
        BadBundle: a file is missing or damaged.
    """
    manifest = read_bundle(path).manifest
    for name in (MODEL, WEIGHTS):
        if hashlib.sha256(_read_bytes(path / name)).hexdigest() != manifest["files"].get(name):
            raise BadBundle(f"{path / name}: damaged: its checksum is not the one in {MANIFEST}")


def _read_manifest(path: Path) -> dict[str, Any]:
    if not path.is_dir():
        what = "no such folder" if not path.exists() else "is a file, a bundle is a folder"
        raise BadBundle(f"{path}: {what}")
    if not (path / MANIFEST).exists():
        raise BadBundle(f"{path}: not an Earmark bundle: it holds no {MANIFEST}")
    try:
        manifest = json.loads(_read_bytes(path / MANIFEST))
    except ValueError as error:
        raise BadBundle(f"{path / MANIFEST}: damaged: {error}") from error
    if not isinstance(manifest, dict) or "schema" not in manifest:
        raise BadBundle(f"{path / MANIFEST}: not the manifest of an Earmark bundle")
    if manifest["schema"] != SCHEMA:
        raise BadBundle(
            f"{path}: schema {manifest['schema']!r}, but this Earmark reads {SCHEMA}; "
            "train it again, or use the Earmark that wrote it"
        )
    if not isinstance(manifest.get("files"), dict):
        raise BadBundle(f"{path / MANIFEST}: cannot be used: 'files' is missing")
    return manifest


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadBundle(f"{path}: {error.strerror or error}") from error


def _reason(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)
