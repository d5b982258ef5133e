# Shares of cases that stand for different numbers of cases: linearised error, degrees of freedom and logit interval of
# R survey with weights, by key question and care group, with two kinds of weights.
# Run in this folder; writes weighted_shares.csv.
source("common.R")
suppressMessages(library(survey))
options(survey.lonely.psu = "fail")
cases <- read.csv("../../data/synthetic/synthetic_inspected_cases.csv", stringsAsFactors = FALSE, na.strings = "")
standards <- c("assessment", "planning", "delivery", "reviewing")
questions <- c("desistance", "child_safety", "others_safety")

# A weight of each case by its row, so that the test can make the same; and the caseload over the cases of the list.
row <- seq_len(nrow(cases))
weights <- list(weight = 1 + (row %% 5) / 2, caseload = cases$caseload / as.numeric(table(cases$yot)[cases$yot]))

share <- function(kind, group, standard, question, level) {
  cases$w <- weights[[kind]]
  column <- paste(standard, question, sep = "_")
  cases$yes <- as.numeric(cases[[column]] == "yes")
  # All services stay in the design, also those without a case of the domain.
  design <- svydesign(ids = ~yot, weights = ~w, data = cases)
  domain <- subset(design, !is.na(yes) & care_group == group)
  found <- svymean(~yes, domain)
  p <- coef(found)[[1]]
  se <- SE(found)[[1]]
  # The same from all groups at once.
  by <- svyby(~yes, ~care_group, subset(design, !is.na(yes)), svymean)
  near(c(by[group, "yes"], by[group, "se"]), c(p, se))
  w <- domain$variables$w
  n <- length(w)
  df <- degf(domain)
  limits <- confint(svyciprop(~yes, domain, method = "xlogit", level = level, df = df))
  near(limits, logit_t(p, n, df + 1, se^2 / (p * (1 - p) / n), level), 1e-9)
  # Kish's effect, as he defines it: 1 and the squared coefficient of variation (divided by n, not n - 1).
  effect <- 1 + mean((w - mean(w))^2) / mean(w)^2
  data.frame(weights = kind, standard = standard, question = question, group = group, level = level, cases = n,
             sum_of_weights = sum(w), weighting_effect = effect, estimate = p, se = se, df = df,
             deff = se^2 / (p * (1 - p) / n), lower = limits[[1]], upper = limits[[2]],
             unweighted = mean(domain$variables$yes))
}
rows <- list()
for (level in c(0.8, 0.95)) for (kind in names(weights)) for (standard in standards)
  for (question in questions) for (group in c("not_in_care", "in_care_inside", "in_care_outside"))
    rows[[length(rows) + 1]] <- share(kind, group, standard, question, level)
table <- do.call(rbind, rows)

# The question of each standard whose weighted share is lowest in a group.
table$lowest <- ave(table$estimate, table$weights, table$standard, table$group, table$level, FUN = min) == table$estimate
table$lowest <- ifelse(table$lowest, "yes", "no")
results <- c("sum_of_weights", "weighting_effect", "estimate", "se", "deff", "lower", "upper", "unweighted")
write_rows(table, "weighted_shares.csv", results)
