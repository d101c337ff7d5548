"""Checks of a data set and its split, one file each."""
