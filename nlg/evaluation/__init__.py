"""How good a model is: figures of its replies, comparisons of two models, and reports of both."""
