"""Generative dialogue models: train, evaluate, write replies and serve them. Knows neither bot nor connectors."""
