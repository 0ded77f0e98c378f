"""Makes one checkpoint of several, by one of the fusions in `nlg.fusions`."""
