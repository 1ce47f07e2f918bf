"""Two-wheelers with their riders: bicycles, motorcycles, kick scooters."""
