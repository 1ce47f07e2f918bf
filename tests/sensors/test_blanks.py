"""Returns reported without intensity: as many as the device says, in runs, of dark surfaces."""

import numpy as np
import pytest
from drivesynth_kernels.blank import blank
from pydantic import ValidationError

from drivesynth.scene.device import Blanks, Lidar
from drivesynth.scene.rig import load_rig
from tests.sensors.lidars import device

RINGS, COLUMNS = 8, 20_000


def seen(value: float, share: float, run: float, key: int = 3, lost: bool = False) -> np.ndarray:
    """(RINGS, COLUMNS) intensities of a surface of one brightness, blanks taken."""
    ring = np.repeat(np.arange(RINGS, dtype=np.uint8), COLUMNS)
    column = np.tile(np.arange(COLUMNS, dtype=np.uint16), RINGS)
    intensity = np.full(len(ring), value, np.float32)
    range_m = np.full(len(ring), np.inf if lost else 9.0, np.float32)
    blank(
        np.uint64(key),
        np.full(RINGS, share),
        np.zeros(RINGS),
        0.25,
        0.05,
        run,
        ring,
        column,
        range_m,
        intensity,
    )
    return intensity.reshape(RINGS, COLUMNS)


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_dark_ground_is_blank_as_often_as_the_laser_s_share(share: float) -> None:
    """Luck holds for 6 pulses: of 160,000 pulses some 26,700 draws are independent."""
    found = float((seen(0.2, share, 6.0) == 0.0).mean())
    assert abs(found - share) < 4.0 * np.sqrt(share * (1 - share) / (RINGS * COLUMNS / 6.0))


def test_brighter_surfaces_are_blank_less_often_by_the_exponential() -> None:
    dark, bright = (float((seen(value, 0.4, 1.0) == 0.0).mean()) for value in (0.25, 0.35))
    assert bright / dark == pytest.approx(np.exp(-0.1 / 0.05), rel=0.08)
    assert not (seen(0.9, 0.4, 1.0) == 0.0).any()


def test_blanks_come_in_runs_of_the_length_that_is_asked_for() -> None:
    """After a blank another comes, unless luck is drawn anew and passes: 1 - (1 - share) / run."""
    for run in (1.0, 8.0):
        zero = seen(0.2, 0.1, run) == 0.0
        again = float(zero[:, 1:][zero[:, :-1]].mean())
        assert again == pytest.approx(1.0 - 0.9 / run, abs=0.02)


def test_lost_pulses_stay_as_they_are_and_another_key_takes_others() -> None:
    assert np.all(seen(0.2, 0.5, 6.0, lost=True) == np.float32(0.2))
    assert np.array_equal(seen(0.2, 0.3, 6.0), seen(0.2, 0.3, 6.0))
    assert not np.array_equal(seen(0.2, 0.3, 6.0), seen(0.2, 0.3, 6.0, key=4))


def test_a_device_lists_one_share_a_beam() -> None:
    plain = device()
    with pytest.raises(ValidationError, match=r"blanks\.share has 2 entries for 4 beams; list one each"):
        Lidar(**{**dict(plain), "blanks": Blanks(share=(0.1, 0.2), level=0.2, fall=0.1)})


def test_kitti_s_own_lasers_are_blank_as_in_its_scans() -> None:
    """Rings 35, 36, 42, 51 and 60 have most of the blanks among the lower lasers."""
    blanks = load_rig("kitti_mono").lidars["velodyne"].model.blanks
    assert blanks is not None
    lower = np.array(blanks.share[32:])
    assert set(np.argsort(lower)[-5:] + 32) == {35, 36, 42, 51, 60}
