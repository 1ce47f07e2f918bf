"""What a label would say: boxes, amodal visibility, masks; from the same hits the sensors had."""
