# Shares of cases with services as clusters: linearised error, degrees of freedom and logit interval of R survey.
# Run in this folder; writes domain_shares.csv.
source("common.R")
suppressMessages(library(survey))
options(survey.lonely.psu = "fail")
cases <- read.csv("../../data/synthetic/synthetic_inspected_cases.csv", stringsAsFactors = FALSE, na.strings = "")
rows <- list()
share <- function(data, name, group, column, level) {
  design <- svydesign(ids = ~yot, weights = ~1, data = data)
  domain <- subset(design, !is.na(data[[column]]) & (group == "" | data$care_group == group))
  domain$variables$yes <- as.numeric(domain$variables[[column]] == "yes")
  mean <- svymean(~yes, domain)
  interval <- confint(svyciprop(~yes, domain, method = "xlogit", level = level, df = degf(domain)))
  n <- nrow(domain$variables)
  p <- coef(mean)[[1]]
  data.frame(data = name, column = column, care_group = group, level = level, count = sum(domain$variables$yes), base = n,
             estimate = p, se = SE(mean)[[1]], df = degf(domain), deff = SE(mean)[[1]]^2 / (p * (1 - p) / n),
             lower = interval[[1]], upper = interval[[2]])
}
few <- cases[cases$yot %in% sprintf("Synthetic service %02d", 1:5), ]
cases$in_care <- ifelse(cases$care_group == "not_in_care", "no", "yes")
few$in_care <- ifelse(few$care_group == "not_in_care", "no", "yes")
for (level in c(0.8, 0.95)) {
  rows[[length(rows) + 1]] <- share(cases, "all", "", "in_care", level)
  rows[[length(rows) + 1]] <- share(cases, "all", "", "child_protection", level)
  rows[[length(rows) + 1]] <- share(few, "first five services", "", "in_care", level)
  for (group in c("not_in_care", "in_care_inside", "in_care_outside"))
    for (column in grep("^(assessment|planning|delivery|reviewing)_", names(cases), value = TRUE))
      rows[[length(rows) + 1]] <- share(cases, "all", group, column, level)
}
write_rows(do.call(rbind, rows), "domain_shares.csv", results = c("estimate", "se", "deff", "lower", "upper"))
