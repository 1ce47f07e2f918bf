"""The ray core and other compiled loops of drivesynth: numba, with numpy in and numpy out."""
