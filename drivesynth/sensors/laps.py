"""A stopwatch for the steps of a sensor's work."""

import time


class Laps:
    """Seconds by step, `sensor.step`, each counted from the end of the step before it."""

    def __init__(self, sensor: str) -> None:
        self.seconds: dict[str, float] = {}
        self._sensor, self._since = sensor, time.perf_counter()

    def end(self, step: str) -> None:
        """The step is done; the next one begins."""
        now = time.perf_counter()
        name = f"{self._sensor}.{step}" if self._sensor else step
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._since
        self._since = now
