"""Helpers of the notebook collection on children in care who offend and are placed away from home."""

__version__ = "0.1.0"
