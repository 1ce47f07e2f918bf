"""Cars, vans, lorries, buses: a body skin over four or more wheels."""
