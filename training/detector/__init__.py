"""How the detector learns: parts of screens with their truth, and the training of its two networks."""
