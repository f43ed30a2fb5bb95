"""The loop: observe, decide, record, act; limits, pause and stop. Knows not who runs it."""
