"""How the reasoner learns: demonstrations, samples, and the training of its adapter."""
