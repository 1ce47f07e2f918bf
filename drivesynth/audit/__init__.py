"""Reads only what lies on disk: linter, statistics, comparison with real data."""
