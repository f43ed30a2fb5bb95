"""What nobody else shall see of a trajectory: found, hidden and painted over."""
