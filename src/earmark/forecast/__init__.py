"""Forecasts of a series of numbers: neural autoregression, baselines, and how to judge them."""
