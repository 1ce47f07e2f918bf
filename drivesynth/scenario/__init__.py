"""The draw: a Scene in, one Scenario out, with its static constraints."""
