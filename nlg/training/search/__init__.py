"""Looks for better numbers in a recipe by training with many."""
