"""Cameras of a rig: lens, shutter, and the device behind them.

These files describe hardware, so values are bare numbers with the unit in the key.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, model_validator

from drivesynth.errors import RequestError
from drivesynth.scene.validate import FileModel

Ratio = Annotated[float, Field(ge=0.0, le=1.0)]
Matrix34 = Annotated[tuple[float, ...], Field(min_length=12, max_length=12)]


class Mount(FileModel):
    """Where a sensor sits: its origin in the vehicle frame, then yaw, pitch, roll about its own axes."""

    x_m: float = 0.0
    y_m: float = 0.0
    z_m: float = 0.0
    roll_deg: float = 0.0
    pitch_deg: float = 0.0  # positive looks down
    yaw_deg: float = 0.0


class Focus(FileModel):
    """Depth of field: sharp is what lies in the plane at `distance_m` before the camera.

    aperture_mm  width of the lens's opening: focal length over f-number
    """

    distance_m: PositiveFloat
    aperture_mm: PositiveFloat


class AutoExposure(FileModel):
    """Exposure by the frame itself.

    key           mean of the metered rows, exposed, toned and clipped, that it aims at
    metered_from  rows above this share of the height, mostly sky, do not count
    most_gain_db  beyond the longest shutter
    """

    key: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.13
    metered_from: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.42
    most_gain_db: Annotated[float, Field(ge=0.0, le=60.0)] = 24.0


class CameraDevice(FileModel):
    """What a camera makes of light; noise after EMVA Standard 1288. Defaults: Sony ICX267 class, as KITTI's.

    full_well_e       electrons at white without gain
    read_noise_e      electrons, standard deviation
    dark_e_per_s      dark current: its electrons come with noise like light's
    prnu_percent      spread of the pixels' sensitivity, standard deviation
    dsnu_e            spread of the pixels' offset, electrons
    bits              of a raw picture's numbers
    bayer             colour filters by 2 x 2 pixels, row by row; without it each pixel sees all colours
    raw               also write the chip's own numbers; needs `bayer`
    vignetting        share of light lost in the corners
    veil              stray light, share of the picture's mean
    bloom, haze       shares of a bright source's light that the lens scatters near and far
    flare             share of the sun's light that comes back as ghosts across the middle
    white_balance     how much of the light's tint it takes out, or gains of red, green and blue
    contrast          power between linear light and linear picture; 1 is faithful
    exposure          automatic, unless exposure_stops says how many stops above 10 ms at f/2 and 0 dB
    jpeg_quality      of a lossy stage before the file; None is none
    """

    kind: Literal["camera"] = "camera"
    about: str = ""
    source: str = ""
    full_well_e: PositiveFloat = 12_000.0
    read_noise_e: NonNegativeFloat = 8.0
    dark_e_per_s: NonNegativeFloat = 0.0
    prnu_percent: Annotated[float, Field(ge=0.0, le=20.0)] = 0.0
    dsnu_e: NonNegativeFloat = 0.0
    bits: Annotated[int, Field(ge=8, le=16)] = 12
    bayer: Literal["RGGB", "BGGR", "GRBG", "GBRG"] | None = None
    raw: bool = False
    vignetting: Ratio = 0.18
    veil: Ratio = 0.012
    bloom: Ratio = 0.03
    haze: Ratio = 0.012
    flare: Ratio = 5e-4
    white_balance: Ratio | tuple[PositiveFloat, PositiveFloat, PositiveFloat] = 0.8
    contrast: Annotated[float, Field(gt=0.1, le=4.0)] = 1.4
    exposure: AutoExposure = AutoExposure()
    exposure_stops: Annotated[float, Field(ge=-20.0, le=20.0)] | None = None
    jpeg_quality: Annotated[int, Field(ge=1, le=100)] | None = None

    @model_validator(mode="after")
    def _raw_is_of_a_mosaic(self) -> Self:
        if self.raw and self.bayer is None:
            raise ValueError("raw needs the order of the colour filters: bayer, for instance RGGB")
        if self.bloom + self.haze + self.flare > 1.0:
            raise ValueError("bloom, haze and flare together are more than all the light")
        return self


# How many numbers describe each lens, in OpenCV's order.
LENSES: dict[str, tuple[int, ...]] = {
    "pinhole": (0,),
    "brown_conrady": (4, 5, 8),
    "kannala_brandt": (4,),
}


class Camera(FileModel):
    """A camera, pixel centres at integers.

    Its geometry is given either as `projection`, KITTI's P: 3 x 4, row by row, pixels from the label
    frame; or as fx_px .. cy_px with a mount (looks along x of the mounted frame).
    lens            how it bends rays, by OpenCV's conventions; see `sensors.lens`
    distortion      of brown_conrady k1 k2 p1 p2 [k3 [k4 k5 k6]], of kannala_brandt k1 k2 k3 k4
    row_delay_us    rolling shutter: row v is exposed this much later than row v - 1; the middle row at the
                    frame time and trigger_offset_ms
    exposure_ms     how long a row is exposed, around its time
    instants        of an exposure that the picture is the mean of: 1 freezes motion, 8 and more blur it
    focus           depth of field; everything is sharp unless told
    device          chip and processing, by name or written out
    """

    width_px: Annotated[int, Field(ge=1, le=16_384)]
    height_px: Annotated[int, Field(ge=1, le=16_384)]
    projection: Matrix34 | None = None
    fx_px: PositiveFloat | None = None
    fy_px: PositiveFloat | None = None
    cx_px: float | None = None
    cy_px: float | None = None
    mount: Mount | None = None
    lens: Literal["pinhole", "brown_conrady", "kannala_brandt"] = "pinhole"
    distortion: tuple[float, ...] = ()
    row_delay_us: Annotated[float, Field(ge=0.0, le=200.0)] = 0.0
    trigger_offset_ms: float = 0.0
    exposure_ms: Annotated[float, Field(gt=0.0, le=100.0)] = 5.0
    instants: Annotated[int, Field(ge=1, le=64)] = 1
    focus: Focus | None = None
    device: str | CameraDevice = CameraDevice()

    @model_validator(mode="after")
    def _one_geometry(self) -> Self:
        pinhole = (self.fx_px, self.fy_px, self.cx_px, self.cy_px, self.mount)
        given = sum(value is not None for value in pinhole)
        if (self.projection is None) == (given == 0) or 0 < given < len(pinhole):
            raise ValueError("give either projection, or all of fx_px, fy_px, cx_px, cy_px and mount")
        return self

    @property
    def chip(self) -> CameraDevice:
        """The device; `load_rig` has replaced names by what they stand for."""
        if isinstance(self.device, str):
            raise RequestError(f"device {self.device!r} is only a name; load the rig with load_rig")
        return self.device

    @model_validator(mode="after")
    def _as_many_numbers_as_the_lens_has(self) -> Self:
        wanted = LENSES[self.lens]
        if len(self.distortion) not in wanted:
            known = " or ".join(map(str, wanted))
            which = "" if self.lens != "pinhole" else "; say lens: brown_conrady or kannala_brandt"
            raise ValueError(
                f"distortion of a {self.lens} lens has {known} numbers, not {len(self.distortion)}{which}"
            )
        return self
