"""Conditions on rollouts and frames: require, keep, expect; what was rejected and why."""
