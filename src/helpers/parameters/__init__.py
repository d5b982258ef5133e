"""The parameters of each notebook: one frozen model, the same as the tagged cell of the notebook."""

from helpers.parameters.base import NO_CASES, RESTRICTED, SYNTHETIC, Parameters
from helpers.parameters.case_lists import CARE_GROUP, CaseParameters
from helpers.parameters.comparisons import RatingComparisons
from helpers.parameters.fieldwork import DEFAULT_OUTCOME, FieldworkSampling
from helpers.parameters.ledger import EvidenceLedger
from helpers.parameters.prevalence import PrevalenceEstimates
from helpers.parameters.values import brief

__all__ = [
    "CARE_GROUP",
    "DEFAULT_OUTCOME",
    "NO_CASES",
    "RESTRICTED",
    "SYNTHETIC",
    "CaseParameters",
    "EvidenceLedger",
    "FieldworkSampling",
    "Parameters",
    "PrevalenceEstimates",
    "RatingComparisons",
    "brief",
]
