"""programs: desktop programs put together from parts by chance, with things to do, to learn from."""
