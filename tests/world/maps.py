"""A crossroads as an OpenDRIVE map: arms 1 (east), 2 (north), 3 (west), 4 (south), ways 12 from 1 to 2."""

import numpy as np

from drivesynth.road.plan import RoadPlan

ARM_M, EDGE_M, LANE_M = 120.0, 10.0, 3.5
_WIDTH = f'<width sOffset="0" a="{LANE_M}" b="0" c="0" d="0"/>'


def _lane(number: int) -> str:
    return f'<lane id="{number}" type="driving">{_WIDTH}</lane>'


def _road(number: int, junction: int, x: float, y: float, heading: float, length: float, bend: float,
          lanes: str, more: str) -> str:  # fmt: skip
    shape = f'<arc curvature="{bend}"/>' if bend else "<line/>"
    return (
        f'<road id="{number}" junction="{junction}" length="{length}"><planView>'
        f'<geometry s="0" x="{x}" y="{y}" hdg="{heading}" length="{length}">{shape}</geometry></planView>'
        f'<lanes><laneSection s="0">{lanes}</laneSection></lanes>{more}</road>'
    )


def sign(kind: str, s: float = 2.0, orientation: str = "-") -> str:
    """A sign at the inner end of an arm, for those who drive towards the junction."""
    return (
        f'<signal s="{s}" t="4" id="9" name="" dynamic="no" orientation="{orientation}" type="{kind}" '
        'country="de" subtype="-1" value="-1"/>'
    )


def crossroads(signs: dict[int, str] | None = None, priorities: str = "") -> RoadPlan:
    """The map; `signs` by the road they stand at."""
    signs = signs or {}
    roads, links = [], []
    both = f'<left>{_lane(1)}</left><center><lane id="0" type="none"/></center><right>{_lane(-1)}</right>'
    one = f'<center><lane id="0" type="none"/></center><right>{_lane(-1)}</right>'

    def more(number: int) -> str:
        return f"<signals>{signs[number]}</signals>" if number in signs else ""

    for k in range(4):
        out = k * np.pi / 2
        x, y = EDGE_M * np.cos(out), EDGE_M * np.sin(out)
        roads.append(_road(k + 1, -1, x, y, out, ARM_M, 0.0, both, more(k + 1)))
        for turn, bend in ((1, 1.0), (2, 0.0), (3, -1.0)):  # the next arm counter-clockwise is on the right
            number = 10 * (k + 1) + (k + turn) % 4 + 1
            length = 2 * EDGE_M if not bend else EDGE_M * np.pi / 2
            roads.append(_road(number, 7, x, y, out + np.pi, length, -bend / EDGE_M, one, more(number)))
            links.append(
                f'<connection id="{number}" incomingRoad="{k + 1}" connectingRoad="{number}" '
                'contactPoint="start"><laneLink from="1" to="-1"/></connection>'
            )
    text = (
        f'<OpenDRIVE><header revMajor="1" revMinor="6"/>{"".join(roads)}'
        f'<junction id="7" name="">{"".join(links)}{priorities}</junction></OpenDRIVE>'
    )
    return RoadPlan(template="map", right=(), left=(), path=(), opendrive=text, street="none", limit_mps=14.0)
