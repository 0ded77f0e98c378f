"""Ways of wearing what a model is asked, one a file (see `Wear` in `nlg.robustness.wearing`)."""
