"""How the reasoner learns: lessons of recorded runs, cloning, and correction while it acts."""
