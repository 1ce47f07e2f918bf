"""One file per format: a pure writer of (Frame, Truth) and, beside it, its reader."""
