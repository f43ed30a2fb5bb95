"""How the reasoner learns: demonstrations and supervised fine-tuning."""
