"""What the rig's devices make of a Stage: cast, lidar, camera, and later radar, weather and faults."""
