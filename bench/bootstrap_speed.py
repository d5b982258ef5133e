"""Time ten thousand cluster bootstrap replicates of all lowest key questions beside resampling rows with pandas.

Both draw whole services with replacement, add up cases judged and sufficient by group, take the lowest of each
standard's questions and rate it. `helpers.rating_resamples` multiplies counts of services; pandas puts the rows of the
drawn services together (`pandas.concat`) and groups them. All times are processor time. Pandas does fewer replicates, and
its time is scaled. The ratio counts: seconds are not comparable from one machine to the next.
"""

import argparse
import time
from collections.abc import Sequence
from statistics import median

import numpy as np
import pandas as pd

from helpers import cases, published, rating_resamples
from helpers.datapackage import resource_path
from helpers.ratings import rating_of
from helpers.rounding import whole_per_cent
from helpers.shares import judgements_of

REPLICATES, WANTED = 10_000, 200


class WithPandas:
    """Resamples of rows."""

    def __init__(self, listed: pd.DataFrame, group_by: str, bands: pd.DataFrame) -> None:
        self.group_by, self.bands, self.columns = group_by, bands, judgements_of(listed)
        # Plain numbers, which pandas adds up faster than nullable yes and no.
        kept = listed[["yot", group_by]].join(listed[list(self.columns.values())].astype("float64"))
        # In the order in which services first stand in the list, as count matrices have them.
        self.rows = [part.drop(columns="yot") for _, part in kept.groupby("yot", sort=False, observed=True)]

    def ratings(self, drawn: Sequence[int]) -> dict[tuple[str, str], str]:
        """The rating of each standard and group in the resample that has these services."""
        sums = pd.concat([self.rows[service] for service in drawn]).groupby(self.group_by, observed=True).agg(["sum", "count"])
        found = {}
        for group, row in sums.iterrows():
            lowest: dict[str, tuple[int, int]] = {}
            for (standard, _), column in self.columns.items():
                k, n = int(row[column, "sum"]), int(row[column, "count"])
                if n and (standard not in lowest or k * lowest[standard][1] < lowest[standard][0] * n):
                    lowest[standard] = k, n
            found |= {(standard, str(group)): rating_of(whole_per_cent(*pair), self.bands) for standard, pair in lowest.items()}
        return found


def seconds_of_pandas(ways: WithPandas, replicates: int, seed: int) -> float:
    """Processor seconds that pandas would take for `REPLICATES`, from fewer."""
    random = np.random.default_rng(seed)
    before = time.process_time()
    for _ in range(replicates):
        ways.ratings(random.integers(0, len(ways.rows), len(ways.rows)))
    return (time.process_time() - before) / replicates * REPLICATES


def seconds_of_matrices(listed: pd.DataFrame, group_by: str, bands: pd.DataFrame, seed: int) -> float:
    """Processor seconds of `REPLICATES`, the counting of cases included."""
    before = time.process_time()
    rating_resamples.cluster_bootstrap(rating_resamples.count_matrices(listed, group_by), bands, REPLICATES, seed)
    return time.process_time() - before


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--pandas-replicates", type=int, default=100, help="so many are timed and scaled to ten thousand")
    options = parser.parse_args()
    listed = cases.read(resource_path("synthetic-cases"), "cases").table
    bands = published.rating_bands()
    ways = WithPandas(listed, "care_group", bands)
    # A turn that does not count.
    seconds_of_pandas(ways, 2, 0), seconds_of_matrices(listed, "care_group", bands, 0)
    found = [
        (
            seconds_of_pandas(ways, options.pandas_replicates, turn),
            seconds_of_matrices(listed, "care_group", bands, turn),
        )
        for turn in range(options.turns)
    ]
    ratios = [slow / fast for slow, fast in found]
    slow, fast = (median(part) for part in zip(*found, strict=True))
    print("| Ratings | Replicates timed | pandas, s | Count matrices, s | Median ratio (range) | Wanted |\n" + "| --- " * 6 + "|")
    timed = f"{options.pandas_replicates:,} and {REPLICATES:,}"
    ratio = f"{median(ratios):,.0f} ({min(ratios):,.0f} to {max(ratios):,.0f})"
    print(f"| {len(ways.ratings(range(len(ways.rows))))} | {timed} | {slow:.1f} | {fast:.3g} | {ratio} | at least {WANTED} |")


if __name__ == "__main__":
    main()
