"""Pictures and windows for people: camera with boxes, bird's eye, range image."""
