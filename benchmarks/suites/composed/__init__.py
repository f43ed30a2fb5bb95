"""composed: pages put together from parts by chance, with one to five things to do, to learn from."""
