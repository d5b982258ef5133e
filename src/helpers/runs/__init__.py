"""The runner: it knows notebooks by their path and their parameter model alone."""
