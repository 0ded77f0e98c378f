"""Figures of replies beside those of people: a file here is a metric (see `Metric` in `nlg.evaluation.metric`)."""
