# Shares of cases with services as clusters: linearised error, degrees of freedom, logit and beta (Korn-Graubard) intervals
# of R survey, of all cases and of groups of them; and the correlation that a design effect stands for.
# Run in this folder; writes domain_shares.csv.
source("common.R")
suppressMessages(library(survey))
options(survey.lonely.psu = "fail")
cases <- read.csv("../../data/synthetic/synthetic_inspected_cases.csv", stringsAsFactors = FALSE, na.strings = "")
rows <- list()

# A correlation for which n cases in so many clusters of equal size have this design effect, by halving an interval.
correlation <- function(deff, n, clusters) {
  ends <- c(-10, 10)
  for (step in 1:100) {
    middle <- mean(ends)
    ends[if (1 + (n / clusters - 1) * middle < deff) 1 else 2] <- middle
  }
  near(1 + (n / clusters - 1) * mean(ends), deff)
  mean(ends)
}

share <- function(data, name, by, group, column, level) {
  design <- svydesign(ids = ~yot, weights = ~1, data = data)
  inside <- if (by == "") TRUE else data[[by]] == group
  domain <- subset(design, !is.na(data[[column]]) & inside)
  domain$variables$yes <- as.numeric(domain$variables[[column]] == "yes")
  mean <- svymean(~yes, domain)
  n <- nrow(domain$variables)
  p <- coef(mean)[[1]]
  df <- degf(domain)
  deff <- SE(mean)[[1]]^2 / (p * (1 - p) / n)
  interval <- confint(svyciprop(~yes, domain, method = "xlogit", level = level, df = df))
  # The effective number of cases of method beta is n / deff (t(n - 1) / t(df))^2, not cut at n: by formula too.
  beta <- confint(svyciprop(~yes, domain, method = "beta", level = level, df = df))
  near(beta, korn_graubard(p, n, df + 1, deff, level))
  data.frame(data = name, column = column, group_by = by, group = group, level = level, count = sum(domain$variables$yes),
             base = n, estimate = p, se = SE(mean)[[1]], df = df, deff = deff, lower = interval[[1]], upper = interval[[2]],
             beta_lower = beta[[1]], beta_upper = beta[[2]], icc = correlation(deff, n, df + 1))
}
few <- cases[cases$yot %in% sprintf("Synthetic service %02d", 1:5), ]
cases$in_care <- ifelse(cases$care_group == "not_in_care", "no", "yes")
few$in_care <- ifelse(few$care_group == "not_in_care", "no", "yes")
for (level in c(0.8, 0.95)) {
  add <- function(...) rows[[length(rows) + 1]] <<- share(..., level)
  add(cases, "all", "", "", "in_care")
  add(cases, "all", "", "", "child_protection")
  add(few, "first five services", "", "", "in_care")
  for (group in c("not_in_care", "in_care_inside", "in_care_outside"))
    for (column in c(grep("^(assessment|planning|delivery|reviewing)_", names(cases), value = TRUE), "child_protection"))
      add(cases, "all", "care_group", group, column)
  for (year in sort(unique(cases$year)))
    for (column in c("in_care", "child_protection")) add(cases, "all", "year", year, column)
}
results <- c("estimate", "se", "deff", "lower", "upper", "beta_lower", "beta_upper", "icc")
write_rows(do.call(rbind, rows), "domain_shares.csv", results)
