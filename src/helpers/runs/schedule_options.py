"""The options of scheduled runs, apart so that ``notebooks`` starts at once."""

import argparse

from helpers.runs.exits import whole_number

KEEP = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of scheduled runs."""
    group = parser.add_argument_group(
        "scheduled runs",
        "For cron, systemd and containers: nothing is asked, one line is printed, and the folder of runs gets a status.json. "
        "Exit code 4: skipped, since another scheduled run is at work. Options may come from environment variables "
        "(NOTEBOOKS_NAMES, NOTEBOOKS_SET, ...; see schedules/README.md).",
    )
    group.add_argument("--scheduled", action="store_true", help="run unattended")
    group.add_argument(
        "--keep",
        type=whole_number,
        metavar="N",
        help=f"after a good run, keep the newest N good and the newest N failed runs of the folder, whoever made them, and "
        f"remove the others; `latest` always stays (default: {KEEP})",
    )
    group.add_argument(
        "--if-running", choices=["skip", "wait"], help="what to do while another scheduled run is at work (default: skip)"
    )
    group.add_argument(
        "--on-failure", metavar="COMMAND", help="run this where the exit code is 1 or 2, without a shell and for at most 60 s"
    )
    group.add_argument("--status", metavar="FILE", help="where the status goes (default: status.json in the folder of runs)")
