"""People: bodies of rigid parts, their walk, their clothes."""
