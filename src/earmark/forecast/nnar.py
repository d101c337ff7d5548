"""Neural autoregression NNAR(p, P, K) as R's `nnetar` fits it (Hyndman, package `forecast`).

    y[t] = c + Σ_k v[k] σ(b[k] + Σ_i w[k, i] y[t − lag i])      K hidden units, linear output

- Lags are 1 … p and, with a period m, also m … P m. p is an autoregression's order by AIC, at
  least 1; K is half of the number of lags plus one, rounded half to even as R does.
- Values are centred and divided by their standard deviation.
- The networks (20) begin with weights drawn from −0.7 to 0.7 and take at most 100 steps of nnet's
  BFGS on the squared error; their answers are averaged. The random numbers are not R's, so that
  forecasts agree with R's as two of R's own do.
- Steps ahead are iterated: what was forecast is the next step's input.
- Intervals are quantiles of simulated paths, each step with a normal innovation. R takes its size
  from the residuals of the fit, which with as many weights as here are far too small (its manual
  warns of that). The default here are residuals on values held out (five blocks, each forecast by
  networks that learnt from the others; Bergmeir, Hyndman and Koo 2018 show that this is sound for
  autoregressions). The blocks share as many networks as the fit has, and so average fewer, which
  errs on the wide side. "in-sample" is R's way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from earmark.errors import BadSeries
from earmark.forecast.base import Forecast, Interval, Numbers, check
from earmark.forecast.bfgs import minimize
from earmark.forecast.lags import ar_order, lag_matrix, seasonally_adjusted

Residuals = Literal["held-out", "in-sample"]

_WEIGHTS = 0.7  # nnet's `rang`
_STEPS = 100  # nnet's `maxit`
_BLOCKS = 5


@dataclass(frozen=True, kw_only=True)
class Nnar:
    """A neural autoregression to be fitted; calling it gives a forecast (a `Method`).

    Attributes:
        lags: p, how many values back; by AIC if None.
        seasonal_lags: P, how many periods back, where there is a period.
        size: K, hidden units; half of the lags plus one if None.
        period: m, values in a season; 1 is none.
        repeats: networks that are averaged.
        residuals: what the intervals are made from.
        paths: simulated futures.
        seed: of weights and paths.
    """

    lags: int | None = None
    seasonal_lags: int = 1
    size: int | None = None
    period: int = 1
    repeats: int = 20
    residuals: Residuals = "held-out"
    paths: int = 1000
    seed: int = 0

    def __call__(self, values: Numbers, horizon: int, levels: Sequence[float]) -> Forecast:
        """Fit and forecast."""
        return self.fit(values).forecast(horizon, levels)

    def fit(self, values: Numbers) -> FittedNnar:
        """Learn from values [shape=(n,)].

        Raises:
            BadSeries: they are too few for these lags, or constant.
        """
        check(values)
        centre, scale = float(values.mean()), float(values.std(ddof=1))
        scaled = (values - centre) / scale
        order, lags = self._lags(scaled)
        inputs, target = lag_matrix(scaled, lags)
        size = self.size or round((len(lags) + 1) / 2)
        random = np.random.default_rng(self.seed)
        networks = train(inputs, target, size=size, repeats=self.repeats, random=random)
        fitted = target - networks(inputs)
        residuals = (
            self._held_out(inputs, target, size, random) if self.residuals == "held-out" else fitted
        )
        return FittedNnar(
            model=self._name(order, size),
            lags=lags,
            size=size,
            networks=networks,
            centre=centre,
            scale=scale,
            recent=scaled[-max(lags) :],
            residuals=residuals,
            settings=self,
        )

    def _lags(self, scaled: Numbers) -> tuple[int, tuple[int, ...]]:
        """p, and all lags in ascending order."""
        n, m = len(scaled), self.period
        whole = m > 1 and n >= 2 * m
        adjusted = seasonally_adjusted(scaled, m) if whole and self.lags is None else scaled
        order = self.lags or max(ar_order(adjusted), 1)
        seasons = range(m, m * self.seasonal_lags + 1, m) if m > 1 else ()
        lags = tuple(sorted({*range(1, order + 1), *seasons}))
        if n - max(lags) <= len(lags):
            need = max(lags) + len(lags) + 1
            raise BadSeries(f"has {n} values; lags up to {max(lags)} need at least {need}")
        return order, lags

    def _name(self, order: int, size: int) -> str:
        if self.period == 1:
            return f"NNAR({order}, {size})"
        return f"NNAR({order}, {self.seasonal_lags}, {size})[{self.period}]"

    def _held_out(
        self, inputs: Numbers, target: Numbers, size: int, random: np.random.Generator
    ) -> Numbers:
        """Residuals of each block in time by networks that have not seen it [shape=(rows,)]."""
        residuals = np.empty_like(target)
        share = max(1, self.repeats // _BLOCKS)
        for rows in np.array_split(np.arange(len(target)), _BLOCKS):
            rest = np.delete(np.arange(len(target)), rows)
            networks = train(inputs[rest], target[rest], size=size, repeats=share, random=random)
            residuals[rows] = target[rows] - networks(inputs[rows])
        return residuals


@dataclass(frozen=True)
class Networks:
    """The average of networks, which is one network with all of their hidden units.

    Attributes:
        first: input weights [shape=(lags, units)].
        bias: of the hidden units [shape=(units,)].
        second: output weights, divided by the number of networks [shape=(units,)].
        intercept: the mean of theirs.
    """

    first: Numbers
    bias: Numbers
    second: Numbers
    intercept: float

    def __call__(self, inputs: Numbers) -> Numbers:
        """The value that follows each row of lags [shape=(rows,)]."""
        from scipy.special import expit

        answers: Numbers = expit(inputs @ self.first + self.bias) @ self.second + self.intercept
        return answers


@dataclass(frozen=True, kw_only=True)
class FittedNnar:
    """What was learnt; everything but the forecast is in units of `scale` around `centre`.

    Attributes:
        model: its name, such as "NNAR(9, 5)" or "NNAR(3, 1, 2)[12]".
        lags: how far back each input is.
        size: hidden units of each network.
        networks: their average.
        centre: mean of the values.
        scale: their standard deviation.
        recent: the last values, as many as the longest lag.
        residuals: one per row that was learnt from.
        settings: what it was fitted by.
    """

    model: str
    lags: tuple[int, ...]
    size: int
    networks: Networks
    centre: float
    scale: float
    recent: Numbers
    residuals: Numbers
    settings: Nnar

    def forecast(self, horizon: int, levels: Sequence[float]) -> Forecast:
        """So many steps ahead, with simulated intervals."""
        point = self.simulate(np.zeros((1, horizon)))[0]
        random = np.random.default_rng([self.settings.seed, 1])
        spread = float(self.residuals.std(ddof=1))
        paths = self.simulate(random.normal(0, spread, (self.settings.paths, horizon)))
        return Forecast(self.model, point, {level: _between(paths, level) for level in levels})

    def simulate(self, innovations: Numbers) -> Numbers:
        """Futures [shape=(paths, horizon)], one for each row of innovations (same shape)."""
        known = len(self.recent)
        paths = np.empty((len(innovations), known + innovations.shape[1]))
        paths[:, :known] = self.recent
        for step in range(innovations.shape[1]):
            inputs = paths[:, known + step - np.array(self.lags)]
            paths[:, known + step] = self.networks(inputs) + innovations[:, step]
        futures: Numbers = paths[:, known:] * self.scale + self.centre
        return futures


def train(
    inputs: Numbers, target: Numbers, *, size: int, repeats: int, random: np.random.Generator
) -> Networks:
    """Fit networks from different weights and average them."""
    lags = inputs.shape[1]
    fitted = []
    for _ in range(repeats):
        begin = random.uniform(-_WEIGHTS, _WEIGHTS, (lags + 2) * size + 1)
        weights = minimize(lambda w: squared_error(w, inputs, target), begin, _STEPS)
        fitted.append(_parts(weights, lags))
    first, bias, second, intercept = zip(*fitted, strict=True)
    return Networks(
        first=np.concatenate(first, axis=1),
        bias=np.concatenate(bias),
        second=np.concatenate(second) / repeats,
        intercept=float(np.mean(intercept)),
    )


def squared_error(weights: Numbers, inputs: Numbers, target: Numbers) -> tuple[float, Numbers]:
    """The sum of squared errors of one network, and its gradient (same shape as the weights)."""
    from scipy.special import expit

    first, bias, second, intercept = _parts(weights, inputs.shape[1])
    hidden = expit(inputs @ first + bias)
    error = hidden @ second + intercept - target
    back = 2 * np.outer(error, second) * hidden * (1 - hidden)
    gradient = (inputs.T @ back).ravel(), back.sum(axis=0), 2 * error @ hidden, [2 * error.sum()]
    return float(error @ error), np.concatenate(gradient)


def _parts(weights: Numbers, lags: int) -> tuple[Numbers, Numbers, Numbers, float]:
    """Input weights [shape=(lags, size)], biases and output weights [shape=(size,)], intercept."""
    size = (len(weights) - 1) // (lags + 2)
    first, bias, second, (intercept,) = np.split(
        weights, [lags * size, (lags + 1) * size, (lags + 2) * size]
    )
    return first.reshape(lags, size), bias, second, float(intercept)


def _between(paths: Numbers, level: float) -> Interval:
    """The middle `level` percent of each step; quantiles as R's type 8."""
    shares = 0.5 - level / 200, 0.5 + level / 200
    low, high = np.quantile(paths, shares, axis=0, method="median_unbiased")
    return low, high
