"""What stands along a street: signs, lamps, furniture, work zones, houses."""
