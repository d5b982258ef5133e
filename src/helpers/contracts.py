"""The tables that outsiders rely on: their columns, in order, and what each means."""

from helpers.errors import InputError, did_you_mean

EVIDENCE = {"evidence": "`published`, `synthetic` or `supplied`"}
_LIMITS = {"lower": "lower limit, fraction", "upper": "upper limit, fraction", "level": "confidence level"}
_OUT_OF_COURT = {
    "court_share": "assumed share of starts that were court orders; the others were cautions",
    "in_care_at_start": "assumed part of the 26% that was in care already when the sentence began; 1: as published",
    "uncertainty": "`point` (figures as printed), `rounding`, or `rounding_and_sampling` (rounding and the headline interval)",
    "feasible": "whether any share among cautions fits",
    "estimate": "share among cautions, of `point` alone, fraction",
    "lower": "least share that is possible",
    "upper": "greatest share that is possible",
    "cut": "which part of the range contradicts the assumptions and is left out: `below 0`, `above 1`, or both; `[z]`: none",
    "level": "confidence level of the headline interval",
    "assumes": "what is assumed and is not in the letter",
} | EVIDENCE

_BANDS = {
    "p_inadequate": "probability that the population's share lies in this band (Beta with the effective number of cases)",
    "p_requires_improvement": "as above",
    "p_good": "as above",
    "p_outstanding": "as above",
}
_ASSUMES = {"assumes": "what is assumed and is not in the letter"}

TABLES: dict[str, dict[str, str]] = {
    "fieldwork_allocation": {
        "area": "fieldwork area",
        "arm": "`hosted` (supervised here for another authority) or `placed_out` (this authority's child, supervised elsewhere)",
        "eligible": "cases in the stratum",
        "requested": "cases asked for",
        "drawn": "cases drawn, top-ups included",
        "topped_up": "cases drawn beyond those requested, to fill the area's other arm",
        "shortfall": "cases asked for and not there",
        "inclusion_probability": "drawn / eligible",
        "weight": "eligible / drawn",
        "note": "why the number drawn is not the one asked for; `[z]` where it is",
    }
    | EVIDENCE,
    "fieldwork_sites": {
        "area": "area visited, or one of the table that they were selected from",
        "size": "the size that it was selected by, such as the number of children's homes; `[x]`: not published, or not given",
        "rank": "place by size, from 1 for the highest",
        "role": "`highest`, `contrast` or `not_chosen` by our own rule; `concentration` or `very_few` (children placed "
        "there) in the words of the release; `named`",
        "rule": "who chose, and by what",
    }
    | EVIDENCE,
    "fieldwork_policies": {
        "policy": "`top_up` or `accept`: what is done where an arm has fewer cases than asked for",
        "area": "fieldwork area",
        "arm": "`hosted` or `placed_out`",
        "requested": "cases asked for",
        "drawn": "cases that would be drawn",
        "topped_up": "of them, beyond those requested",
        "shortfall": "cases asked for and not there",
    }
    | EVIDENCE,
    "fieldwork_supplementary": {
        "area": "area outside the main fieldwork",
        "arm": "`hosted` or `placed_out`",
        "eligible": "cases in the stratum that the main fieldwork leaves",
        "requested": "cases asked for",
        "drawn": "cases drawn; they have no weight and enter no estimate",
    }
    | EVIDENCE,
    "fieldwork_response": {
        "group": "`all`, `hosted` or `placed_out`",
        "worked": "cases of the sample and reserves used",
        "judged": "of them, inspected with a known outcome",
        "missing": "of them, eligible (as far as is known) and not judged; the five causes follow",
        "not_judged": "inspected, outcome blank",
        "refused": "refused",
        "file_unusable": "file unusable",
        "replaced": "replaced, without another reason",
        "no_return": "drawn, and nothing came back",
        "found_ineligible": "of those worked, found not to be eligible",
        "reserves_used": "of those worked, reserves",
        "response_rate": "judged / (judged + missing)",
    }
    | EVIDENCE,
    "fieldwork_estimates": {
        "outcome": "yes/no outcome that is estimated",
        "group": "`all`, `hosted`, `placed_out` or `hosted_minus_placed_out`",
        "population": "`finite`: the eligible cases listed, with finite population correction; `super`: without it",
        "method": "`logit_t`, `korn_graubard`, each also with `_satterthwaite` degrees of freedom; or `unweighted`",
        "estimate": "weighted share of yes, fraction; for the difference, hosted minus placed out",
        "se": "standard error, fraction",
        "df": "degrees of freedom: cases judged less strata, or Satterthwaite's; of a difference, limits use those of its arms",
    }
    | _LIMITS
    | {
        "least": "the estimate if every missing judgement were no, strata left out included; for the difference, the least",
        "greatest": "the estimate if every one were yes; for the difference, the greatest. Neither holds sampling error",
        "judged": "cases judged, of the group",
        "missing": "eligible cases worked and not judged",
        "note": "what the numbers do not say by themselves, such as why there is none",
        "stands_for": "what the estimate is of, and what it is not",
    }
    | EVIDENCE,
    "fieldwork_sample_size": {
        "population": "cases to choose from; `inf`: very many",
        "margin": "half width wanted, fraction",
        "level": "confidence level",
        "icc": "assumed correlation of cases in one arm of an area; 0 where the list is the population",
        "rho_between_arms": "assumed correlation of cases in different arms of one area",
        "deff": "design effect",
        "cases_needed": "cases that this margin needs, with finite population correction, rounded up once",
        "areas_needed": "areas that hold them, with the design's cases in each",
        "cases_in_these_areas": "cases needed if there are only the areas of the design; `inf`: no number is enough",
        "cases_asked": "cases of the design",
        "margin_of_design": "half width that they give in this population, fraction",
        "assumes": "what is assumed and is in neither document",
    }
    | EVIDENCE,
    "fieldwork_shortfall": {
        "expected_cases": "assumed mean number of cases in a stratum",
        "overdispersion": "variance of that number over its mean; 1 is Poisson",
        "shortfall": "policy: `top_up` or `accept`",
        "requested": "cases of the design",
        "expected_missing": "cases that would be missing on average",
        "sd_missing": "standard deviation of that number",
        "probability_all_met": "chance that none is missing",
        "assumes": "what is assumed and is in neither document",
    }
    | EVIDENCE,
    "fieldwork_reserves": {
        "usable": "assumed share of cases drawn that can be judged",
        "assurance": "chance wanted that a stratum reaches its number",
        "reserves_needed": "reserves of a stratum that give it",
        "probability": "chance that one stratum reaches its number with them",
        "probability_all": "chance that every stratum does",
        "reserves_drawn": "reserves of a stratum that the design draws",
        "probability_drawn": "chance that one stratum does with those",
        "probability_without": "chance that one stratum does without reserves",
        "assumes": "what is assumed and is in neither document",
    }
    | EVIDENCE,
    "fieldwork_scope": {
        "step": "`listed`; its parts `out_of_scope`, `opened_outside` and `opened_unknown` (where `opened_from` or `opened_to` "
        "is given), `not_looked_after` and `looked_after_unknown` (where eligibility is limited to children looked after), "
        "`same_child` (where the list names children) and `eligible`; and `eligible_twice`",
        "meaning": "which cases these are",
        "cases": "cases",
    }
    | EVIDENCE,
    "fieldwork_precision": {
        "group": "`all`, `hosted`, `placed_out` or `hosted_minus_placed_out`",
        "icc": "assumed correlation of cases in one area",
        "deff": "design effect",
        "n_effective": "cases / design effect; for the difference, of one arm",
        "level": "confidence level",
        "half_width": "half width of the interval at a proportion of one half, fraction",
        "minimum_detectable_difference": "least rise of one arm from one half found with power 0.8, fraction; `inf`: none is",
        "reading": "`normal` or `t`: which distribution gives the half width",
        "df": "degrees of freedom; `inf` for the normal",
        "rho_between_arms": "assumed correlation of cases in different arms of one area",
        "assumes": "what is assumed and is in neither document",
    }
    | EVIDENCE,
    "prevalence_figures": {
        "claim": "claim that prints the figure",
        "printed": "figure as printed",
        "kind": "`administrative total`, `estimate of unknown method`, `inspected share` or `count printed in full`",
        "reading": "how its rounding is read; the letter does not say how it rounded",
        "low": "least value that this reading leaves; shares are fractions",
        "high": "values lie below this; of a count printed in full, the count",
        "sampling": "whether an interval of chance means anything, and why",
    }
    | EVIDENCE,
    "prevalence_quotients": {
        "quotient": "name of our own quotient of two figures",
        "reading": "how their rounding is read",
        "estimate": "quotient of the figures as printed; `[z]` where one is printed as nearly so many",
        "lower": "least quotient that the rounding leaves",
        "upper": "greatest quotient that it leaves",
        "assumes": "what is assumed and is not in the letter",
    }
    | EVIDENCE,
    "prevalence_estimates": {
        "claim": "claim that prints the figure, or the name of our own quotient; of a list of cases, `cases_in_care` or "
        "`cases_child_protection`",
        "method": "`wilson`, `clopper_pearson`, `jeffreys`, `coarsened_jeffreys`, `logit_t`, `korn_graubard` or `quotient`",
        "rounding": "`ignored` or `included`",
        "icc": "assumed correlation of cases in one service; of a list of cases, the one that its design effect stands for",
        "count_low": "least count that the printed per cent allows",
        "count_high": "greatest count that it allows",
        "n": "cases taken as the base",
        "deff": "design effect",
        "n_effective": "n / deff",
        "estimate": "the share, fraction",
    }
    | _LIMITS
    | {"assumes": "what is assumed and is not in the letter"}
    | EVIDENCE,
    "prevalence_joint": {
        "set": "`both`, `either`, `neither`, `in_care_only`, `protection_only`; or a share of a share, "
        "`protection_among_in_care`, `in_care_among_protection`",
        "count_low": "least number of cases",
        "count_high": "greatest number of cases",
        "n": "cases taken as the base of both shares",
        "lower": "least share, fraction",
        "upper": "greatest share, fraction",
        "assumes": "what is assumed and is not in the letter",
    }
    | EVIDENCE,
    "prevalence_sensitivity": {
        "claim": "claim that prints the share",
        "assumption": "what differs from the headline interval; `headline` itself has nothing that differs",
        "value": "what is assumed instead",
        "count_low": "least count that the printed per cent allows",
        "count_high": "greatest count that it allows",
        "n": "cases taken as the base",
        "clusters": "services that they lie in",
        "deff": "design effect, finite population correction included",
        "n_effective": "n / deff",
        "df": "degrees of freedom of Student's t; `inf`: normal",
        "estimate": "the share, fraction",
        "lower": "lower limit, fraction",
        "upper": "upper limit, fraction",
        "width": "upper less lower",
        "level": "confidence level",
        "note": "what that means",
    }
    | EVIDENCE,
    "prevalence_by_group": {
        "claim": "`cases_in_care` or `cases_child_protection`",
        "group_by": "column of the list that groups its cases",
        "group": "value of that column; `[c]` where the number of its cases is hidden",
        "count": "cases of the group with the property",
        "n": "cases of the group with a known answer",
        "estimate": "count / n",
        "se": "standard error with services as clusters, fraction",
        "deff": "design effect",
        "lower": "lower limit, fraction",
        "upper": "upper limit, fraction",
        "method": "`logit_t`; `korn_graubard` where the error is 0 (services then count for nothing); `[z]` without an error",
        "level": "confidence level",
    }
    | EVIDENCE,
    "out_of_court_prevalence": _OUT_OF_COURT,
    "out_of_court_curve": _OUT_OF_COURT,
    "court_share_limits": {
        "in_care_at_start": "assumed part of the 26% that was in care already when the sentence began",
        "uncertainty": "`point`, `rounding` or `rounding_and_sampling`",
        "least_court_share": "least share of starts that can have been court orders, by the nearly 700 custodial starts",
        "greatest_court_share": "greatest share of starts that can have been court orders",
        "least_caution_share": "1 less that; 0: nothing is ruled out",
        "direction": "whether the share among cautions `falls` or `rises` with the court share; or `not_identified`",
    }
    | EVIDENCE,
    "prevalence_simulation": {
        "quantity": "`looked_after_share_of_starts`, `ratio_to_general_population` or `out_of_court_prevalence`",
        "in_care_at_start": "assumed part of the 26% in care when the sentence began; `[z]` where it plays no part",
        "court_share": "assumed share of starts that were court orders; `[z]` where it plays no part",
        "probability": "share of the draws kept that lie below the quantile",
        "quantile": "of the draws kept; `[z]` where fewer than 100 are",
        "monte_carlo_error": "error of the quantile from so many draws",
        "bound_lower": "least value: of the two quotients what rounding leaves, of the share among cautions the set with "
        "rounding and sampling, at its confidence; `[z]` where that is empty",
        "bound_upper": "greatest value; a simulation never stands in for bounds",
        "impossible": "share of draws that contradict the assumptions; they are left out, not moved",
        "draws": "draws made",
        "seed": "seed of the draws",
        "assumes": "distributions declared, and what else is assumed",
    }
    | EVIDENCE,
    "population_ratios": {
        "comparison": "`looked_after_starts` (4,500 of 24,000) or `in_care_during_sentence` (26%)",
        "step": "`as_published`, or the one caveat that is allowed for",
        "share": "share compared, fraction",
        "rate_per_10000": "children looked after for each 10,000 of the general population",
        "estimate": "share / rate: a ratio of two published rates, and no relative risk",
        "lower": "least ratio that rounding leaves",
        "upper": "greatest ratio that rounding leaves",
        "factor": "estimate over that of `as_published`",
        "rests_on": "figures from outside the letter, each marked read, press, inferred or recalled",
        "note": "what the caveat is, and what would be needed where its size is not known",
    }
    | EVIDENCE,
    "rating_order": {
        "group": "care group",
        "reference": "care group that it is compared with",
        "lower": "standards in which the group is rated lower",
        "same": "standards in which both are rated the same",
        "higher": "standards in which the group is rated higher",
        "standards": "standards compared",
        "lower_in": "the standards in which the group is rated lower, or `none`",
        "higher_in": "the standards in which the group is rated higher, or `none`",
    }
    | EVIDENCE,
    "rating_bounds": {
        "standard": "assessment, planning, delivery or reviewing",
        "group": "care group",
        "reference": "care group that it is compared with",
        "convention": "`rounded`, `threshold`, `integer` or `discretion`: how a percentage becomes a rating",
        "difference_lower": "lower bound of group minus reference, fraction; reached under `integer` only",
        "difference_upper": "upper bound of group minus reference, fraction",
        "ratio_lower": "lower bound of group / reference",
        "ratio_upper": "upper bound of group / reference",
        "odds_ratio_lower": "lower bound of the odds ratio",
        "odds_ratio_upper": "upper bound of the odds ratio",
        "sign": "`lower`, `higher` or `not_identified`",
        "assumes": "what is assumed and is not in the letter",
    }
    | EVIDENCE,
    "rating_consequences": {
        "what": "lowest key question, at least one, a named one, or the mean of the three",
        "difference_lower": "lower bound of a group rated Requires improvement minus one rated Good, fraction",
        "difference_upper": "upper bound",
        "sign": "`lower`, `higher` or `not_identified`",
        "meaning": "what follows, in words",
    }
    | _ASSUMES
    | EVIDENCE,
    "rating_tests": {
        "test": "a test that a reader may want to make of Table 1",
        "group": "group compared; `[z]`: all pairs",
        "reference": "group that it is compared with; `[z]`: all pairs",
        "number": "standards in which the group is lower; of a permutation, arrangements as far as the one seen",
        "of": "standards that differ; arrangements",
        "p_one_sided": "one-sided p value",
        "p_two_sided": "two-sided p value",
        "valid": "`no`",
        "why": "why the test is not valid",
    }
    | EVIDENCE,
    "rating_lattice": {
        "group": "care group",
        "cases": "number of cases assumed",
        "rating": "rating",
        "count_low": "least number judged sufficient that gives it",
        "count_high": "greatest number",
        "share_low": "least share, fraction",
        "share_high": "greatest share",
    }
    | _ASSUMES
    | EVIDENCE,
    "rating_pooled": {
        "standard": "assessment, planning, delivery or reviewing",
        "groups": "care groups put together",
        "cases": "their number, as assumed",
        "share_low": "least share judged sufficient on the lowest key question, fraction",
        "share_high": "greatest share; not reached",
        "ratings": "ratings that they could have together",
    }
    | _ASSUMES
    | EVIDENCE,
    "rating_envelope": {
        "standard": "assessment, planning, delivery or reviewing",
        "group": "care group",
        "reference": "care group that it is compared with",
        "n": "its number of cases, as assumed",
        "n_reference": "that of the reference",
        "difference_lower": "lower end of the limits over all counts that the two ratings allow, fraction",
        "difference_upper": "upper end",
        "level": "confidence level",
        "sign": "`lower`, `higher` or `not_identified`",
        "reason": "why there are none; `[z]`: nothing to say",
    }
    | _ASSUMES
    | EVIDENCE,
    "rating_cases_needed": {
        "share": "share judged sufficient in the population, assumed",
        "rating": "its rating",
        "assurance": "probability wanted that a sample is rated so",
        "deff": "design effect assumed",
        "cases_needed": "least number of cases that gives it, and so does every larger one; `inf`: none does",
        "with_30_cases": "probability with 30 cases drawn at random, a usual number for one service; otherwise it is "
        "Outstanding, or lower",
    }
    | _ASSUMES
    | EVIDENCE,
    "rating_power": {
        "group": "care group",
        "reference": "care group that it is compared with",
        "reference_share": "share judged sufficient in the reference, assumed",
        "share": "share in the group, assumed",
        "reference_cases": "number of cases of the reference, as assumed",
        "cases": "that of the group",
        "deff": "design effect assumed",
        "level": "confidence level; the test is two-sided",
        "power": "chance that one test by itself finds a difference",
        "power_of_twelve": "the same at the first step of Holm's method over twelve tests",
    }
    | _ASSUMES
    | EVIDENCE,
    "rating_by_chance": {
        "shares": "shares judged sufficient on the three key questions, assumed the same in each group",
        "group": "care group",
        "cases": "its number of cases, as assumed",
        "deff": "design effect assumed",
        "p_lower_than_good": "chance that the group is rated lower than Good",
    }
    | _ASSUMES
    | EVIDENCE,
    "ratings": {
        "standard": "assessment, planning, delivery or reviewing",
        "question": "`desistance`, `child_safety`, `others_safety`, or `lowest`: the one that gives the standard its rating",
        "care_group": "care group",
        "cases": "cases that the question applies to",
        "sufficient": "cases judged sufficient",
        "percentage": "sufficient / cases, per cent",
        "se": "standard error from services as clusters, per cent",
        "lower": "lower limit, per cent",
        "upper": "upper limit, per cent",
        "level": "confidence level",
        "rating": "the band of the whole per cent, by the recalled bands",
    }
    | _BANDS
    | EVIDENCE,
    "ratings_by_group": {
        "group_by": "column of the list that groups its cases",
        "group": "value of that column",
        "standard": "assessment, planning, delivery or reviewing",
        "question": "as in `ratings.csv`",
        "cases": "cases that the question applies to",
        "sufficient": "cases judged sufficient",
        "percentage": "sufficient / cases, per cent",
        "se": "standard error from services as clusters, per cent",
        "lower": "lower limit, per cent",
        "upper": "upper limit, per cent",
        "level": "confidence level",
        "rating": "the band of the whole per cent, by the recalled bands",
    }
    | _BANDS
    | EVIDENCE,
    "ratings_weighted": {
        "standard": "assessment, planning, delivery or reviewing",
        "question": "as in `ratings.csv`; `lowest` by the weighted percentage",
        "group": "care group, or value of the column that groups the cases",
        "weights": "`weight` (of each case) or `caseload` (of its service, over the cases inspected there)",
        "cases": "cases that the question applies to",
        "weighting_effect": "1 plus the squared coefficient of variation of the weights (Kish)",
        "percentage": "weighted per cent sufficient",
        "se": "standard error from services as clusters, weights taken as known, per cent",
        "lower": "lower limit, per cent",
        "upper": "upper limit, per cent",
        "level": "confidence level",
        "rating": "the band of the whole per cent, by the recalled bands",
        "unweighted_percentage": "the same with each case counted once, as in `ratings.csv`",
    }
    | EVIDENCE,
    "rating_comparisons": {
        "standard": "assessment, planning, delivery or reviewing",
        "question": "`desistance`, `child_safety`, `others_safety`; `lowest`: the one that is lowest in the cases of all groups "
        "together; `lowest_of_each`: each group on its own lowest one, as its rating has it",
        "group": "group compared",
        "reference": "group that it is compared with",
        "adjusted_for": "columns that the comparison is adjusted for; `[z]`: none",
        "risk_difference": "group minus reference in the share judged sufficient, fraction; marginal, by g-computation",
        "se": "its standard error, by the delta method from Mancl and DeRouen's covariance",
        "df": "degrees of freedom: services less coefficients",
        "lower": "lower limit of the difference; exact, services ignored, where `note` says so",
        "upper": "upper limit of the difference",
        "level": "confidence level",
        "odds_ratio": "odds of sufficient in the group over those in the reference",
        "p_value": "of the log odds ratio, two-sided, Student's t",
        "p_holm": "the same with Holm's method over the rows whose family is `confirmatory`; `[z]` for others",
        "odds_ratio_lower": "lower limit of the odds ratio",
        "odds_ratio_upper": "upper limit of the odds ratio",
        "log_odds_ratio_se": "standard error of its logarithm",
        "correlation": "working correlation of two cases of one service; `[z]` with weights",
        "cases": "cases of the group in the model",
        "reference_cases": "cases of the reference in the model",
        "weights": "`none`, `weight` or `caseload`",
        "family": "`confirmatory` (`lowest`, neither adjusted nor weighted) or `exploratory`",
        "plain_difference": "difference of the two shares as they are, with the weights of the row; fraction",
        "services_effective": "number of services of equal size that would tell as much: (sum of sizes)^2 / sum of squared sizes",
        "from_question": "which question `lowest` and `lowest_of_each` are; of two, the group's and then the reference's",
        "note": "why there is no estimate or another kind of limits; `[z]`: nothing to say",
    }
    | EVIDENCE,
    "rating_ordinal": {
        "group": "group compared",
        "reference": "group that it is compared with",
        "measure": "`relative_effect` (chance that a case of the group meets more standards than one of the reference, half of "
        "the chance that as many) or `proportional_odds` (odds ratio of meeting more)",
        "estimate": "the measure",
        "se": "standard error, leaving out one service at a time; of `proportional_odds`, of the logarithm",
        "df": "degrees of freedom",
        "lower": "lower limit",
        "upper": "upper limit",
        "level": "confidence level",
        "cases": "cases of the group of which all four standards are known",
        "reference_cases": "those of the reference",
        "median": "median number of standards met in the group",
        "reference_median": "that of the reference",
        "note": "why there is no estimate; `[z]`: nothing to say",
    }
    | EVIDENCE,
    "rating_probabilities": {
        "standard": "assessment, planning, delivery or reviewing",
        "group": "care group, or value of the column that groups the cases",
        "question": "`lowest`",
        "method": "`population` (Beta with the effective number of cases), `population_ignoring_services`, `cluster_bootstrap` "
        "(whole services drawn again, the lowest question found anew) or `reinspection` (as many cases again)",
        "cases": "cases of the question that is lowest in the list",
        "sufficient": "of them judged sufficient",
        "rating": "rating of the list",
        "deff": "design effect",
        "n_effective": "cases / design effect, not above the cases",
    }
    | dict.fromkeys(_BANDS, "probability of this band, by the method")
    | {
        "empty": "share of replicates in which the group has no judged case; they are in no band",
        "monte_carlo_error": "largest error of the four from so many replicates",
        "replicates": "replicates",
        "note": "why there is no probability; `[z]`: nothing to say",
    }
    | EVIDENCE,
    "rating_lowest": {
        "standard": "assessment, planning, delivery or reviewing",
        "group": "care group, or value of the column that groups the cases",
        "from_question": "question that is lowest in the list",
        "cases": "its cases",
        "lowest": "its share judged sufficient, fraction",
        "mean_lowest": "mean of the lowest share over the replicates",
        "bias_of_lowest": "that less the lowest of the questions' own means: what taking the lowest adds by chance",
        "monte_carlo_error": "error of the bias from so many replicates",
        "replicates": "replicates",
        "note": "why there is none; `[z]`: nothing to say",
    }
    | EVIDENCE,
    "rating_whole_table": {
        "ratings": "ratings that must all come out as in the list",
        "left_out": "ratings left out, since their cases lie in fewer than two services",
        "probability": "share of replicates in which they do",
        "monte_carlo_error": "its error from so many replicates",
        "replicates": "replicates",
        "note": "why there is none; `[z]`: nothing to say",
    }
    | EVIDENCE,
    "inspector_agreement": {
        "judgement": "standard or key question that was read twice, or `all`",
        "pairs": "judgements made by both inspectors",
        "both_yes": "both sufficient",
        "first_only": "sufficient to the first alone",
        "second_only": "sufficient to the second alone",
        "both_no": "sufficient to neither",
    }
    | {
        f"{name}{end}": f"{meaning}{of}"
        for name, meaning in {"agreement": "share agreed on", "kappa": "Cohen's kappa", "ac1": "Gwet's AC1"}.items()
        for end, of in {
            "": "",
            "_se": ", standard error from services as clusters",
            "_lower": ", lower limit",
            "_upper": ", upper limit",
        }.items()
    }
    | {"level": "confidence level", "note": "why there is none; `[z]`: nothing to say"}
    | EVIDENCE,
    "inspector_lowest": {
        "standard": "assessment, planning, delivery or reviewing",
        "group": "care group, or value of the column that groups the cases",
        "rating": "rating of the list",
        "lowest_now": "share judged sufficient on the lowest question, fraction",
        "lowest_expected": "mean of it if every case were read again at the observed rates of disagreement",
        "shift": "that less the share now",
        "p_same_rating": "probability that the rating stays",
        "yes_to_no": "share of the first inspector's sufficient that the second found not to be, over all judgements",
        "no_to_yes": "share of the others that the second found sufficient",
        "note": "why there is none; `[z]`: nothing to say",
    }
    | EVIDENCE,
    "rating_distribution": {
        "year": "year of the inspection",
        "item": "`overall`, or a standard",
        "rating": "rating",
        "services": "services with this rating",
        "of": "services rated in that year",
        "share": "services / of",
        "lower": "lower limit (Wilson), as if these services were drawn at random",
        "upper": "upper limit",
        "level": "confidence level",
    }
    | EVIDENCE,
    "disclosure": {
        "table": "table that the decision is about",
        "row": "its row; `(table)` for the verdict on the whole table",
        "column": "its column",
        "rule": "rule applied; `small, or hidden to protect another` does not say which",
        "action": "`hidden`; for a verdict `pass`, `review` or `fail`, and why",
    }
    | EVIDENCE,
    "evidence_ledger": {
        "claim": "identifier of the claim in `data/published/claims.csv`",
        "document": "`news_release_2012` or `letter_2021`",
        "quote": "the words quoted",
        "published": "value printed; for a finding in words, its quantifier",
        "recomputed": "what was computed from other published figures",
        "verdict": "`reproduced`, `consistent`, `bounded` or `not_checkable`",
        "notebook": "notebook that shows it",
        "table": "table of that notebook; `[z]`: none",
        "note": "how, or why it can not be checked",
    }
    | EVIDENCE,
    "evidence_answers": {
        "line": "place among the answers of the README",
        "notebook": "notebook that gives it",
        "answer": "the answer with default parameters, in Markdown",
        "claims": "claims that it rests on",
        "verdicts": "how many of these have which verdict",
    }
    | EVIDENCE,
}

# What stands in `restricted/` of a run, case by case or in full; nothing of it leaves.
RESTRICTED: dict[str, dict[str, str]] = {
    "fieldwork_sample": {
        "case_id": "identifier of the case, as in the list",
        "area": "fieldwork area",
        "arm": "`hosted` or `placed_out`",
        "role": "`sample` (top-ups included), `reserve`, or `supplementary` (from an area outside the main fieldwork)",
        "order": "place in the stratum, from 1; reserves are used in this order",
        "random_number": "permanent random number, in [0, 1)",
        "inclusion_probability": "of the sample; `[z]` for others",
        "weight": "1 / inclusion probability; `[z]` for others",
    }
    | EVIDENCE,
    "fieldwork_response_by_stratum": {
        "area": "fieldwork area",
        "arm": "`hosted` or `placed_out`",
        "eligible": "cases in the stratum",
        "worked": "cases of the sample and reserves used",
        "judged": "of them, inspected with a known outcome",
        "yes": "judged yes",
        "no": "judged no",
    }
    | {
        name: "as in `fieldwork_response.csv`"
        for name in (
            "missing",
            "not_judged",
            "refused",
            "file_unusable",
            "replaced",
            "no_return",
            "found_ineligible",
            "reserves_used",
        )
    }
    | {"reserves_left": "reserves not used", "response_rate": "judged / (judged + missing)"}
    | EVIDENCE,
    "disclosure": TABLES["disclosure"]
    | {
        "rule": "rule applied: `threshold` (small), `secondary` (hidden to protect another, or of too few "
        "cases for a rate), or a reason in words"
    },
}
# The notebook that writes each table, so that a page says the evidence of its own tables and no other's.
WRITTEN_BY = {
    "01_fieldwork_sampling": (
        "fieldwork_sites",
        "fieldwork_scope",
        "fieldwork_allocation",
        "fieldwork_policies",
        "fieldwork_supplementary",
        "fieldwork_response",
        "fieldwork_estimates",
        "fieldwork_precision",
        "fieldwork_sample_size",
        "fieldwork_shortfall",
        "fieldwork_reserves",
    ),
    "02_prevalence_estimates": (
        "prevalence_figures",
        "prevalence_quotients",
        "prevalence_estimates",
        "prevalence_joint",
        "prevalence_sensitivity",
        "prevalence_by_group",
        "out_of_court_prevalence",
        "out_of_court_curve",
        "court_share_limits",
        "prevalence_simulation",
        "population_ratios",
    ),
    "03_rating_comparisons": (
        "rating_order",
        "rating_bounds",
        "rating_consequences",
        "rating_tests",
        "rating_lattice",
        "rating_pooled",
        "rating_envelope",
        "rating_cases_needed",
        "rating_power",
        "rating_by_chance",
        "ratings",
        "ratings_by_group",
        "ratings_weighted",
        "rating_comparisons",
        "rating_ordinal",
        "rating_probabilities",
        "rating_lowest",
        "rating_whole_table",
        "inspector_agreement",
        "inspector_lowest",
        "rating_distribution",
    ),
    "04_evidence_ledger": ("evidence_ledger", "evidence_answers"),
}


def columns(table: str) -> list[str]:
    """Columns of a public table, in order.

    Raises
    ------
    InputError
        No such table is promised.
    """
    if table not in TABLES:
        raise InputError(f"no table is called {table!r}; {did_you_mean(table, TABLES)}")
    return list(TABLES[table])
