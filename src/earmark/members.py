"""The models of a bundle, asked side by side: a feature in, what they say of each output together.

Each model is one onnxruntime session. What several of them are fed is worked out once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.bundle import Bundle, Member, Output, OutputKind, Part
from earmark.clips import Clips
from earmark.errors import BadBundle
from earmark.features.base import Array, Feature

Scores = NDArray[np.float64]

_LEAST = 1e-12  # a probability that is none would outvote all other members


class Panel:
    """The sessions of all members of a bundle."""

    def __init__(self, bundle: Bundle, *, threads: int = 1) -> None:
        """Begin to open the sessions.

        Args:
            bundle: the models.
            threads: how many sessions are opened at once, and asked at once.

        Raises:
            BadBundle: a model cannot be loaded, or is not what the bundle says of it; with several
                threads `wait` and `scores` say so.
        """
        self._bundle = bundle
        self._helpers = _Helpers(threads if bundle.is_blend else 1)
        self._opening = [self._helpers.call(_session, bundle, member) for member in bundle.members]

    @cached_property
    def _sessions(self) -> list[Any]:
        return [opened() for opened in self._opening]

    def wait(self) -> None:
        """Until all sessions are open.

        Raises:
            BadBundle: one of them cannot be.
        """
        for opened in self._opening:
            opened()

    def scores(self, fed: Fed) -> dict[str, Scores]:
        """What the members say of a feature of the bundle's kind, together.

        Returns:
            Of each output the probability of each label, or the number [shape=(labels,)].
        """
        bundle = self._bundle
        given: dict[str, list[tuple[Part, Scores]]] = {name: [] for name in bundle.outputs}
        # While helpers ask the first members, what the next ones are fed is worked out here.
        asked = [
            self._helpers.call(
                session.run, [part.of for part in member.parts.values()], {"clips": clips}
            )
            for member, session in zip(bundle.members, self._sessions, strict=True)
            for clips in [fed.clips(member)]
        ]
        for member, answers in zip(bundle.members, asked, strict=True):
            for (name, part), logits in zip(member.parts.items(), answers(), strict=True):
                given[name].append((part, said(logits, part, bundle.outputs[name].kind)))
        if not bundle.is_blend:
            return {name: mean for name, [(_, mean)] in given.items()}
        return {name: _together(given[name], output) for name, output in bundle.outputs.items()}


class _Helpers:
    """Threads that work while their caller does, or none."""

    def __init__(self, threads: int) -> None:
        self._pool = None
        if threads > 1:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(threads)

    def call(self, function: Callable[..., Any], *given: Any) -> Callable[[], Any]:
        """Begin a call, or with no helpers make it; gives what gives its result, or raises."""
        if self._pool is not None:
            return self._pool.submit(function, *given).result
        result = function(*given)
        return lambda: result


class Fed:
    """One feature, and what is derived from it and cut for the members: each thing once.

    Attributes:
        judged: the feature, of the bundle's kind.
    """

    def __init__(self, kind: Feature, feature: Array) -> None:
        self._features: dict[Feature, Array] = {kind: feature}
        self._clips: dict[tuple[Feature, Clips], Array] = {}
        self.judged = feature

    def clips(self, member: Member) -> Array:
        """The clips of a member [shape=(clips, …)]."""
        key = member.feature, member.clips
        if key not in self._clips:
            clips = member.clips(self.derived(member.feature), member.feature.time_axis)
            self._clips[key] = clips.astype(np.float32, copy=False)
        return self._clips[key]

    def derived(self, feature: Feature) -> Array:
        """Another feature of the same sound."""
        if feature not in self._features:
            # The parts of one summary are parts of others too.
            parts = getattr(feature, "parts", None)
            self._features[feature] = (
                np.concatenate([self.derived(part) for part in parts])
                if parts
                else feature.from_log_mel(self.judged)
            )
        return self._features[feature]


def scores(logits: NDArray[Any], output: Output) -> Scores:
    """What logits [shape=(clips, labels)] say of each clip (same shape).

    The softmax of classes, the sigmoid of each tag, a number as it is.
    """
    return _scores(logits, output.kind, output.temperature)


def said(logits: NDArray[Any], part: Part, kind: OutputKind) -> Scores:
    """What a member's logits [shape=(clips, labels)] say of a track, on average over its clips.

    Returns:
        Probabilities, or the number, mapped as the part says [shape=(labels,)].
    """
    mean: Scores = _scores(logits, kind, part.temperature).mean(axis=0)
    return part.scale * mean + part.offset if kind == "number" else mean


def pooled(given: Sequence[Scores], weights: Sequence[float], kind: OutputKind) -> Scores:
    """The answers of several members as logits of one, of which `scores` makes an answer.

    Of classes these are Σ weight · log probability, the product of experts (Hinton 1999), which
    with weights that add up to 1 is their geometric mean; of tags Σ weight · log odds; of numbers
    their weighted mean.

    Args:
        given: by member what `said` gave, or many of those [shape=(…, labels)].
        weights: how much each counts.
        kind: of the output.

    Returns:
        An array of the shape of what one member gave.
    """
    if kind == "number":
        mean: Scores = np.average(given, axis=0, weights=weights)
        return mean
    shares: Scores = np.clip(np.asarray(given), _LEAST, 1 if kind == "classes" else 1 - _LEAST)
    logits = np.log(shares) if kind == "classes" else np.log(shares) - np.log1p(-shares)
    total: Scores = np.tensordot(weights, logits, axes=1)
    return total


def _together(given: Sequence[tuple[Part, Scores]], output: Output) -> Scores:
    means = [mean for _, mean in given]
    logits = pooled(means, [part.weight for part, _ in given], output.kind)
    answer: Scores = scores(logits[None], output)[0]
    return answer


def _scores(logits: NDArray[Any], kind: OutputKind, temperature: float) -> Scores:
    scaled = logits.astype(np.float64) / temperature
    if kind == "number":
        return scaled
    if kind == "tags":
        odds: Scores = 1 / (1 + np.exp(-scaled))
        return odds
    scaled = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    shares: Scores = scaled / scaled.sum(axis=1, keepdims=True)
    return shares


def _session(bundle: Bundle, member: Member) -> Any:
    """An onnxruntime session of one thread: files are judged side by side instead."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # A session's own pool of memory never shrinks, and there is a session per member.
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    # Weights that are stored in eight bits are unpacked once, and not at every clip.
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    options.log_severity_level = 4
    whose = f"{bundle.path}: its {f'member {member.name}' if bundle.is_blend else 'model'}"
    try:
        session = onnxruntime.InferenceSession(
            member.model, options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # its errors share no base class of their own
        raise BadBundle(f"{whose} cannot be loaded: {_line(error)}") from error
    inputs = [node.name for node in session.get_inputs()]
    answers = {node.name: node.shape for node in session.get_outputs()}
    wanted = {part.of for part in member.parts.values()}
    if inputs != ["clips"] or not wanted <= set(answers):
        raise BadBundle(f"{whose} takes {inputs} and gives {sorted(answers)}")
    for name, part in member.parts.items():
        labels = bundle.outputs[name].labels
        if answers[part.of][-1:] != [len(labels)]:
            raise BadBundle(
                f"{whose} gives {answers[part.of]} for {name}, which has {len(labels)} labels"
            )
    return session


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
