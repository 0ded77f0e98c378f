"""Asks a model what customers really write (typos, noise, tricks) and tells how quality and safety change."""
