"""Answers that R gave, kept in known_answers/ beside the scripts that made them."""

from pathlib import Path

import pandas as pd

# Relative: R and the libraries used here agree to about 1e-13, so a wrong formula or a rounded constant shows.
TOLERANCE = 1e-10


def read(name):
    return pd.read_csv(Path(__file__).parent / "known_answers" / f"{name}.csv")
