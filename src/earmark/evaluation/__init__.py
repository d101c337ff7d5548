"""Judging models: metrics, intervals and reports. numpy alone, so that it works with the core."""
