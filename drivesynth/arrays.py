"""Array aliases, and the frames and units all of the code agrees on.

World     x east, y north, z up. A template road starts at the origin and heads east.
Vehicle   x forward, y left, z up; origin on the ground below the centre of the body's box.
LiDAR     x forward, y left, z up; origin at the device.
Camera    x right, y down, z forward; pixel centres at integers.

Metres, radians, seconds; whole nanoseconds for time stamps. A transform `world_from_lidar` is a
(4, 4) float64 matrix that takes lidar coordinates to world coordinates; inner names cancel:
`world_from_vehicle @ vehicle_from_lidar`. float64 for poses and roads, float32 in kernels.
A miss is `inf` and id -1; no NaN leaves a kernel.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]
Any1D = NDArray[Any]
