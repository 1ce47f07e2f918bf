"""A camera's chip beyond the plain one: dark current, uneven pixels, colour filters, raw numbers; and JPEG.

EMVA Standard 1288, release 4.0: a pixel's electrons are a Poisson draw of the mean of light and dark
current; read noise comes on top; its number is electrons times gain, rounded. Sensitivity (PRNU) and offset
(DSNU) differ from pixel to pixel but not from frame to frame: they are drawn for the camera, noise for the
frame.
"""

from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F32, F64, U8, U16

_BLACK_SHARE = 1 / 64  # of the numbers lies below black, so that noise is not cut there
# Which colour the filter of each pixel of a 2 x 2 block lets through.
_FILTERS = {name: np.array(["RGB".index(c) for c in name]).reshape(2, 2) for name in
            ("RGGB", "BGGR", "GRBG", "GBRG")}  # fmt: skip


@dataclass(frozen=True)
class Chip:
    """What a chip does beyond shot and read noise; the default does nothing.

    dark_e   mean electrons of the dark current during an exposure
    prnu     spread of sensitivity, standard deviation over its mean; dsnu_e  of the offset, electrons
    bits     of the raw numbers; bayer  order of the colour filters, empty for none; raw  give the numbers
    """

    dark_e: float = 0.0
    prnu: float = 0.0
    dsnu_e: float = 0.0
    bits: int = 12
    bayer: str = ""
    raw: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.dark_e or self.prnu or self.dsnu_e or self.bayer)

    @property
    def black_dn(self) -> int:
        """The number of no light at all."""
        return int(2**self.bits * _BLACK_SHARE)

    def expose(
        self, share: F64, exposure: F64, full_well_e: float, read_noise_e: float, tone: U8, key: int,
        pattern_key: int,
    ) -> tuple[U8, U16 | None]:  # fmt: skip
        """The 8-bit picture and, of a mosaic where asked, the raw numbers.

        share     (H, W, 3) of white after white balance; exposure (3,) whose ratios are its gains
        tone      8-bit codes of linear 0..1
        """
        gains = exposure / exposure.min()  # amplified after the chip: only what exceeds 1 burns out coloured
        light = share / gains
        if self.bayer:
            light = np.take_along_axis(light, self.filters(light.shape[:2])[..., None], axis=2)[..., 0]
        numbers = self.numbers(light, full_well_e, read_noise_e, key, pattern_key)
        linear = self.linear(numbers)
        if self.bayer:
            linear = demosaiced(linear, self.filters(linear.shape))
        codes = np.clip(linear * gains, 0.0, 1.0) * (len(tone) - 1) + 0.5
        return np.asarray(tone[codes.astype(np.int64)]), numbers if self.bayer and self.raw else None

    def numbers(self, light: F64, full_well_e: float, read_noise_e: float, key: int, pattern_key: int) -> U16:
        """The chip's numbers for light as share of the full well."""
        random = np.random.Generator(np.random.Philox(key=key))
        pattern = np.random.Generator(np.random.Philox(key=pattern_key))
        uneven = 1.0 + self.prnu * pattern.standard_normal(light.shape)
        offset = self.dsnu_e * pattern.standard_normal(light.shape)
        mean = np.maximum(np.minimum(light, 4.0) * full_well_e * uneven, 0.0) + self.dark_e
        electrons = np.minimum(random.poisson(mean), full_well_e + self.dark_e) + offset - self.dark_e
        electrons = electrons + read_noise_e * random.standard_normal(light.shape)
        most = 2**self.bits - 1
        per_e = (most - self.black_dn) / full_well_e
        return np.asarray(np.clip(np.rint(electrons * per_e + self.black_dn), 0, most), np.uint16)

    def linear(self, numbers: U16) -> F64:
        """Numbers as shares of white; below 0 where noise went below black."""
        return np.asarray((numbers.astype(np.float64) - self.black_dn) / (2**self.bits - 1 - self.black_dn))

    def filters(self, shape: tuple[int, ...]) -> np.ndarray:
        """(H, W) which colour each pixel sees: 0 red, 1 green, 2 blue."""
        height, width = shape
        return np.tile(_FILTERS[self.bayer], (height // 2 + 1, width // 2 + 1))[:height, :width]


PLAIN_CHIP = Chip()


def shares(radiance: F32, exposure: F64, veil: F64, vignette: float) -> F64:
    """(H, W, 3) what falls on the chip as shares of white."""
    height, width = radiance.shape[:2]
    y, x = np.arange(height) - 0.5 * (height - 1), np.arange(width) - 0.5 * (width - 1)
    far2 = y[:, None] ** 2 + x**2
    kept = 1.0 - vignette * far2 / max(far2.max(), 1.0)
    return np.asarray(kept[..., None] * (radiance * exposure) + veil)


def demosaiced(mosaic: F64, filters: np.ndarray) -> F64:
    """(H, W, 3) from one colour a pixel: the mean of the nearest pixels that saw it, weighted by nearness."""
    kernel = np.array([1.0, 2.0, 1.0])
    colours = []
    for colour in range(3):
        own = filters == colour
        total, weight = (
            _spread(values, kernel) for values in (np.where(own, mosaic, 0.0), own.astype(float))
        )
        colours.append(np.where(own, mosaic, total / np.maximum(weight, 1e-9)))
    return np.stack(colours, axis=-1)


def _spread(values: F64, kernel: F64) -> F64:
    """Correlation with the outer product of a kernel of three, nothing beyond the rim."""
    rows = np.pad(values, ((1, 1), (0, 0)))
    rows = kernel[0] * rows[:-2] + kernel[1] * rows[1:-1] + kernel[2] * rows[2:]
    columns = np.pad(rows, ((0, 0), (1, 1)))
    return np.asarray(kernel[0] * columns[:, :-2] + kernel[1] * columns[:, 1:-1] + kernel[2] * columns[:, 2:])


def through_jpeg(rgb: U8, quality: int) -> U8:
    """The picture after it was packed as JPEG and unpacked."""
    import cv2

    _, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1], np.uint8)
