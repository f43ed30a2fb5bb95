"""Tests of watching a run and taking over."""
