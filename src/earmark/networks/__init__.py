"""Networks: clips in, one array of logits per output. One family per file, named in `NETWORKS`.

`earmark.networks.base.Network` says what each offers. The contract tests in
`tests/networks/test_contract.py` cover every entry.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any

from earmark.errors import BadRecipe
from earmark.networks.cox2021 import GtzaNet as GtzaNet
from earmark.networks.cox2021 import ZfNet as ZfNet
from earmark.networks.duthoit2018 import DuthoitCnn as DuthoitCnn
from earmark.networks.duthoit2018 import DuthoitLstm as DuthoitLstm
from earmark.networks.duthoit2018 import DuthoitStack as DuthoitStack
from earmark.networks.liu2017 import LiuCnn as LiuCnn
from earmark.networks.liu2017 import LiuDense as LiuDense
from earmark.networks.liu2017 import LiuShallow as LiuShallow
from earmark.networks.shah2016 import ShahCnn as ShahCnn
from earmark.networks.shah2016 import ShahCrnn as ShahCrnn
from earmark.networks.stats_cnn import StatsCnn as StatsCnn
from earmark.networks.yu2018 import YuCnn as YuCnn
from earmark.networks.yu2018_baselines import ChoiCnn as ChoiCnn
from earmark.networks.yu2018_baselines import ZhangCnn as ZhangCnn

NETWORKS: dict[str, type[Any]] = {
    kind.name: kind
    for kind in (
        StatsCnn,
        DuthoitCnn,
        DuthoitLstm,
        DuthoitStack,
        YuCnn,
        ZhangCnn,
        ChoiCnn,
        ZfNet,
        GtzaNet,
        LiuDense,
        LiuShallow,
        LiuCnn,
        ShahCnn,
        ShahCrnn,
    )
}
"""Every network by the name that recipes call it."""


def build_network(
    name: str, settings: Mapping[str, Any], *, shape: tuple[int, ...], outputs: Mapping[str, int]
) -> Any:
    """A network with fresh weights.

    Args:
        name: its name in `NETWORKS`.
        settings: what differs from its defaults.
        shape: of one clip, as in `Network`.
        outputs: number of labels by output.

    Raises:
        BadRecipe: the name or a setting is unknown, or a value is impossible.
    """
    if name not in NETWORKS:
        raise BadRecipe(f"unknown network {name!r}; known: {', '.join(NETWORKS)}")
    kind = NETWORKS[name]
    known = [field.name for field in dataclasses.fields(kind.Settings)]
    for key in settings:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}"
            raise BadRecipe(f"network {name} has no setting {key!r}; {hint}")
    values: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()
    }
    try:
        return kind(shape, outputs, kind.Settings(**values))
    except (TypeError, ValueError) as error:
        raise BadRecipe(f"network {name}: {error}") from error
