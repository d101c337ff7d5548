"""The model on disk: a folder that holds all that judging needs.

`model.onnx` takes clips, such as [shape=(clips, bands, columns)], and gives one array of logits per
output [shape=(clips, labels)]; `weights.safetensors` holds the same weights for training on;
`bundle.json` says what both are: feature and clip settings, labels, calibration, recipe, seed, data
and split checksums, metrics, versions, licence note, and the checksums of all other files.

A blend holds several such models in place of the one, its members, and no weights: its
`bundle.json` says what each of them is fed, and with what weight it has a say in which output.
Nothing in a bundle is ever executed or unpickled.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import isfinite
from pathlib import Path
from typing import Any, Literal, get_args

from earmark.clips import Clips
from earmark.errors import BadBundle
from earmark.features import LogMel, feature_from_dict, feature_to_dict
from earmark.features.base import Feature

OutputKind = Literal["classes", "tags", "number"]
"""What kind of answer an output gives."""

SCHEMA = 1
MODEL, WEIGHTS, MANIFEST = "model.onnx", "weights.safetensors", "bundle.json"
DEFAULT = Path(__file__).parent / "models" / "default"
_NAME = re.compile(r"\w[\w.-]*", re.ASCII)


@dataclass(frozen=True)
class Output:
    """One question that a model answers.

    Attributes:
        labels: the possible answers, in the order of the logits; a number's is its own name.
        temperature: logits are divided by it before the softmax; above 1 makes answers less sure.
        kind: "classes", of which one is right; "tags", each of which may be; or a "number".
        thresholds: from which probability on a label is right nine times in ten, where that was
            measured; None for a label that never is.
    """

    labels: tuple[str, ...]
    temperature: float = 1.0
    kind: OutputKind = "classes"
    thresholds: Mapping[str, float | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for label, probability in self.thresholds.items():
            if label not in self.labels:
                raise ValueError(f"a threshold of {label!r}, which is no label")
            if probability is not None and not 0 <= probability <= 1:
                raise ValueError(f"a threshold of {probability!r} for {label!r}")


@dataclass(frozen=True)
class Part:
    """What a member has to say to an output of its bundle.

    Attributes:
        of: what the member itself calls the output; its labels are in the order of the bundle's.
        weight: how much that counts (`earmark.members.pooled`).
        temperature: the member's logits are divided by it.
        scale: what the member's number is multiplied by,
        offset: and what is added then.
    """

    of: str
    weight: float = 1.0
    temperature: float = 1.0
    scale: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.of, str):
            raise ValueError(f"of must be the name of an output, not {self.of!r}")
        for key in ("weight", "temperature"):
            if not (getattr(self, key) > 0 and isfinite(getattr(self, key))):
                raise ValueError(f"{key} must be above 0, not {getattr(self, key)!r}")
        if not (isfinite(self.scale) and isfinite(self.offset)):
            raise ValueError(f"{self.of} is mapped to no number")


@dataclass(frozen=True)
class Member:
    """One of the models of a bundle.

    Attributes:
        name: what it is called; its file is called so too.
        model: that ONNX file's bytes.
        feature: the representation that it is fed; the bundle's, or had from that by
            `from_log_mel`.
        clips: how that is cut.
        parts: its say, by output of the bundle.
    """

    name: str
    model: bytes = field(repr=False)
    feature: Feature
    clips: Clips
    parts: Mapping[str, Part]

    @property
    def file(self) -> str:
        """The name of its ONNX file."""
        return f"{self.name}.onnx"


@dataclass(frozen=True)
class Bundle:
    """A bundle that was read and found whole.

    Attributes:
        path: its folder.
        feature: the representation that is judged; the default log-mel, if it is a blend.
        outputs: the questions it answers, by name.
        members: its models.
        manifest: everything in bundle.json.
    """

    path: Path
    feature: Feature
    outputs: dict[str, Output]
    members: tuple[Member, ...]
    manifest: dict[str, Any]

    @property
    def is_blend(self) -> bool:
        """Whether its answers are pooled from those of members."""
        return "members" in self.manifest

    @property
    def model(self) -> bytes:
        """The ONNX file's bytes, where there is one model."""
        (only,) = self.members
        return only.model

    @property
    def clips(self) -> Clips:
        """How the feature is cut, where there is one model."""
        (only,) = self.members
        return only.clips

    def asked(self, outputs: Collection[str]) -> Bundle:
        """One that answers only these outputs, alike, and holds only the members that it takes.

        Raises:
            BadBundle: one of them is none of its outputs.
        """
        for name in outputs:
            if name not in self.outputs:
                raise BadBundle(f"{self.path}: answers {', '.join(self.outputs)}, not {name}")
        members = []
        for member in self.members:
            parts = {name: part for name, part in member.parts.items() if name in outputs}
            if parts:
                members.append(replace(member, parts=parts))
        kept = {name: about for name, about in self.outputs.items() if name in outputs}
        return replace(self, members=tuple(members), outputs=kept)


def read_bundle(path: Path | None = None) -> Bundle:
    """Read a bundle, the default one if no path is given.

    Models are held to their checksums; files that judging does not use are not read.

    Raises:
        BadBundle: it is missing, damaged, of another version, or not a bundle.
    """
    path = path or DEFAULT
    manifest = _read_manifest(path)
    try:
        feature = feature_from_dict(manifest["feature"])
        outputs = {name: _output(about) for name, about in manifest["outputs"].items()}
        if not outputs:
            raise ValueError("no outputs, or all without labels")
        members = _members(path, manifest, feature, outputs)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadBundle(f"{path / MANIFEST}: cannot be used: {_reason(error)}") from error
    return Bundle(path, feature, outputs, members, manifest)


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
    settings = {"feature": feature_to_dict(feature), "clips": clips.to_dict()}
    _write(path, {**about, **settings}, outputs, {MODEL: model, WEIGHTS: weights})


def write_blend(
    path: Path,
    *,
    members: Sequence[Member],
    feature: Feature,
    outputs: Mapping[str, Output],
    about: Mapping[str, Any],
    files: Mapping[str, bytes] | None = None,
) -> None:
    """Write a bundle of several models, as `write_bundle` writes one of one.

    Args:
        path: folder to write.
        members: the models.
        feature: the representation that is judged, from which all have theirs.
        outputs: the questions they answer together.
        about: everything else for bundle.json.
        files: what else the folder shall hold, by name.

    Raises:
        OSError: the folder cannot be written.
    """
    described = [
        {
            "name": member.name,
            "model": member.file,
            "feature": feature_to_dict(member.feature),
            "clips": member.clips.to_dict(),
            "outputs": {name: asdict(part) for name, part in member.parts.items()},
        }
        for member in members
    ]
    settings = {"feature": feature_to_dict(feature), "members": described}
    models = {member.file: member.model for member in members}
    _write(path, {**about, **settings}, outputs, {**models, **(files or {})})


def extend_bundle(path: Path, *, about: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """Add to a bundle, or replace, files and what bundle.json says; all else stays as it is.

    Raises:
        BadBundle: there is no whole bundle.
        OSError: the folder cannot be written.
    """
    bundle = read_bundle(path)
    kept = {name: check_file(path, bundle.manifest, name) for name in bundle.manifest["files"]}
    _write(path, {**bundle.manifest, **about}, bundle.outputs, {**kept, **files})


def _write(
    path: Path,
    about: Mapping[str, Any],
    outputs: Mapping[str, Output],
    files: Mapping[str, bytes],
) -> None:
    import shutil
    import tempfile

    manifest = {
        "schema": SCHEMA,
        **about,
        "outputs": {name: _described(output) for name, output in outputs.items()},
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
    bundle = read_bundle(path)
    needed = () if bundle.is_blend else (WEIGHTS,)
    for name in dict.fromkeys((*needed, *bundle.manifest["files"])):
        check_file(path, bundle.manifest, name)


def check_file(path: Path, manifest: Mapping[str, Any], name: str) -> bytes:
    """A file of a bundle's folder, held to its checksum.

    Raises:
        BadBundle: it is missing or damaged.
    """
    data = _read_bytes(path / name)
    if hashlib.sha256(data).hexdigest() != manifest["files"].get(name):
        raise BadBundle(f"{path / name}: damaged: its checksum is not the one in {MANIFEST}")
    return data


def _output(about: Mapping[str, Any]) -> Output:
    """An output as it stands in bundle.json."""
    output = Output(
        tuple(about["labels"]),
        float(about["temperature"]),
        about.get("kind", "classes"),
        about.get("thresholds", {}),
    )
    if not output.labels or not output.temperature > 0:
        raise ValueError("an output without labels or scale")
    if output.kind not in get_args(OutputKind):
        raise ValueError(f"an output of kind {output.kind!r}")
    return output


def _described(output: Output) -> dict[str, Any]:
    """The same the other way round."""
    about = {
        "kind": output.kind,
        "labels": list(output.labels),
        "temperature": output.temperature,
    }
    return about | ({"thresholds": dict(output.thresholds)} if output.thresholds else {})


def _members(
    path: Path, manifest: Mapping[str, Any], feature: Feature, outputs: Mapping[str, Output]
) -> tuple[Member, ...]:
    """The models of a bundle, of which one that is no blend has one, `model.onnx`."""
    if "members" not in manifest:
        clips = Clips.from_dict(manifest["clips"])
        clips.check(feature.time_axis)
        parts = {name: Part(name, temperature=o.temperature) for name, o in outputs.items()}
        return (Member("model", check_file(path, manifest, MODEL), feature, clips, parts),)
    members = tuple(_member(path, manifest, about, feature) for about in manifest["members"])
    names = [member.name for member in members]
    if len(set(names)) < len(names):
        raise ValueError(f"two members of one name: {', '.join(names)}")
    answered = {name for member in members for name in member.parts}
    for name in outputs:
        if name not in answered:
            raise ValueError(f"no member answers {name}")
    for name in sorted(answered - set(outputs)):
        raise ValueError(f"a member answers {name}, which is no output")
    return members


def _member(
    path: Path, manifest: Mapping[str, Any], about: Mapping[str, Any], judged: Feature
) -> Member:
    name = about["name"]
    if not _NAME.fullmatch(name) or about["model"] != f"{name}.onnx":
        raise ValueError(f"the model of member {name!r} must be called so, with .onnx")
    feature, clips = feature_from_dict(about["feature"]), Clips.from_dict(about["clips"])
    clips.check(feature.time_axis)
    if feature != judged and judged != LogMel():
        raise ValueError(f"member {name} takes a {feature.name}, which {judged.name} does not give")
    parts = {output: Part(**part) for output, part in about["outputs"].items()}
    return Member(name, check_file(path, manifest, f"{name}.onnx"), feature, clips, parts)


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
