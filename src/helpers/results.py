"""The one way to show and to write a table or a figure: always with its evidence."""

import math
from collections.abc import Callable, Mapping
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from IPython.display import Image
from matplotlib.figure import Figure

from helpers import contracts
from helpers.errors import InputError
from helpers.parameters import Parameters

NOT_APPLICABLE = "[z]"
Formats = Mapping[str, Callable[[Any], str]]


def per_cent(fraction: float, digits: int = 0) -> str:
    """A fraction as a per cent, ``26%``; a missing one is ``[z]``."""
    return NOT_APPLICABLE if pd.isna(fraction) else f"{100 * fraction:.{digits}f}%"


def level(confidence: float) -> str:
    """A confidence level as a per cent, in full, so that none looks like certainty: ``99.9%``."""
    return f"{100 * confidence:.10g}%"


def points(fraction: float, digits: int = 0) -> str:
    """A difference of fractions in percentage points, with a true minus sign; a missing one is ``[z]``."""
    if pd.isna(fraction):
        return NOT_APPLICABLE
    # Adding zero takes the sign from a minus nothing.
    return f"{round(100 * float(fraction), digits) + 0:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def interval(limits: Mapping[str, float], digits: int = 1) -> str:
    """The limits of a row in words: ``21.7% to 30.7%``."""
    return f"{per_cent(limits['lower'], digits)} to {per_cent(limits['upper'], digits)}"


def range_of(low: float, high: float, most: float = 1.0) -> str:
    """A range of differences in words: ``33 to 36 points``.

    Parameters
    ----------
    low, high : float
        Fractions; infinite where there is no such difference, nan where it cannot be known.
    most : float
        The greatest that means anything: a half width above 0.5 leaves every share possible.
    """
    if pd.isna(low) or pd.isna(high):
        return "a number of points that one area cannot tell"
    if low > most:
        return "no number of points: so few cases show nothing of it"
    if high > most:
        return f"{points(low)} points at best, and at worst not at all"
    return f"{points(low)} points" if points(low) == points(high) else f"{points(low)} to {points(high)} points"


def outward(limits: Mapping[str, float], digits: int = 2) -> str:
    """Bounds in words, rounded away from each other so that they still bound: ``18.16% to 19.37%``."""
    scale = 10 ** (digits + 2)
    lower, upper = math.floor(limits["lower"] * scale) / scale, math.ceil(limits["upper"] * scale) / scale
    return interval({"lower": lower, "upper": upper}, digits)


def spaced(name: str) -> str:
    """A name of the tables as words: ``placed out``."""
    return name.replace("_", " ")


def write_table(table: pd.DataFrame, name: str, output: str) -> pd.DataFrame:
    """Write ``tables/<name>.csv`` below `output`, in full precision; an empty `output` writes nothing.

    Parameters
    ----------
    table : DataFrame
        With exactly the promised columns, in order; missing values are written ``[z]``, not applicable.
    name : str
        A public table.
    output : str
        Folder of the run, or empty.

    Returns
    -------
    DataFrame
        The table, unchanged.

    Raises
    ------
    InputError
        Columns other than those promised, or a row without evidence.
    """
    if list(table.columns) != contracts.columns(name):
        raise InputError(f"{name}: columns are {list(table.columns)}, promised are {contracts.columns(name)}")
    if not table["evidence"].isin(["published", "synthetic", "supplied"]).all():
        raise InputError(f"{name}: every row needs an evidence mark: published, synthetic or supplied")
    if output:
        folder = Path(output) / "tables"
        folder.mkdir(parents=True, exist_ok=True)
        table.to_csv(folder / f"{name}.csv", index=False, na_rep=NOT_APPLICABLE, lineterminator="\n", encoding="utf-8")
    return table


class Shown:
    """A table for a page: caption, evidence, units in the headings; plain text where there is no HTML."""

    def __init__(self, table: pd.DataFrame, caption: str, evidence: str) -> None:
        self.table, self.caption, self.evidence = table, caption, evidence

    def __repr__(self) -> str:
        body = self.table.to_string(index=False) if len(self.table) else "(no rows)"
        return f"{self.caption}\n{body}\nEvidence: {self.evidence}"

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{_html(str(name))}</th>' for name in self.table.columns)
        rows = "".join(
            f'<tr><th scope="row">{_html(first)}</th>{"".join(f"<td>{_html(cell)}</td>" for cell in rest)}</tr>'
            for first, *rest in self.table.itertuples(index=False)
        )
        caption = f"<caption><span>{escape(self.caption)} <em>Evidence: {escape(self.evidence)}.</em></span></caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _html(text: str) -> str:
    """Escaped text in which a long identifier may break after an underscore."""
    return escape(text).replace("_", "_<wbr>")


def show_table(table: pd.DataFrame, headings: Mapping[str, str], caption: str, formats: Formats | None = None) -> Shown:
    """Make a table of a page from a result.

    Parameters
    ----------
    table : DataFrame
        With a column evidence.
    headings : mapping
        Column to show -> its heading with the unit; other columns are left out.
    caption : str
        What the table shows, a sentence.
    formats : mapping, optional
        Column -> function that makes its text; others are written as they are, a missing one ``[z]``.
    """
    formats = formats or {}
    text = pd.DataFrame(
        {
            heading: [NOT_APPLICABLE if pd.isna(value) else formats.get(column, str)(value) for value in table[column]]
            for column, heading in headings.items()
        }
    )
    return Shown(text, caption, _evidence(table))


def show_parameters(parameters: Parameters) -> Shown:
    """The parameters of this run and what each means."""
    fields = type(parameters).model_fields
    # The folder for output is the runner's affair and no choice that bears on a result.
    names = [name for name in fields if name != "output"]
    rows = [(name, str(getattr(parameters, name)) or "(empty)", fields[name].description) for name in names]
    table = pd.DataFrame(rows, columns=["parameter", "value", "meaning"])
    return Shown(table, "Parameters of this run.", "none; these are choices")


def _evidence(table: pd.DataFrame) -> str:
    return ", ".join(sorted(table["evidence"].unique())) or "none"


STYLE = {
    "svg.hashsalt": "looked-after-notebooks",
    "font.size": 10,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
}


def show_figure(
    draw: Callable[[pd.DataFrame], Figure], table: pd.DataFrame, name: str, alt: str, output: str, assumes: str = ""
) -> Image:
    """Draw a figure from a table, stamp its evidence, write SVG and PNG below `output`, and show it.

    The same table gives the same bytes: no date and no random identifier is written.

    Parameters
    ----------
    draw : callable
        Takes the table, gives a figure whose title states the finding.
    table : DataFrame
        With a column evidence.
    name : str
        File name without its ending.
    alt : str
        The finding in words, for who cannot see the picture.
    output : str
        Folder of the run, or empty.
    assumes : str
        What the figure assumes that no document says; stamped beside the evidence.
    """
    stamp = f"Evidence: {_evidence(table)}." + (f" Assumed: {assumes}." if assumes else "")
    # Not the user's own matplotlib settings: the same table gives the same bytes everywhere.
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        figure = draw(table)
        figure.supxlabel(stamp, fontsize=8, x=0.01, ha="left", color="#444444")
        png = _saved(figure, "png")
        if output:
            folder = Path(output) / "figures"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.png").write_bytes(png)
            (folder / f"{name}.svg").write_bytes(_saved(figure, "svg"))
    return Image(data=png, alt=alt, width=int(figure.get_figwidth() * 100))


def _saved(figure: Figure, kind: str) -> bytes:
    buffer = BytesIO()
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    figure.savefig(buffer, format=kind, dpi=160, metadata=metadata)
    return buffer.getvalue()
