"""Rigid transforms, oriented boxes, arc-length paths, meshes. Knows no roads and no sensors."""
