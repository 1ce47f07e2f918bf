"""A radar device file: waveform, power, antennas and detection; bare numbers, the unit in each key."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from drivesynth.scene.validate import FileModel

Cells = Annotated[int, Field(ge=8, le=4096)]


class AspectRcs(FileModel):
    """Mean radar cross section of a whole object by aspect [dBsm].

    oblique    from 45 deg before and behind
    spread_db  standard deviation from object to object of a class
    swerling   0 steady, 1 many equal scatterers, 3 one that stands out
    filled     share of its box's outline that the object covers
    """

    front: float
    oblique: float
    side: float
    rear: float
    spread_db: NonNegativeFloat = 3.0
    swerling: Literal[0, 1, 3] = 1
    filled: float = Field(default=0.8, gt=0.0, le=1.0)


class Chirps(FileModel):
    """A burst of rising ramps.

    bandwidth_mhz  swept while the echo is sampled, `sampled_us` long
    period_us      from ramp to ramp of one transmitter
    count          ramps in a burst: cells of velocity
    samples        complex, per ramp: cells of range
    """

    carrier_ghz: PositiveFloat = 76.5
    bandwidth_mhz: PositiveFloat
    sampled_us: PositiveFloat
    period_us: PositiveFloat
    count: Cells
    samples: Cells

    @model_validator(mode="after")
    def _a_ramp_fits_its_period(self) -> "Chirps":
        if self.sampled_us > self.period_us:
            raise ValueError(f"sampled_us {self.sampled_us:g} must not exceed period_us {self.period_us:g}")
        return self


class Power(FileModel):
    """What the radar equation needs. gain_dbi is of one transmitting and of one receiving element."""

    transmit_dbm: float
    gain_dbi: float
    noise_figure_db: NonNegativeFloat
    losses_db: NonNegativeFloat = 0.0
    temperature_k: PositiveFloat = 290.0


class Antennas(FileModel):
    """The virtual array: a row of elements, in two tiers where elevation is measured.

    elements, spacing_wavelengths      of the row
    taper                              0 uniform weights, 0.92 Hamming's: a raised cosine on a pedestal
    azimuth_beam_deg, elevation_beam_deg  full width of one element's pattern at half power
    tier_spacing_wavelengths           between the two tiers; 0: no elevation
    """

    elements: Annotated[int, Field(ge=2, le=256)]
    spacing_wavelengths: PositiveFloat = 0.5
    taper: float = Field(default=0.8, ge=0.0, le=1.0)
    azimuth_beam_deg: PositiveFloat
    elevation_beam_deg: PositiveFloat
    tier_spacing_wavelengths: NonNegativeFloat = 0.0


class View(FileModel):
    """Half angles to either side that are looked at, and rays per degree that feel for what is there."""

    azimuth_deg: float = Field(gt=0.0, lt=90.0)
    elevation_deg: float = Field(gt=0.0, lt=90.0)
    min_m: NonNegativeFloat = 0.5
    azimuth_step_deg: PositiveFloat = 0.25
    elevation_step_deg: PositiveFloat = 0.25


class Cfar(FileModel):
    """Cell averaging over velocity: a cell counts where it exceeds the mean of its neighbours by enough.

    guard, train  cells on either side: left out, then averaged
    false_alarm   probability per cell of noise alone
    side_lobe_db  a beam this much below another one in the same cell is that one's side lobe
    most          detections of a frame, the strongest
    """

    guard: Annotated[int, Field(ge=0, le=64)] = 3
    train: Annotated[int, Field(ge=2, le=256)] = 12
    false_alarm: float = Field(default=1e-6, gt=0.0, lt=0.1)
    side_lobe_db: PositiveFloat = 20.0
    most: PositiveInt = 250

    @property
    def scale(self) -> float:
        """Threshold over the mean of the training cells.

        Finn and Johnson, RCA Review 29, 1968: for exponential noise, N (P^(-1/N) - 1) over N cells.
        """
        cells = 2 * self.train
        return float(cells * (self.false_alarm ** (-1.0 / cells) - 1.0))


class Radar(FileModel):
    """A frequency-modulated continuous-wave radar.

    rcs_dbsm  classes whose radar cross section differs from the program's table
    """

    kind: Literal["fmcw_radar"]
    name: str
    source: str = ""
    chirps: Chirps
    power: Power
    antennas: Antennas
    view: View
    cfar: Cfar = Cfar()
    rcs_dbsm: dict[str, AspectRcs] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _burst_holds_the_training_cells(self) -> "Radar":
        if 2 * (self.cfar.guard + self.cfar.train) + 1 > self.chirps.count:
            raise ValueError(
                f"cfar needs {2 * (self.cfar.guard + self.cfar.train) + 1} cells of velocity, "
                f"the burst has {self.chirps.count}; raise chirps.count or lower cfar.train"
            )
        return self
