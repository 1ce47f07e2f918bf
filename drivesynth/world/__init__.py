"""Time: drivers, walkers, triggers, aim and signals give a Rollout; then the Stage of an interval."""
