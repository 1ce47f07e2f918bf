"""A device file: how one LiDAR scans, measures and codes; bare numbers, the unit in each key.

Devices stand apart from rigs because many rigs carry the same one. A user copies a file of
`scenes/devices`, edits it and names it in a rig.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from drivesynth.scene.validate import FileModel

Ratio = Annotated[float, Field(ge=0.0, le=1.0)]
Returns = Literal["strongest", "last", "first", "dual", "triple"]


class Beams(FileModel):
    """The lasers, top first: one entry each; an empty list stands for zeros (ones for power).

    elevation_deg       up is positive; of a rosette or a MEMS device: against the scanned direction
    origin_z_m, origin_left_m  where the beam leaves: height on the axis, and to the left of its direction
    azimuth_offset_deg  counter-clockwise, added to the azimuth of the turn
    fire_offset_us      after the first laser of the same firing
    power_ratio         optical power against the device's nominal laser
    range_bias_m        added to every range: what the factory's calibration has left
    intensity_offset    added to the coded intensity: lasers and receivers differ
    near_m              nearer than this, a logarithmic receiver sees less, as the range squared: its eye and
                        the laser stand side by side
    """

    elevation_deg: tuple[float, ...] = Field(min_length=1)
    origin_z_m: tuple[float, ...] = ()
    origin_left_m: tuple[float, ...] = ()
    azimuth_offset_deg: tuple[float, ...] = ()
    fire_offset_us: tuple[float, ...] = ()
    power_ratio: tuple[float, ...] = ()
    intensity_offset: tuple[float, ...] = ()
    near_m: tuple[float, ...] = ()
    range_bias_m: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _one_entry_each(self) -> Self:
        count = len(self.elevation_deg)
        for name in type(self).model_fields:
            if len(getattr(self, name)) not in (0, count):
                raise ValueError(
                    f"{name} has {len(getattr(self, name))} entries for {count} beams; list one each, or none"
                )
        if list(self.elevation_deg) != sorted(self.elevation_deg, reverse=True):
            raise ValueError("elevation_deg must fall from beam to beam: the top beam comes first")
        return self


class Turn(FileModel):
    """One turn of the head.

    firings        per turn, evenly in time
    encoder_steps  azimuths are read off an encoder with this many steps a turn, rounded down; 0: exactly
    """

    firings: PositiveInt
    period_s: PositiveFloat
    encoder_steps: int = Field(default=0, ge=0)
    direction: Literal["counter_clockwise", "clockwise"] = "counter_clockwise"


class Receiver(FileModel):
    """What is detected, from the figures of a data sheet.

    A target of `reflectivity` met squarely at `range_m` is detected with `detection` probability, at
    `false_alarm` probability per pulse. Returns outside min_m .. max_m are not reported.
    divergence_mrad  full width of the beam, to 1/e^2 of its middle; pulse_ns  length of the pulse as the
                     receiver answers it: both decide how much an echo is drawn out, and weakened, by a
                     slanted surface, and which echoes are told apart
    returns          which echoes of a pulse are reported; dual: the strongest and the last, or the second
                     strongest where these are one; triple: the three strongest
    apart_m          two reported echoes lie at least this far from each other
    overlap_m        from where on the receiver sees a part of its beam's spot, and from where on all of it
    air_overlap_m    the same for fog, rain and snow, whose echoes close by are faint enough to show it
    exit_mm          width of the beam where it leaves
    skirt            share of a beam that falls 1 mrad beside its middle, less with the angle's square: what
                     makes retro-reflectors bloom, out to bloom_deg
    crosstalk        share of an echo that leaks into the receivers of lasers fired at the same instant
    sun_share        of the noise's variance at the sheet's figures: what the sun's light on the target
                     makes, at sun_klx of it
    ambient          it also reports the light between its pulses, as an image in the near infrared
    angle_noise_deg  standard deviation between the direction fired and the one reported, in both angles
    """

    wavelength_nm: PositiveFloat = 905.0
    divergence_mrad: PositiveFloat = 2.0
    pulse_ns: PositiveFloat = 5.0
    range_m: PositiveFloat
    reflectivity: PositiveFloat
    detection: float = Field(default=0.9, gt=0.5, lt=1.0)
    false_alarm: float = Field(default=1e-4, gt=0.0, lt=0.5)
    drop_out: float = Field(default=0.0, ge=0.0, lt=1.0)
    min_m: NonNegativeFloat
    max_m: PositiveFloat
    returns: Returns = "strongest"
    apart_m: NonNegativeFloat = 0.0
    overlap_m: tuple[NonNegativeFloat, NonNegativeFloat] = (0.0, 0.0)
    air_overlap_m: tuple[NonNegativeFloat, PositiveFloat] = (2.0, 10.0)
    exit_mm: PositiveFloat = 10.0
    skirt: NonNegativeFloat = 0.0
    bloom_deg: PositiveFloat = 1.0
    crosstalk: NonNegativeFloat = 0.0
    sun_share: float = Field(default=0.0, ge=0.0, lt=1.0)
    sun_klx: PositiveFloat = 100.0
    angle_noise_deg: NonNegativeFloat = 0.0
    ambient: bool = False

    @model_validator(mode="after")
    def _min_before_max(self) -> Self:
        if self.min_m >= self.max_m:
            raise ValueError(f"min_m {self.min_m:g} must be below max_m {self.max_m:g}")
        if self.overlap_m[0] > self.overlap_m[1]:
            raise ValueError(f"overlap_m {list(self.overlap_m)} must rise: it begins, then it is whole")
        if self.air_overlap_m[0] >= self.air_overlap_m[1]:
            raise ValueError(
                f"air_overlap_m {list(self.air_overlap_m)} must rise: it begins, then it is whole"
            )
        return self


class RangeNoise(FileModel):
    """Standard deviation of the range: hypot(sigma_m, snr_m / SNR); no error is larger than `most_m`."""

    sigma_m: NonNegativeFloat = 0.0
    snr_m: NonNegativeFloat = 0.0
    most_m: PositiveFloat = 1.0


class LogIntensity(FileModel):
    """Stored value of a logarithmic receiver that makes up for distance up to `level_to_m`.

    value = at_one + per_e ln(reflectivity seen * min(1, (level_to_m / range)^falls_as)) + noise + the beam's
    offset; 0 where value and noise lie below `floor`. A beam's near_m takes off more, close by.
    """

    coding: Literal["logarithmic"]
    at_one: float
    per_e: PositiveFloat
    level_to_m: PositiveFloat
    falls_as: PositiveFloat = 2.0
    floor: NonNegativeFloat = 0.0
    sigma: NonNegativeFloat = 0.0
    max: PositiveFloat = 1.0


class CalibratedIntensity(FileModel):
    """Stored value of a calibrated device: reflectivity in percent of `full`, brighter ones above `diffuse`.

    value = diffuse * reflectivity up to 1; above, diffuse + (max - diffuse) * log10(reflectivity) / decades
    """

    coding: Literal["calibrated"]
    diffuse: PositiveFloat = 100.0 / 255.0
    decades: PositiveFloat = 3.0
    sigma: NonNegativeFloat = 0.0
    max: PositiveFloat = 1.0


class Blanks(FileModel):
    """Returns reported with intensity 0: in runs along a ring, of dark ground and of some lasers first.

    A return of laser k is blank with probability share[k], above `level` with share[k]
    exp((level - value) / fall), value being what is stored without the laser's own offset.
    share        one entry a beam, of the returns of dark surfaces
    run_firings  mean number of firings for which a laser's luck holds
    """

    share: tuple[Ratio, ...]
    level: float
    fall: PositiveFloat
    run_firings: Annotated[float, Field(ge=1.0)] = 1.0


class Quantum(FileModel):
    """Steps of what is stored; 0 keeps the number as it is."""

    xyz_m: NonNegativeFloat = 0.0
    range_m: NonNegativeFloat = 0.0
    intensity: NonNegativeFloat = 0.0


class Sector(FileModel):
    """A mirror sweeps the fan of beams once over a sector, from one azimuth to the other."""

    from_deg: float
    to_deg: float


class Mems(FileModel):
    """A mirror that tilts two ways: lines top down, each swept there or back by all modules at once.

    The beams are the modules, each around its own azimuth_offset_deg; `turn.firings` counts the shots of a
    module in a whole picture.
    """

    lines: int = Field(ge=2, le=255)
    width_deg: PositiveFloat
    top_deg: float
    bottom_deg: float


class Prisms(FileModel):
    """Two turning wedges bend the beam, each by deflection_deg: a rosette around x that never closes."""

    first_rpm: float
    second_rpm: float
    deflection_deg: PositiveFloat


class Nod(FileModel):
    """The beam turns about z and nods between two elevations, evenly, out of step with the turn."""

    turn_rpm: PositiveFloat
    nod_rpm: PositiveFloat
    bottom_deg: float
    top_deg: float


# What each kind of device needs beside its turn.
_NEEDS = {
    "spinning_lidar": (),
    "sector_lidar": ("sector",),
    "mems_lidar": ("mems",),
    "rosette_lidar": ("prisms", "nod"),
}


class Lidar(FileModel):
    """A device: beams and how they are led over the world, receiver, coding.

    spinning_lidar  beams fanned in elevation turn about the z axis
    sector_lidar    they sweep a `sector`; mems_lidar: modules scan a picture line by line, see `mems`
    rosette_lidar   beams are led by `prisms`, or `nod`; all fire at every firing
    turn            one sweep of any of them: firings and time
    """

    kind: Literal["spinning_lidar", "sector_lidar", "mems_lidar", "rosette_lidar"]
    name: str
    beams: Beams
    turn: Turn
    sector: Sector | None = None
    mems: Mems | None = None
    prisms: Prisms | None = None
    nod: Nod | None = None
    receiver: Receiver
    range_noise: RangeNoise = RangeNoise()
    intensity: LogIntensity | CalibratedIntensity = Field(discriminator="coding")
    quantum: Quantum = Quantum()
    blanks: Blanks | None = None

    @model_validator(mode="after")
    def _one_share_each(self) -> Self:
        count = len(self.beams.elevation_deg)
        if self.blanks is not None and len(self.blanks.share) != count:
            raise ValueError(
                f"blanks.share has {len(self.blanks.share)} entries for {count} beams; list one each"
            )
        return self

    @model_validator(mode="after")
    def _one_way_to_scan(self) -> Self:
        needs = _NEEDS[self.kind]
        given = [name for name in ("sector", "mems", "prisms", "nod") if getattr(self, name) is not None]
        if len(given) != bool(needs) or not set(given) <= set(needs):
            has = " and ".join(given) or "nothing"
            raise ValueError(f"{self.kind} takes {' or '.join(needs) or 'a turn alone'}, not {has}")
        return self

    @property
    def period_s(self) -> float:
        """Of one sweep."""
        return self.turn.period_s
