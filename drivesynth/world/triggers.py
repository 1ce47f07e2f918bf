"""x"""

from drivesynth.arrays import Bool
from drivesynth.world.live import Live


class Trigger:
    @classmethod
    def parse(cls, text: str) -> "Trigger":
        raise NotImplementedError

    def over(self, live: Live, first: int, last: int) -> Bool:
        raise NotImplementedError
