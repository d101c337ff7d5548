"""Classical models: clips in, one array of logits per output. One family per file, in `CLASSICAL`.

scikit-learn fits them, and is imported only then. What is learnt is kept as arrays, of which the
ONNX graph is assembled; neither needs scikit-learn. `earmark.classical.base.Family` says what each
offers. The contract tests in `tests/classical/test_contract.py` cover every entry.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any

from earmark.classical.base import Settings as Settings
from earmark.classical.base import Targets as Targets
from earmark.classical.dag_svm import DagSvm as DagSvm
from earmark.classical.gaussian_mixture import GaussianMixtures as GaussianMixtures
from earmark.classical.gradient_boosting import GradientBoosting as GradientBoosting
from earmark.classical.hidden_layer import HiddenLayer as HiddenLayer
from earmark.classical.k_means import KMeans as KMeans
from earmark.classical.k_nn import KNearest as KNearest
from earmark.classical.lda import Lda as Lda
from earmark.classical.model import Fitted as Fitted
from earmark.classical.model import check_output as check_output
from earmark.classical.model import fit as fit
from earmark.classical.model import to_onnx as to_onnx
from earmark.classical.patch_atoms import PatchAtoms as PatchAtoms
from earmark.classical.svm import Svm as Svm
from earmark.errors import BadRecipe

CLASSICAL: dict[str, type[Any]] = {
    kind.name: kind
    for kind in (
        DagSvm,
        Svm,
        KNearest,
        KMeans,
        HiddenLayer,
        GaussianMixtures,
        GradientBoosting,
        Lda,
        PatchAtoms,
    )
}
"""Every classical model by the name that recipes call it."""


def build_classical(name: str, settings: Mapping[str, Any]) -> Any:
    """A model that is not yet fitted.

    Args:
        name: its name in `CLASSICAL`.
        settings: what differs from its defaults.

    Raises:
        BadRecipe: the name or a setting is unknown, or a value is impossible.
    """
    if name not in CLASSICAL:
        raise BadRecipe(f"unknown model {name!r}; known: {', '.join(CLASSICAL)}")
    kind = CLASSICAL[name]
    known = {field.name: field.type for field in dataclasses.fields(kind.Settings)}
    for key, value in settings.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}"
            raise BadRecipe(f"model {name} has no setting {key!r}; {hint}")
        if known[key] == "bool" and not isinstance(value, bool):
            raise BadRecipe(f"model {name}: {key} must be true or false, not {value!r}")
    try:
        return kind(kind.Settings(**settings))
    except (TypeError, ValueError) as error:
        raise BadRecipe(f"model {name}: {error}") from error
