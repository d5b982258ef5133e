"""Tests that a reader may want to make of a table of ratings, worked out, and why none of them is valid."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import permutations

import numpy as np
import pandas as pd
from scipy import stats

from helpers.errors import InputError, did_you_mean

COLUMNS = ["test", "group", "reference", "number", "of", "p_one_sided", "p_two_sided", "valid", "why"]
# Seven groups have 5,040 orders.
MOST_GROUPS = 7
_SAME_CASES = "the same cases are judged on every standard"


def tests_that_do_not_hold(cells: pd.DataFrame, pairs: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Sign tests and label permutations of a table of ratings; none of them is valid.

    Sign test: the standards in which two groups differ, as tosses of a coin (two-sided as R's ``binom.test``); also of all
    pairs that share a reference, pooled. Permutation: the groups of each standard change places, and the steps by which
    groups stand below their references are added up over pairs and standards. ``standards independent``: each standard
    is shuffled by itself. ``standards fully dependent``: likewise, and the standards' sums rise and fall together (the
    comonotone coupling). ``one shuffle of all standards``: whole groups change places.

    Parameters
    ----------
    cells : DataFrame
        standard, care_group and rating (ordered); one row a cell.
    pairs : sequence of (group, reference)

    Returns
    -------
    DataFrame
        test, group and reference (empty for permutations), number, of, p_one_sided (that the groups are lower), p_two_sided,
        valid (always ``no``), why. In a sign test the group is lower in `number` of `of` standards that differ; without
        one it has no p. In a permutation `number` of `of` arrangements, in lowest terms, lie as far as the one seen.

    Raises
    ------
    InputError
        A cell has no rating, there is no such group, no pair, or more than seven groups.
    """
    codes = _codes(cells, pairs)
    rows = [_sign_test("sign test", codes, [pair]) for pair in pairs]
    for reference in dict.fromkeys(reference for _, reference in pairs):
        shared = [pair for pair in pairs if pair[1] == reference]
        if len(shared) > 1:
            rows.append(_sign_test("sign test, pairs pooled", codes, shared))
    return pd.DataFrame([*rows, *_permutations(codes, pairs)]).assign(valid="no")[COLUMNS]


# Its name begins as those of the project's own tests do.
tests_that_do_not_hold.__test__ = False


def _codes(cells: pd.DataFrame, pairs: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Rank of each standard (row) and group (column) of the pairs."""
    if not pairs:
        raise InputError("pairs: name at least one group and its reference")
    groups = list(dict.fromkeys(name for pair in pairs for name in pair))
    if len(groups) > MOST_GROUPS:
        raise InputError(f"all orders of at most {MOST_GROUPS} groups are tried; these are {len(groups)}")
    ranks = cells.assign(rank=cells["rating"].cat.codes.astype(int)).pivot(index="standard", columns="care_group", values="rank")
    for name in groups:
        if name not in ranks.columns:
            raise InputError(f"no group is called {name!r}; {did_you_mean(name, ranks.columns)}")
    ranks = ranks.loc[cells["standard"].unique(), groups]
    blank = ranks.isna() | ranks.lt(0)
    if blank.any(axis=None):
        standard = blank.index[blank.any(axis=1)][0]
        raise InputError(f"a rating of {standard} is missing; leave that standard out, for all groups")
    return ranks.astype(int)


def _sign_test(test: str, codes: pd.DataFrame, pairs: Sequence[tuple[str, str]]) -> dict[str, object]:
    steps = np.concatenate([np.sign(codes[group] - codes[reference]) for group, reference in pairs])
    lower, differ = int((steps < 0).sum()), int((steps != 0).sum())
    row = {"test": test, "group": ", ".join(group for group, _ in pairs), "reference": pairs[0][1], "number": lower, "of": differ}
    sides = {"p_one_sided": "greater", "p_two_sided": "two-sided"}
    p = {name: stats.binomtest(lower, differ, alternative=side).pvalue if differ else np.nan for name, side in sides.items()}
    if len(pairs) > 1:
        why = f"the row of the reference is used {len(pairs)} times, and {_SAME_CASES}"
    else:
        n = len(codes)
        why = f"{_SAME_CASES}, so they are not {n} tosses; even {n} of {n} would give p = {min(1, 2.0 ** (1 - n)):.3g} two-sided"
    return row | p | {"why": why}


def _permutations(codes: pd.DataFrame, pairs: Sequence[tuple[str, str]]) -> Iterator[dict[str, object]]:
    place = {name: column for column, name in enumerate(codes)}
    # The first order is the one seen.
    orders = np.array(list(permutations(range(len(place)))))
    shuffled = codes.to_numpy()[:, orders]
    below = [np.sign(shuffled[..., place[reference]] - shuffled[..., place[group]]) for group, reference in pairs]
    sums = np.sum(below, axis=0)
    seen = int(sums[:, 0].sum())
    independent = {0: Fraction(1)}
    for of_standard in sums:
        independent = _added(independent, _distribution(of_standard))
    orders_only = f"{len(place)} groups have {len(orders)} orders, so no p is below {1 / len(orders):.3g}"
    distributions = {
        "standards independent": (independent, _SAME_CASES),
        "standards fully dependent": (_distribution(np.sort(sums).sum(axis=0)), "how far the standards depend is not published"),
        "one shuffle of all standards": (
            _distribution(sums.sum(axis=0)),
            f"{orders_only}; and no case was put in a group by lot",
        ),
    }
    for name, (chances, why) in distributions.items():
        one = sum((chance for total, chance in chances.items() if total >= seen), Fraction(0))
        two = sum((chance for total, chance in chances.items() if abs(total) >= abs(seen)), Fraction(0))
        row = {"test": f"label permutation, {name}", "group": "", "reference": "", "number": one.numerator, "of": one.denominator}
        yield row | {"p_one_sided": float(one), "p_two_sided": float(two), "why": why}


def _distribution(totals: np.ndarray) -> dict[int, Fraction]:
    values, counts = np.unique(totals, return_counts=True)
    return {int(value): Fraction(int(count), len(totals)) for value, count in zip(values, counts, strict=True)}


def _added(one: Mapping[int, Fraction], other: Mapping[int, Fraction]) -> dict[int, Fraction]:
    """Distribution of the sum of two independent totals."""
    done: dict[int, Fraction] = {}
    for total, chance in one.items():
        for step, its_chance in other.items():
            done[total + step] = done.get(total + step, Fraction(0)) + chance * its_chance
    return done
