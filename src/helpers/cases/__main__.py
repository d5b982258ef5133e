"""Write the templates and the data dictionary: ``python -m helpers.cases``."""

from pathlib import Path

from helpers import paths
from helpers.cases import dictionary, template

TEMPLATES = {
    "sampling_frame.csv": lambda: template("frame"),
    "inspected_cases.csv": lambda: template("cases"),
    "inspected_cases_by_standard.csv": lambda: template("cases", "the standards"),
    "judgements.csv": lambda: template("judgements"),
    "inspection_ratings.csv": lambda: template("ratings"),
    "data_dictionary.csv": dictionary,
}


def main(folder: Path = paths.DATA / "templates") -> None:
    """Write the templates and the data dictionary."""
    folder.mkdir(exist_ok=True)
    for name, table in TEMPLATES.items():
        table().to_csv(folder / name, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
