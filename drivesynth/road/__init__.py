"""Reference lines, lanes, markings, junctions, elevation and the surface mesh; OpenDRIVE in."""
