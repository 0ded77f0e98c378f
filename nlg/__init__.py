"""Generative dialogue models: train, evaluate, write replies and serve them. Knows neither bot nor connectors."""

from pathlib import Path


def default_model() -> Path:
    """The folder of the model that comes with the package."""
    return Path(__file__).with_name("default")
