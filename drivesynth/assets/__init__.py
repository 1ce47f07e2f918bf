"""Actor classes, their meshes, materials and joints: one shape for every sensor."""
