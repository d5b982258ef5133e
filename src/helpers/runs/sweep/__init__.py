"""Sweeps: one notebook over many sets of parameters, on this machine, on others, or in parts that are joined later."""
