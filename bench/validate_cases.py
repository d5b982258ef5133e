"""Time `helpers.cases.read` beside pandas reading the same file with the same final types, turn by turn.

Files are made in a temporary folder by a small generator and deleted afterwards. Pandas checks nothing but the
types; ours checks the whole contract. The ratio counts: seconds are not comparable from one machine to the next.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from helpers import cases, published

BATCH = 1_000_000
WANTED_RATIO, WANTED_GIB = 2.0, 4.0
FRAME_TYPES = {
    "case_id": "str",
    "home_area": "category",
    "supervising_area": "category",
    "child_id": "str",
    "looked_after": "boolean",
    "age": "Int16",
    "sufficient": "boolean",
}
CASE_TYPES = {
    "case_id": "str",
    "yot": "category",
    "care_group": "category",
    "child_protection": "boolean",
    "year": "category",
    "weight": "float64",
} | dict.fromkeys(cases.template("cases").columns[7:], "boolean")


def frame(rows: int, seed: int) -> pd.DataFrame:
    """A made-up sampling frame; each seed has identifiers of its own."""
    random = np.random.default_rng(seed)
    areas = published.read("yots-2024-25")["yot"].to_numpy(dtype=str)
    return pd.DataFrame(
        {
            "case_id": np.char.add(f"MADE-UP-{seed}-", np.arange(rows).astype(str)),
            "home_area": random.choice(areas, rows),
            "supervising_area": random.choice(areas, rows),
            "child_id": np.char.add(f"CHILD-{seed}-", random.integers(0, rows, rows).astype(str)),
            "looked_after": random.choice(["yes", "no", ""], rows),
            "opened": (np.datetime64("2011-01-01") + random.integers(0, 365, rows)).astype(str),
            "age": random.integers(10, 18, rows).astype(str),
            "sufficient": random.choice(["yes", "no", ""], rows),
        }
    )


def inspected(rows: int, seed: int) -> pd.DataFrame:
    """Made-up inspected cases, in as many teams as there are."""
    random = np.random.default_rng(seed)
    columns = {
        "case_id": np.char.add(f"MADE-UP-{seed}-", np.arange(rows).astype(str)),
        "yot": random.choice(published.read("yots-2024-25")["yot"].to_numpy(dtype=str), rows),
        "care_group": random.choice(["not_in_care", "in_care_inside", "in_care_outside"], rows),
        "child_protection": random.choice(["yes", "no", ""], rows),
        "year": random.choice(["2018/19", "2019/20"], rows),
        "weight": random.integers(1, 400, rows) / 100,
    }
    return pd.DataFrame(columns | {name: random.choice(["yes", "no", ""], rows) for name in list(CASE_TYPES)[6:]})


def by_pandas(path: Path, types: dict[str, str]) -> float:
    """Seconds that pandas needs to read the file with these types."""
    started = perf_counter()
    dates = {"parse_dates": ["opened"], "date_format": "%Y-%m-%d"} if "age" in types else {}
    table = pd.read_csv(path, dtype=types, true_values=["yes"], false_values=["no"], **dates)
    assert len(table)
    return perf_counter() - started


def by_ours(path: Path, contract: cases.Contract) -> float:
    """Seconds to read and check the file; it is touched first, so that no earlier result is handed out."""
    path.touch()
    started = perf_counter()
    assert len(cases.read(path, contract).table)
    return perf_counter() - started


def ratios(folder: Path, rows: int, turns: int) -> list[str]:
    """Lines of the table for CSV files of both contracts."""
    lines = []
    for contract, make, types in (("frame", frame, FRAME_TYPES), ("cases", inspected, CASE_TYPES)):
        path = folder / f"{contract}.csv"
        make(rows, seed=1).to_csv(path, index=False)
        by_ours(path, contract)
        pairs = [(by_pandas(path, types), by_ours(path, contract)) for _ in range(turns)]
        found = [ours / theirs for theirs, ours in pairs]
        seconds = " | ".join(f"{median(times):.2f}" for times in zip(*pairs, strict=True))
        span = f"{median(found):.2f} ({min(found):.2f} to {max(found):.2f})"
        lines.append(f"| `{contract}`, CSV, {rows:,} rows | {seconds} | {span} | at most {WANTED_RATIO:g} |")
    return lines


def write_parquet(path: Path, rows: int) -> None:
    """A frame in Parquet, made in batches."""
    writer = None
    for seed in range(-(-rows // BATCH)):
        table = pa.Table.from_pandas(frame(min(BATCH, rows - seed * BATCH), seed), preserve_index=False)
        writer = writer or pyarrow.parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()


def peak_of_reading(path: str) -> None:
    """Read a frame and print its rows, the seconds and the peak memory of this process in GiB."""
    started = perf_counter()
    rows = len(cases.read(path, "frame").table)
    # Linux counts in KiB, macOS in bytes.
    unit = 1 << 30 if sys.platform == "darwin" else 1 << 20
    print(rows, perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--csv-rows", type=int, default=1_000_000)
    parser.add_argument("--parquet-rows", type=int, default=10_000_000)
    parser.add_argument("--peak", metavar="FILE", help="read this frame and print rows, seconds and peak memory")
    options = parser.parse_args()
    if options.peak:
        peak_of_reading(options.peak)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("| File | pandas, s | Ours, s | Median ratio (range) | Wanted |\n| --- | --- | --- | --- | --- |")
        print("\n".join(ratios(folder, options.csv_rows, options.turns)), flush=True)
        path = folder / "frame.parquet"
        write_parquet(path, options.parquet_rows)
        # A process of its own: the peak of this one is the generator's.
        command = [sys.executable, __file__, "--peak", str(path)]
        rows, seconds, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        print("\n| File | Ours, s | Peak memory, GiB | Wanted |\n| --- | --- | --- | --- |")
        print(f"| `frame`, Parquet, {int(rows):,} rows | {float(seconds):.1f} | {float(peak):.2f} | below {WANTED_GIB:g} |")


if __name__ == "__main__":
    main()
