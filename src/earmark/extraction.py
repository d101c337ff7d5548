"""Tracks of a data set → a store of their features."""
