"""A reader who wants to find a child: what the released files of a run, and public rules, leave possible for each count.

Nothing of the defence is used here, so that an error of the defence is not made again: the presets are read from their
file, and every formula is derived anew. The reader is a strong one. Besides all that is printed he knows the code of the
project, which questions apply to every case of a group, in how many services the cases of each row lie, and the frame's
design. A set of possible values is exact: shares by enumeration, the fieldwork by integer programs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from math import ceil, floor, gcd, inf
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from scipy import signal, special, stats
from scipy.optimize import Bounds, LinearConstraint, milp

import helpers

HIDDEN, BLANK, UNKNOWN = "[c]", "[z]", "[x]"
EITHER, DENOMINATOR = "small, or hidden to protect another", "denominator"
GROUPS = ("not_in_care", "in_care_inside", "in_care_outside")
QUESTIONS = ("desistance", "child_safety", "others_safety")
ARMS = ("hosted", "placed_out")
# Whole per cents, recalled by the project and printed in its data.
BANDS = {"Inadequate": (0, 49), "Requires improvement": (50, 64), "Good": (65, 79), "Outstanding": (80, 100)}
PRESETS = yaml.safe_load((Path(helpers.__file__).parent / "disclosure.yaml").read_text(encoding="utf-8"))
# A figure printed in full precision.
_HAIR = 1e-9


def read(folder):
    """The tables of a run, as text."""
    return {path.stem: pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted((folder / "tables").glob("*.csv"))}


@dataclass(frozen=True)
class Known:
    """What the reader knows beside the tables."""

    preset: str
    # (standard, question, care group) of questions that apply to every case of the group.
    whole: frozenset = frozenset()
    # Whether child protection is known of every case.
    protection_of_all: bool = False
    # Services with a case of the row, by (standard, question, care group) or by claim.
    services: Mapping = field(default_factory=dict)
    # Whether he knows each count that is shown to the case, see `told`.
    exact: bool = False

    @property
    def rules(self):
        return PRESETS[self.preset] | ({"round_to": 1} if self.exact else {})


class Found(dict):
    """Name of a count -> the set of its possible values; a set without limit is cut off at a large value."""

    def impossible(self, name, values):
        return sorted(set(values) - self[name])


# ---------------------------------------------------------------------------------------------------------------- counts


def is_count(text):
    return re.fullmatch(r"\d+(\.0)?", text) is not None


def band(text, rules, hidden_rule=EITHER):
    """The least and greatest count that a printed cell stands for."""
    if not is_count(text):
        # A zero that is shown is never hidden; other reasons for hiding say nothing of a count.
        return (1 if rules["zeros"] == "shown" and hidden_rule == EITHER else 0), inf
    printed, step = int(float(text)), rules["round_to"]
    if printed == 0 and rules["zeros"] == "shown":
        return 0, 0
    # Half up: printed - step / 2 <= count < printed + step / 2; and a count that is shown is not a small one.
    return max(rules["threshold"], ceil(printed - step / 2)), ceil(printed + step / 2) - 1 if step > 1 else printed


# ---------------------------------------------------------------------------------------------------------------- shares


def attack_shares(tables, known):
    """The possible values of every count behind ``ratings`` and the case rows of ``prevalence_estimates``."""
    return _Shares(tables, known).found()


class _Share:
    """One printed share: which pairs of base and count it allows, as a square of truth values."""

    def __init__(self, base, count, why, rates, size, known, services):
        rules = known.rules
        self.base_rule, self.count_rule = why
        self.shown = is_count(base) and is_count(count)
        n, k = np.arange(size)[:, None], np.arange(size)[None, :]
        low, high = band(base, rules, self.base_rule)
        least = rules["minimum_denominator"]
        if self.count_rule == DENOMINATOR:
            high = min(high, least - 1)
        elif not self.count_rule:
            # A count that is shown has a base that is large enough.
            low = max(low, least)
        k_low, k_high = band(count, rules, self.count_rule)
        self.allowed = (low <= n) & (n <= high) & (k_low <= k) & (k <= k_high) & (k <= n)
        in_all = known.services.get(("cases_in_care",))
        self._rates(rates, base, count, rules, services, in_all)

    def _rates(self, rates, base, count, rules, services, in_all):
        places = np.argwhere(self.allowed & (np.arange(len(self.allowed))[:, None] > 0))
        tests = [
            lambda n, k: _fits_estimate(n, k, rates["estimate"], base, count, rules),
            lambda n, k: _fits_rating(n, k, rates["rating"]),
            lambda n, k: _fits_method(n, k, rates["method"], services),
            lambda n, k: _fits_limits(n, k, rates, services),
            lambda n, k: _fits_error(n, k, rates, services, in_all),
        ]
        for fits in tests:
            if not len(places):
                return
            good = fits(places[:, 0], places[:, 1])
            for n, k in places[~good]:
                self.allowed[n, k] = False
            places = places[good]

    def feasible(self, whole):
        """For each number of the group: whether the base can be that number, or at most that."""
        found = self.allowed.any(axis=1)
        return found if whole else np.logical_or.accumulate(found)

    def pairs(self, value, whole):
        """The pairs that are left where the group has this number."""
        rows = np.zeros(len(self.allowed), dtype=bool)
        rows[value if whole else slice(0, value + 1)] = True
        return self.allowed & rows[:, None]


def _number(text):
    return None if text in (HIDDEN, BLANK, UNKNOWN, "") else float(text)


def _fits_estimate(n, k, text, base, count, rules):
    value = _number(text)
    if value is None:
        return np.ones(len(n), dtype=bool)
    if rules["rates"] == "whole_per_cent" and abs(100 * value - round(100 * value)) < _HAIR:
        return (200 * k + n) // (2 * n) == round(100 * value)
    if is_count(base) and is_count(count) and float(base) and abs(float(count) / float(base) - value) < _HAIR:
        return np.ones(len(n), dtype=bool)
    return abs(k / n - value) < _HAIR


def _fits_rating(n, k, text):
    if text not in BANDS:
        return np.ones(len(n), dtype=bool)
    low, high = BANDS[text]
    per_cent = (200 * k + n) // (2 * n)
    return (low <= per_cent) & (per_cent <= high)


def _fits_method(n, k, method, services):
    """Korn-Graubard says that the variance is 0: none or all, or the same share in each of two services or more."""
    if method == "korn_graubard":
        return _same_in_each(n, k, services)
    if method == "logit_t":
        return (k > 0) & (k < n)
    return np.ones(len(n), dtype=bool)


def _same_in_each(n, k, services):
    return (k == 0) | (k == n) | (np.gcd(n, k) >= (services or 2))


def _span(text, digits_step, outward):
    """The true values that a printed per cent stands for; one in full precision stands for itself."""
    value = float(text)
    steps = round(value / digits_step)
    if abs(value - steps * digits_step) > 1e-6:
        return value - _HAIR, value + _HAIR
    value = steps * digits_step
    low, high = {"down": (0, digits_step), "up": (-digits_step, 0), "near": (-digits_step / 2, digits_step / 2)}[outward]
    return value + low - _HAIR, value + high + _HAIR


def _fits_limits(n, k, rates, services):
    if any(_number(rates[name]) is None for name in ("lower", "upper", "se")):
        return np.ones(len(n), dtype=bool)
    lower, upper = _span(rates["lower"], 1, "down"), _span(rates["upper"], 1, "up")
    error = _span(rates["se"], 0.1, "near")
    share, good = k / n, np.zeros(len(n), dtype=bool)
    freedoms = [services - 1] if services else range(1, 61)
    for df in freedoms:
        reach = stats.t.ppf((1 + rates["level"]) / 2, df)
        inner = (k > 0) & (k < n) & ~good
        # The variance is at most J / (J - 1) times 2 (p (1 - p))^2: all of one service against none of another.
        inner[inner] = error[0] / 100 <= np.sqrt(2 * (df + 1) / df) * share[inner] * (1 - share[inner]) + _HAIR
        if rates["method"] != "korn_graubard":
            good[inner] |= _logit_t_fits(share[inner], lower, upper, error, reach)
        if rates["method"] != "logit_t" and error[0] <= 0:
            same = ~good & _same_in_each(n, k, services)
            good[same] |= _korn_graubard_fits(n[same], k[same], lower, upper, reach, rates["level"])
    return good


def _fits_error(n, k, rates, services, in_all):
    """Whether the cases can lie in the services so that the error is the printed one."""
    unknown = any(_number(rates[name]) is None for name in ("lower", "upper", "se"))
    if unknown or rates["method"] == "korn_graubard" or services is None or in_all < 2:
        return np.ones(len(n), dtype=bool)
    low, high = _span(rates["se"], 0.1, "near")
    pairs = zip(n.tolist(), k.tolist(), strict=True)
    found = np.array([_error_reached(*pair, max(low, 0) / 100, high / 100, services, in_all) for pair in pairs], dtype=bool)
    if low <= 0 and rates["method"] != "logit_t":
        found |= _same_in_each(n, k, services)
    return found & (n >= services)


def _error_reached(n, k, low, high, services, in_all):
    """Whether some sum of squares of ``d_j = n k_j - m_j k`` gives an error between `low` and `high`.

    All d_j are multiples of the greatest common divisor of n and k, they add up to 0, and so their squares to an even
    number of its square. With two services they are looked at one by one.
    """
    if not 0 < k < n:
        return False
    least, most = (error**2 * n**4 * (in_all - 1) / in_all for error in (low, high))
    if services == 2:
        return any(least - 1e-6 <= 2 * d * d <= most + 1e-6 for d in _two_services(n, k))
    step = 2 * gcd(n, k) ** 2
    return least <= 2 * (k * (n - k)) ** 2 + 1e-6 and floor(most / step + _HAIR) >= max(1, ceil(least / step - _HAIR))


@cache
def _two_services(n, k):
    """The values of ``n k_1 - m_1 k`` above 0."""
    return {
        n * yes - cases * k
        for cases in range(1, n)
        for yes in range(max(0, k - n + cases), min(cases, k) + 1)
        if n * yes > cases * k
    }


def _logit_t_fits(share, lower, upper, error, reach):
    """Whether some error rounds to the printed one and gives the printed limits."""
    logit = special.logit(share)
    low_0, low_1, up_0, up_1 = (special.logit(np.clip(end / 100, 0, 1)) for end in (*lower, *upper))
    least = np.maximum.reduce([logit - low_1, up_0 - logit, np.zeros_like(logit)])
    most = np.minimum(logit - low_0, up_1 - logit)
    spread = share * (1 - share) / reach
    return (least <= most) & (100 * least * spread <= error[1]) & (100 * most * spread >= error[0])


def _korn_graubard_fits(n, k, lower, upper, reach, level):
    tail = (1 - level) / 2
    size = n * (stats.t.ppf(1 - tail, np.maximum(n, 2) - 1) / reach) ** 2
    count = size * (k / n)
    with np.errstate(invalid="ignore"):
        low = np.where(k > 0, stats.beta.ppf(tail, count, size - count + 1), 0)
        up = np.where(k < n, stats.beta.ppf(1 - tail, count + 1, size - count), 1)
    return (lower[0] <= 100 * low) & (100 * low <= lower[1]) & (upper[0] <= 100 * up) & (100 * up <= upper[1])


class _Shares:
    def __init__(self, tables, known):
        self.known = known
        self.rules = known.rules
        ratings, prevalence = tables["ratings"], tables["prevalence_estimates"]
        prevalence = prevalence[prevalence["claim"].str.startswith("cases_")]
        self.why = {
            (row.table, row.row, row.column): row.rule for row in tables["disclosure"].itertuples() if row.action == "hidden"
        }
        groups = tables["prevalence_by_group"]
        printed = [*ratings["cases"], *prevalence["n"], *prevalence["count_low"], *groups["n"]]
        numbers = [int(float(text)) for text in printed if is_count(text)]
        # Whatever is hidden can be as large as this, which is beyond all that anything printed asks of it.
        self.size = 2 * max(numbers, default=0) + 10 * self.rules["threshold"] + 2 * self.rules["minimum_denominator"]
        self.in_care = self._prevalence(prevalence, "cases_in_care")
        self.protection = self._prevalence(prevalence, "cases_child_protection")
        by_question = (ratings["question"] != "lowest").any()
        self.rows, self.lowest, self.texts = {}, {}, {}
        for row in ratings.to_dict("records"):
            key = row["standard"], row["question"], row["care_group"]
            self.texts[key] = row
            if by_question and row["question"] == "lowest":
                self.lowest[row["standard"], row["care_group"]] = row
            else:
                self.rows[key] = self._rating(row, key)

    def _share(self, base, count, label, columns, rates, key):
        table = "ratings" if len(key) == 3 else "prevalence_estimates"
        why = [self.why.get((table, label, column), "") for column in columns]
        return _Share(base, count, why, rates, self.size, self.known, self.known.services.get(key))

    def _rating(self, row, key):
        percentage = _number(row["percentage"])
        rates = {name: row[name] for name in ("se", "lower", "upper", "rating")}
        rates |= {"estimate": HIDDEN if percentage is None else str(percentage / 100)}
        rates |= {"method": "", "level": float(row["level"])}
        return self._share(row["cases"], row["sufficient"], ", ".join(key), ("cases", "sufficient"), rates, key)

    def _prevalence(self, table, claim):
        rows = {row["method"]: row for row in table[table["claim"] == claim].to_dict("records")}
        if not rows:
            return None
        row = _clustered_row(rows)
        rates = {name: row[name] for name in ("estimate", "method")} | {"rating": "", "level": float(row["level"])}
        rates |= {
            name: str(100 * _number(row[name])) if _number(row[name]) is not None else row[name] for name in ("lower", "upper")
        }
        # Not printed itself, but the design effect is: n se^2 / (p (1 - p)) of the printed ones.
        rates["se"] = self._error(row)
        label = claim.removeprefix("cases_")
        return self._share(row["n"], row["count_low"], label, ("n", "count_low"), rates, (claim,))

    @staticmethod
    def _error(row):
        deff, share, base = (_number(row[name]) for name in ("deff", "estimate", "n"))
        if None in (deff, share, base) or not base:
            return BLANK
        return str(100 * np.sqrt(deff * share * (1 - share) / base))

    def found(self):
        groups = {group: self._group(group) for group in GROUPS}
        first, second, third = (groups[group] for group in GROUPS)
        both = _sums(second, third)
        total = self.in_care.allowed.copy() & both[None, :]
        if self.protection:
            total &= self.protection.feasible(self.known.protection_of_all)[:, None]
        everyone, care = np.indices(total.shape)
        rest = everyone - care
        total &= np.where(rest >= 0, first[np.clip(rest, 0, None)], False)
        if not total.any():
            raise AssertionError("nothing fits what is printed: the attacker reads it wrongly")
        found = Found()
        found["all"], found["in_care"] = _set(total.any(axis=1)), _set(total.any(axis=0))
        found["not_in_care"] = {int(value) for value in np.unique(rest[total])}
        care = total.any(axis=0)
        found["in_care_inside"], found["in_care_outside"] = _set(second & _rest(care, third)), _set(third & _rest(care, second))
        if self.protection:
            pairs = _any_of(self.protection, found["all"], self.known.protection_of_all)
            self._add(found, "child_protection", pairs)
        for group in GROUPS:
            self._add_rows(found, group)
        return found

    @staticmethod
    def _add(found, name, allowed):
        pairs = np.argwhere(allowed)
        found[f"{name}, cases"], found[f"{name}, yes"] = _values(pairs[:, 0]), _values(pairs[:, 1])
        found[f"{name}, no"] = _values(pairs[:, 0] - pairs[:, 1])

    def _standards(self, group):
        """The rows of the group, standard by standard."""
        for standard in dict.fromkeys(key[0] for key in self.rows):
            yield standard, {key: row for key, row in self.rows.items() if key[0] == standard and key[2] == group}

    def _tied(self, standard, group, rows):
        """The rows that may be the lowest, where the row of the lowest tells; none where it is hidden."""
        lowest = self.lowest.get((standard, group))
        if lowest is None or not is_count(lowest["cases"]) or not all(row.shown for row in rows.values()):
            return []
        told = ("cases", "sufficient", "percentage", "se", "lower", "upper", "rating")
        return [key for key in rows if all(self.texts[key][name] == lowest[name] for name in told)]

    def _group(self, group):
        """The numbers that the group can have by its own rows."""
        found = np.ones(self.size, dtype=bool)
        for standard, rows in self._standards(group):
            for key, row in rows.items():
                found &= row.feasible(key in self.known.whole)
            if self._tied(standard, group, rows):
                found &= [
                    bool(found[value]) and self._tie(standard, group, rows, value) is not None for value in range(self.size)
                ]
        return found

    def _tie(self, standard, group, rows, value):
        """The pairs of each row, where one of them is the lowest; none where that cannot be."""
        pairs = {key: np.argwhere(row.pairs(value, key in self.known.whole)) for key, row in rows.items()}
        if not all(len(found) for found in pairs.values()):
            return None
        shares = {key: np.where(found[:, 0] > 0, found[:, 1] / np.maximum(found[:, 0], 1), inf) for key, found in pairs.items()}
        kept = {key: np.zeros(len(found), dtype=bool) for key, found in pairs.items()}
        for lowest in self._tied(standard, group, rows):
            others = [key for key in rows if key != lowest]
            fits = shares[lowest] <= min(shares[key].max() for key in others) + _HAIR
            if fits.any():
                kept[lowest] |= fits
                for key in others:
                    kept[key] |= shares[key] >= shares[lowest].min() - _HAIR
        if not any(mask.any() for mask in kept.values()):
            return None
        return {key: found[kept[key]] for key, found in pairs.items()}

    def _add_rows(self, found, group):
        for standard, rows in self._standards(group):
            tied = self._tied(standard, group, rows)
            gathered = {key: np.zeros((self.size, self.size), dtype=bool) for key in rows} if tied else {}
            for value in sorted(found[group]) if tied else []:
                for key, pairs in self._tie(standard, group, rows, value).items():
                    gathered[key][pairs[:, 0], pairs[:, 1]] = True
            for key, row in rows.items():
                allowed = gathered[key] if tied else _any_of(row, found[group], key in self.known.whole)
                self._add(found, ", ".join(key), allowed)


def _clustered_row(rows):
    """The row that the case analysis itself gave; a logit that does not apply says that the error is 0."""
    logit, other = rows["logit_t"], rows["korn_graubard"]
    if logit["lower"] == BLANK and other["lower"] != BLANK:
        return other
    return (
        logit | {"method": HIDDEN}
        if logit["lower"] == HIDDEN
        else logit | {"method": "" if logit["lower"] == BLANK else "logit_t"}
    )


# ---------------------------------------------------------------------------------------------------------------- groups


def attack_groups(tables, known):
    """The possible values of every count behind ``prevalence_by_group``, beside what the other tables leave."""
    table = tables["prevalence_by_group"]
    if table.empty:
        return Found()
    base = _Shares(tables, known)
    whole = base.found()
    why = {(row.row, row.column): row.rule for row in tables["disclosure"].itertuples() if row.table == "prevalence_by_group"}
    found, sizes = Found(), {}
    told = _sizes_told(tables, known)
    for claim, rows in table.groupby("claim", sort=False):
        rows = rows.reset_index(drop=True)
        shares = [_group_row(row, place, why, base, known) for place, row in enumerate(rows.to_dict("records"), start=1)]
        in_care = claim == "cases_in_care"
        every = _totals_of(base, whole, in_care)
        pairs = [share.allowed.copy() for share in shares]
        for place, allowed in enumerate(pairs):
            # A group that is listed has a case, known or not.
            least = 1 if in_care or known.protection_of_all else 0
            allowed[:least, :] = False
            if not in_care:
                names = sizes.get(place) or (whole.get(rows["group"][place]) if rows["group_by"][0] == "care_group" else None)
                if names is not None:
                    _limit(allowed, names, known.protection_of_all)
            if place in told:
                _limit(allowed, told[place], in_care or known.protection_of_all)
        _whole_by_groups(found, claim, every & _sum_of(pairs), whole)
        for place, allowed in enumerate(pairs):
            allowed &= _fitting(every, [other for number, other in enumerate(pairs) if number != place])
        for place, allowed in enumerate(pairs):
            name = f"{claim}, group {place + 1}"
            if in_care:
                sizes[place] = _set(allowed.any(axis=1))
            _Shares._add(found, name, allowed)
    return found


def _sizes_told(tables, known):
    """The numbers of cases of the groups by the judgements of notebook 03, where each applies to every case of a group."""
    judged, table = tables.get("ratings_by_group"), tables["prevalence_by_group"]
    if judged is None or judged.empty or judged["group_by"].iloc[0] != table["group_by"].iloc[0]:
        return {}
    # The rows of a group whose name is hidden stand where its own would.
    rows = judged[is_whole(judged, known)].drop_duplicates("group")
    bands = [band(text, known.rules) for text in rows["cases"]]
    return {place: set(range(low, high + 1)) for place, (low, high) in enumerate(bands) if high < inf}


def is_whole(judged, known):
    """The rows of questions that apply to every case of every care group, so of every other group too."""
    of_all = {(standard, question) for standard, question, _ in known.whole}
    of_all = {key for key in of_all if all((*key, group) in known.whole for group in GROUPS)}
    return [key in of_all for key in zip(judged["standard"], judged["question"], strict=True)]


def _limit(allowed, sizes, whole):
    bases = np.zeros(len(allowed), dtype=bool)
    if whole:
        bases[[size for size in sizes if size < len(bases)]] = True
    else:
        bases[: max(sizes) + 1] = True
    allowed &= bases[:, None]


def _group_row(row, place, why, base, known):
    rates = {name: row[name] for name in ("estimate", "method")} | {"rating": "", "level": float(row["level"])}
    for name in ("lower", "upper", "se"):
        rates[name] = str(100 * _number(row[name])) if _number(row[name]) is not None else row[name]
    label = row["group"] if row["group"] != HIDDEN else f"group {place}"
    share = row["claim"].removeprefix("cases_")
    reasons = [why.get((f"{share}, {label}", column), "") for column in ("n", "count")]
    services = known.services.get((row["claim"], place))
    return _Share(row["n"], row["count"], reasons, rates, base.size, known, services)


def _totals_of(base, whole, in_care):
    """The pairs of base and count that all cases together can have."""
    if in_care:
        pairs = np.zeros((base.size, base.size), dtype=bool)
        total, rest = base.in_care.allowed, whole["not_in_care"]
        for n, k in np.argwhere(total):
            pairs[n, k] = n in whole["all"] and k in whole["in_care"] and (n - k) in rest
        return pairs
    return _any_of(base.protection, whole["all"], base.known.protection_of_all)


def _whole_by_groups(found, claim, every, whole):
    """What the groups tell of the counts of all cases."""
    if claim != "cases_in_care":
        _Shares._add(found, "child_protection", every)
        return
    pairs = np.argwhere(every)
    found |= {"all": _values(pairs[:, 0]), "in_care": _values(pairs[:, 1]), "not_in_care": _values(pairs[:, 0] - pairs[:, 1])}
    inside, outside = whole["in_care_inside"], whole["in_care_outside"]
    found["in_care_inside"] = {one for one in inside if any(care - one in outside for care in found["in_care"])}
    found["in_care_outside"] = {one for one in outside if any(care - one in inside for care in found["in_care"])}


def _sum_of(pairs):
    total = np.zeros_like(pairs[0])
    total[0, 0] = True
    for one in pairs:
        total = (signal.fftconvolve(total.astype(float), one.astype(float)) > 0.5)[: len(total), : len(total)]
    return total


def _fitting(every, others):
    """The pairs that leave, for the others, a sum of what they can have."""
    if not others:
        return every
    rest = _sum_of(others)
    # every - rest: a pair fits where some pair of the rest makes up the whole.
    return (signal.fftconvolve(every.astype(float), rest[::-1, ::-1].astype(float)) > 0.5)[len(every) - 1 :, len(every) - 1 :]


def group_leaks(released, full, known):
    """Every count of a group that the release gives away."""
    rules, found = known.rules, attack_groups(released, known)
    if not found:
        return []
    zeros = attack_groups(blanked(released), known) if rules["zeros"] == "shown" else None
    leaks = []
    for claim, rows in full["prevalence_by_group"].groupby("claim", sort=False):
        shown = released["prevalence_by_group"].loc[rows.index]
        for place, (row, seen) in enumerate(zip(rows.to_dict("records"), shown.to_dict("records"), strict=True), start=1):
            n, k = int(row["n"]), int(row["count"])
            for part, truth, cell in (("cases", n, seen["n"]), ("yes", k, seen["count"]), ("no", n - k, None)):
                name = f"{claim}, group {place}, {part}"
                leak = _leak(name, truth, cell, rules, found, zeros)
                leaks += [leak] if leak else []
    printed = _printed(released)
    for name, truth in share_truths(full, known).items():
        leak = _leak(name, truth, printed.get(name), rules, found, zeros) if name in found else None
        leaks += [leak] if leak else []
    return leaks


def _leak(name, truth, cell, rules, found, zeros):
    assert truth in found[name], f"the attacker rules out the truth of {name}"
    if is_small(truth, rules):
        least = 1 if zeros is None else max(1, min(value for value in zeros[name] if value))
        lacking = found.impossible(name, range(least, least + rules["threshold"] - 1))
        return Leak(name, truth, tuple(lacking), "a small count") if lacking else None
    if cell == HIDDEN and len(found[name]) < rules["threshold"]:
        return Leak(name, truth, (), f"a secondary count with {len(found[name])} values")
    return None


def _set(mask):
    return set(np.flatnonzero(mask).tolist())


def _values(values):
    return set(np.unique(values).tolist())


def _any_of(row, values, whole):
    mask = np.zeros(len(row.allowed), dtype=bool)
    if whole:
        mask[sorted(values)] = True
    else:
        mask[: max(values) + 1] = True
    return row.allowed & mask[:, None]


def _sums(first, second):
    found = np.zeros(len(first), dtype=bool)
    for value in np.flatnonzero(first):
        found[value:] |= second[: len(second) - value]
    return found


def _rest(total, part):
    """The values whose sum with one of `part` is one of `total`."""
    found = np.zeros(len(total), dtype=bool)
    for value in np.flatnonzero(part):
        found[: len(total) - value] |= total[value:]
    return found


# ----------------------------------------------------------------------------------------------------------- comparisons

# The tables of notebook 03 that are made of cases, and the columns that name groups.
COMPARED = {
    "ratings_weighted": ("group",),
    "rating_comparisons": ("group", "reference"),
    "rating_ordinal": ("group", "reference"),
    "rating_probabilities": ("group",),
    "rating_lowest": ("group",),
    "rating_whole_table": (),
    "inspector_agreement": (),
    "inspector_lowest": ("group",),
}
_KEYS = {"standard", "question", "group", "reference", "adjusted_for", "weights", "family", "measure", "method", "judgement"}
_FOURFOLD = ("both_yes", "first_only", "second_only", "both_no")
_COUNTS = ("cases", "sufficient", "reference_cases", "pairs", *_FOURFOLD)


def comparison_leaks(released, full, known):
    """What the other tables of notebook 03 tell of counts that ``ratings`` hides, and counts of their own that are small."""
    ratings = released["ratings"]
    hidden = {
        (row["standard"], row["question"], row["care_group"])
        for row in ratings.to_dict("records")
        if HIDDEN in (row["cases"], row["sufficient"])
    }
    standards = tuple(dict.fromkeys(ratings["standard"]))
    leaks = []
    for name, columns in COMPARED.items():
        true = {_key(row): row for row in full[name].to_dict("records")}
        rows = released[name].to_dict("records")
        for row in rows:
            label = f"{name}: {', '.join(map(str, _key(row)))}"
            # Which question is the lowest rests on all of them.
            question = row["question"] if row.get("question") in QUESTIONS else "lowest"
            rests = {
                (standard, question, row[column])
                for standard in ([row["standard"]] if "standard" in row else standards)
                for column in columns
            }
            printed = [column for column, text in row.items() if column not in _KEYS | {"level", "evidence"} and text != HIDDEN]
            if printed and (rests & hidden if columns else hidden):
                leaks.append(Leak(label, -1, (), f"{printed[0]} rests on a hidden count"))
            for column in set(printed) & set(_COUNTS) & set(true.get(_key(row), ())):
                count = int(float(true[_key(row)][column]))
                if is_small(count, known.rules) and not (column == "pairs" and not count):
                    leaks.append(Leak(label, count, (), f"{column} is small"))
        if "group" in columns and "reference" not in columns and rows:
            lacking = {group for _, _, group in hidden} - {row["group"] for row in rows}
            leaks += [Leak(f"{name}: {group}", 0, (), "only a group without a case has no row") for group in sorted(lacking)]
    return [*leaks, *_agreement_leaks(released["inspector_agreement"], full, known)]


def _key(row):
    return tuple(value for column, value in row.items() if column in _KEYS and value != BLANK)


def _agreement_leaks(table, full, known):
    """Small counts that follow from what two inspectors said of some cases, and from what the first one said of all."""
    true = {row["judgement"]: row for row in full["inspector_agreement"].to_dict("records")}
    shown = [row["judgement"] for row in table.to_dict("records") if row["pairs"] != HIDDEN]
    ratings = full["ratings"]
    for judgement in shown:
        standard, _, question = judgement.partition("_")
        rows = ratings[(ratings["standard"] == standard) & (ratings["question"] == (question or "lowest"))]
        if rows.empty or (not question and (ratings["question"] != "lowest").any()):
            continue
        cases, yes = (int(rows[name].astype(float).sum()) for name in ("cases", "sufficient"))
        both_yes, first_only, second_only, both_no = (int(float(true[judgement][part])) for part in _FOURFOLD)
        once = {"yes": yes - both_yes - first_only, "no": cases - yes - second_only - both_no}
        for answer, count in once.items() if any(once.values()) else ():
            if is_small(count, known.rules):
                yield Leak(f"{judgement}, read once, {answer}", count, (), "a difference of two tables")
    parts = [name for name in true if name != "all"]
    if "all" in shown and len(set(parts) - set(shown)) == 1:
        yield Leak(f"{(set(parts) - set(shown)).pop()}, read twice", -1, (), "the only hidden part of a shown total")


def told(released, full, known):
    """The release, and the reader, where he knows each count that is shown to the case.

    All else that is printed of a share follows from its counts and from how its cases lie in services. So of shown counts
    this reader needs no rate, and he finds whatever one finds who works out the counts from the rates.
    """
    tables = dict(released)
    counts = {
        "ratings": ("cases", "sufficient"),
        "prevalence_estimates": ("n", "count_low"),
        "prevalence_by_group": ("n", "count"),
    }
    for name, columns in counts.items():
        table = released[name].copy()
        shown = table[list(columns)].map(is_count)
        for column in columns:
            table[column] = table[column].where(~shown[column], full[name][column].loc[table.index])
        rates = {"percentage", "estimate", "se", "lower", "upper", "rating", "deff", "n_effective"} & set(table.columns)
        rates |= {"method"} if name == "prevalence_by_group" else set()
        table.loc[shown.all(axis=1), sorted(rates)] = HIDDEN
        tables[name] = table
    return tables, full, replace(known, exact=True)


# ------------------------------------------------------------------------------------------------------------- fieldwork

# Beyond any list that is attacked here; a switch that takes a limit away adds this.
_FAR = 20_000


def attack_fieldwork(tables, known):
    """The possible values of each count of ``fieldwork_scope`` and ``fieldwork_allocation``: a function of name and value."""
    return _Fieldwork(tables, known)


class _Fieldwork:
    """An integer program: listed = all parts; eligible = sum of strata; twice is part of all hosted."""

    def __init__(self, tables, known):
        self.rules = known.rules
        self.why = {
            (row.table, row.row, row.column): row.rule for row in tables["disclosure"].itertuples() if row.action == "hidden"
        }
        steps = dict(zip(tables["fieldwork_scope"]["step"], tables["fieldwork_scope"]["cases"], strict=True))
        allocation = tables["fieldwork_allocation"]
        rows = {(row["area"], row["arm"]): row for row in allocation[allocation["eligible"] != UNKNOWN].to_dict("records")}
        self.areas = list(dict.fromkeys(area for area, _ in rows))
        self.strata = [f"{area}, {arm}" for area, arm in rows]
        self.names = [*steps, "eligible_once", "hosted_once", *self.strata, *(f"which arm of {area}" for area in self.areas)]
        self.place = {name: number for number, name in enumerate(self.names)}
        self.low, self.high = np.zeros(len(self.names)), np.full(len(self.names), float(_FAR))
        self.rows, self.least, self.most = [], [], []
        for step, text in steps.items():
            if step == "eligible_twice" and len(self.areas) == 1:
                # Nothing can be placed from one area into another, as everybody knows.
                continue
            self._bound(step, *band(text, self.rules, self.why.get(("fieldwork_scope", step, "cases"), "")))
        if len(self.areas) == 1:
            # Nobody is placed from the only area into another of the areas.
            self._bound("eligible_twice", 0, 0)
        self._row({"listed": 1} | {step: -1 for step in steps if step not in ("listed", "eligible_twice")}, 0, 0)
        self._row({"eligible": 1, "eligible_twice": -1, "eligible_once": -1}, 0, 0)
        self._row({"eligible": 1} | dict.fromkeys(self.strata, -1), 0, 0)
        hosted = [f"{area}, {arm}" for area, arm in rows if arm == "hosted"]
        self._row({"eligible_twice": 1, "hosted_once": 1} | dict.fromkeys(hosted, -1), 0, 0)
        for area in self.areas:
            self._area(area, {arm: rows[area, arm] for arm in ARMS})
        policies = tables["fieldwork_policies"].to_dict("records") if "fieldwork_policies" in tables else []
        for row in policies:
            self._drawn(*self._arms(row), row)

    @staticmethod
    def _arms(row):
        """The names of a stratum and of the other one of its area."""
        return tuple(f"{row['area']}, {arm}" for arm in sorted(ARMS, key=lambda arm: arm != row["arm"]))

    def _bound(self, name, low, high):
        place = self.place[name]
        self.low[place], self.high[place] = max(self.low[place], low), min(self.high[place], high)

    def _row(self, factors, least, most):
        self.rows.append([factors.get(name, 0) for name in self.names])
        self.least.append(least)
        self.most.append(most)

    def _area(self, area, rows):
        switch = f"which arm of {area}"
        self._bound(switch, 0, 1)
        for arm, row in rows.items():
            name, other = f"{area}, {arm}", f"{area}, {ARMS[arm == ARMS[0]]}"
            why = self.why.get(("fieldwork_allocation", name, "eligible"), "")
            self._bound(name, *band(row["eligible"], self.rules, why))
            self._drawn(name, other, row)
            self._note(name, other, row.get("note", HIDDEN), int(row["requested"]))
            self._weight(name, row)
        if not self.rules["areas"]:
            return
        asked = int(next(iter(rows.values()))["requested"])
        # The numbers drawn are shown where what is printed of both arms leaves no doubt that they reach the number
        # asked for, and nowhere else. Elsewhere, hidden beside two such arms, they would fall short all the same.
        shown = [row["drawn"] for row in rows.values()]
        names = [f"{area}, {arm}" for arm in rows]
        certain = all(
            is_count(row["eligible"]) and self.low[self.place[name]] >= asked
            for name, row in zip(names, rows.values(), strict=True)
        )
        if certain and not any(map(is_count, shown)):
            self._row({names[0]: 1, switch: -_FAR}, -inf, asked - 1)
            self._row({names[1]: 1, switch: _FAR}, -inf, asked - 1 + _FAR)

    def _drawn(self, name, other, row):
        asked = int(row["requested"])
        if is_count(row["drawn"]):
            drawn = int(float(row["drawn"]))
            self._bound(name, drawn, drawn if drawn < asked else inf)
            if drawn > asked:
                self._bound(other, 0, asked - 1)
        if is_count(row["shortfall"]) and float(row["shortfall"]):
            self._bound(name, asked - float(row["shortfall"]), asked - float(row["shortfall"]))
        if is_count(row["topped_up"]) and float(row["topped_up"]):
            self._bound(name, asked + float(row["topped_up"]), inf)
            self._bound(other, 0, asked - 1)

    def _note(self, name, other, note, asked):
        """What a note says of the sizes of its area."""
        if note == "no case to choose from":
            self._bound(name, 0, 0)
        elif note.startswith("fewer cases"):
            self._bound(name, 1, asked - 1)
        elif note.startswith("fills"):
            self._bound(name, asked + 1, inf)
            self._bound(other, 0, asked - 1)

    def _weight(self, name, row):
        """A weight that is not that of the printed number gives the true one."""
        for text, invert in ((row["weight"], False), (row["inclusion_probability"], True)):
            weight = _number(text)
            if weight and np.isfinite(weight):
                weight = 1 / weight if invert else weight
                drawn = int(float(row["drawn"])) if is_count(row["drawn"]) else int(row["requested"])
                if not (is_count(row["eligible"]) and abs(float(row["eligible"]) / drawn - weight) < _HAIR):
                    self._bound(name, round(weight * drawn), round(weight * drawn))

    def allows(self, name, value):
        """Whether the count can have this value."""
        low, high = self.low.copy(), self.high.copy()
        place = self.place[name]
        if not low[place] <= value <= high[place]:
            return False
        low[place] = high[place] = value
        for presolve in (True, False):
            result = milp(
                np.zeros(len(self.names)),
                integrality=np.ones(len(self.names)),
                bounds=Bounds(low, high),
                constraints=LinearConstraint(np.array(self.rows, dtype=float), self.least, self.most),
                options={"presolve": presolve},
            )
            if result.x is not None:
                return True
        return False


# ------------------------------------------------------------------------------------------------------------- estimates


def estimate_leaks(strata, release, rules, tries=12, seed=0):
    """The answers that a release gives away to a reader who knows, of each stratum, all but its number of yes.

    What he reckons with is proven: a number of yes is possible where some cases with it give the very same release. So a
    leak may only be a failure to find such cases among a few tries, but an answer that is not named is safe.

    Parameters
    ----------
    strata : DataFrame
        ``fieldwork_response_by_stratum``, with the truth.
    release : callable
        From the numbers of yes to all that is released, as text.

    Yields
    ------
    Leak
    """
    judged, truth = (strata[name].to_numpy(dtype=int) for name in ("judged", "yes"))
    rng, seen = np.random.default_rng(seed), release(truth)
    every = np.stack(np.meshgrid(*[np.arange(number + 1) for number in judged], indexing="ij"), -1).reshape(-1, len(judged))
    every = every[rng.permutation(len(every))]
    every = every[np.argsort(_distance(strata, every, truth), kind="stable")]
    witnesses = [truth]
    for place, row in enumerate(strata.to_dict("records")):
        for value in range(judged[place] + 1):
            if any(found[place] == value for found in witnesses):
                continue
            likely = every[every[:, place] == value][:tries]
            found = next((cases for cases in likely if release(cases) == seen), None)
            if found is None:
                yield Leak(f"yes of {row['area']}, {row['arm']}", int(truth[place]), (value,), "an answer of a stratum")
            else:
                witnesses.append(found)
    for group, members in _groups(strata).items():
        for answer, counts in (("yes", np.array(witnesses)), ("no", judged - np.array(witnesses))):
            totals = set(counts[:, members].sum(axis=1).tolist())
            if len(totals) == 1 and is_small(min(totals), rules):
                yield Leak(f"{answer} of {group}", min(totals), (), "a small total with one value")


def _groups(strata):
    return {"all": np.ones(len(strata), dtype=bool)} | {arm: (strata["arm"] == arm).to_numpy() for arm in ARMS}


def _distance(strata, every, truth):
    """How far the shares of these cases, in all groups, are from those of the true ones; 0 in the same twentieth."""
    counts = {name: strata[name].to_numpy(dtype=float) for name in ("eligible", "worked", "judged", "missing")}
    judged = np.maximum(counts["judged"], 1)
    weight = counts["eligible"] / np.maximum(counts["worked"], 1) * (counts["judged"] + counts["missing"]) / judged
    distance = np.zeros(len(every))
    for members in _groups(strata).values():
        total = max((weight * counts["judged"])[members].sum(), 1)
        shares, share = ((cases[..., members] * weight[members]).sum(axis=-1) / total for cases in (every, truth))
        distance += np.abs(np.floor(20 * shares + 0.5 + _HAIR) - np.floor(20 * share + 0.5 + _HAIR))
    return distance


# ---------------------------------------------------------------------------------------------------------- the judgement


@dataclass(frozen=True)
class Leak:
    """A count that the release gives away: values that it ought to be able to have, and cannot."""

    name: str
    truth: int
    lacking: tuple
    why: str

    def __str__(self):
        return f"{self.name} (true {self.truth}): {self.why}; lacking {list(self.lacking)}"


def is_small(value, rules):
    return (0 if rules["zeros"] == "hidden" else 1) <= value < rules["threshold"]


def blanked(tables):
    """The same release with every count but the zeros hidden: what the zeros alone tell."""
    ratings, prevalence, groups = (tables[name].copy() for name in ("ratings", "prevalence_estimates", "prevalence_by_group"))
    for table, columns in (
        (ratings, ("cases", "sufficient")),
        (prevalence, ("n", "count_low", "count_high")),
        (groups, ("n", "count")),
    ):
        for column in columns:
            table[column] = [text if text in ("0", "0.0", BLANK) else HIDDEN for text in table[column]]
    rates = ("percentage", "se", "lower", "upper", "rating", "estimate", "deff", "n_effective")
    for table in (ratings, prevalence, groups):
        for column in rates:
            if column in table:
                table[column] = HIDDEN
    groups["method"] = HIDDEN
    tables = {name: table for name, table in tables.items() if name != "ratings_by_group"}
    return tables | {"ratings": ratings, "prevalence_estimates": prevalence, "prevalence_by_group": groups}


def share_truths(full, known):
    """The true counts behind the shares, by the names of `attack_shares`, and which of them are printed."""
    ratings, prevalence = full["ratings"], full["prevalence_estimates"]
    by_question = (ratings["question"] != "lowest").any()
    truths, groups = {}, {}
    for row in ratings.to_dict("records"):
        key = row["standard"], row["question"], row["care_group"]
        if by_question and row["question"] == "lowest":
            continue
        n, k = int(float(row["cases"])), int(float(row["sufficient"]))
        truths |= _truths(", ".join(key), n, k)
        groups.setdefault(row["care_group"], set())
        if key in known.whole:
            groups[row["care_group"]].add(n)
    for row in prevalence[prevalence["claim"].str.startswith("cases_")].to_dict("records"):
        n, k = int(float(row["n"])), int(float(row["count_low"]))
        if row["claim"] == "cases_in_care":
            truths |= {"all": n, "in_care": k, "not_in_care": n - k}
        else:
            truths |= _truths("child_protection", n, k)
    for group, sizes in groups.items():
        if sizes:
            (truths[group],) = sizes
    return truths


def _truths(name, n, k):
    return {f"{name}, cases": n, f"{name}, yes": k, f"{name}, no": n - k}


def share_leaks(released, full, known):
    """Every count behind the shares that the release gives away."""
    rules, found, truths = known.rules, attack_shares(released, known), share_truths(full, known)
    zeros = attack_shares(blanked(released), known) if rules["zeros"] == "shown" else None
    printed = _printed(released)
    leaks = []
    for name, truth in truths.items():
        leak = _leak(name, truth, printed.get(name), rules, found, zeros)
        leaks += [leak] if leak else []
    return leaks


def _printed(tables):
    printed = {}
    for row in tables["ratings"].to_dict("records"):
        name = ", ".join((row["standard"], row["question"], row["care_group"]))
        printed |= {f"{name}, cases": row["cases"], f"{name}, yes": row["sufficient"]}
    for row in tables["prevalence_estimates"].to_dict("records"):
        if row["claim"] == "cases_in_care":
            printed |= {"all": row["n"], "in_care": row["count_low"]}
        elif row["claim"] == "cases_child_protection":
            printed |= {"child_protection, cases": row["n"], "child_protection, yes": row["count_low"]}
    return printed


def fieldwork_leaks(released, full, known):
    """Every count of the fieldwork that the release gives away."""
    rules, reader = known.rules, attack_fieldwork(released, known)
    truths = {row["step"]: int(row["cases"]) for row in full["fieldwork_scope"].to_dict("records")}
    allocation = full["fieldwork_allocation"]
    strata = allocation[allocation["eligible"] != UNKNOWN].to_dict("records")
    truths |= {f"{row['area']}, {row['arm']}": int(float(row["eligible"])) for row in strata}
    hosted = sum(int(float(row["eligible"])) for row in strata if row["arm"] == "hosted")
    truths |= {"eligible_once": truths["eligible"] - truths["eligible_twice"], "hosted_once": hosted - truths["eligible_twice"]}
    hidden = {row["step"] for row in released["fieldwork_scope"].to_dict("records") if row["cases"] == HIDDEN}
    hidden |= {
        f"{row['area']}, {row['arm']}" for row in released["fieldwork_allocation"].to_dict("records") if row["eligible"] == HIDDEN
    }
    if len(reader.areas) == 1:
        # Always 0, and then these are other counts of the table: nothing of a child.
        for name in ("eligible_twice", "eligible_once", "hosted_once"):
            del truths[name]
    leaks = []
    for name, truth in truths.items():
        assert reader.allows(name, truth), f"the attacker rules out the truth of {name}"
        if is_small(truth, rules):
            least = 1
            if rules["zeros"] == "shown":
                least = next(value for value in range(1, 4 * rules["threshold"]) if _zeros_allow(released, known, name, value))
            lacking = [value for value in range(least, least + rules["threshold"] - 1) if not reader.allows(name, value)]
            if lacking:
                leaks.append(Leak(name, truth, tuple(lacking), "a small count"))
        elif name in hidden and not _has(reader, name, truth, rules["threshold"]):
            leaks.append(Leak(name, truth, (), "a secondary count with too few values"))
    return leaks


def _zeros_allow(released, known, name, value):
    scope, allocation = released["fieldwork_scope"].copy(), released["fieldwork_allocation"].copy()
    scope["cases"] = [text if text == "0" else HIDDEN for text in scope["cases"]]
    for column in ("eligible", "drawn", "topped_up", "shortfall", "inclusion_probability", "weight", "note"):
        allocation[column] = [text if text in ("0", UNKNOWN) and column == "eligible" else HIDDEN for text in allocation[column]]
    rules = known.rules | {"areas": False}
    tables = released | {"fieldwork_scope": scope, "fieldwork_allocation": allocation}
    tables.pop("fieldwork_policies", None)
    return _Fieldwork(tables, _Plain(rules)).allows(name, value)


@dataclass(frozen=True)
class _Plain:
    rules: dict


def _has(reader, name, truth, number):
    seen = 0
    for value in sorted(range(max(0, truth - 4 * number), truth + 4 * number), key=lambda value: abs(value - truth)):
        seen += reader.allows(name, value)
        if seen >= number:
            return True
    return False
