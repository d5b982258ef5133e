# One departure at a time from a headline interval: Korn-Graubard, united over all counts that a printed whole per cent
# allows, for clusters of equal size out of very many. The finite population correction is also compared with the survey
# package, on the synthetic inspected cases.
source("common.R")
suppressPackageStartupMessages(library(survey))

# Clopper-Pearson with n_star cases, which need not be whole.
of_cases <- function(p, n_star, level) {
  a <- (1 - level) / 2
  lower <- if (p == 0) 0 else qbeta(a, n_star * p, n_star * (1 - p) + 1)
  upper <- if (p == 1) 1 else qbeta(1 - a, n_star * p + 1, n_star * (1 - p))
  # The definition: each tail has probability a within 1e-13 of its limit. Then the same limits from the F distribution.
  x <- n_star * p
  y <- n_star * (1 - p)
  around <- function(limit, tail) {
    at <- sapply(pmin(pmax(limit + c(-1e-13, 1e-13), 0), 1), tail)
    stopifnot(min(at) <= a + 1e-12, max(at) >= a - 1e-12)
  }
  if (p > 0) {
    around(lower, function(q) pbeta(q, x, y + 1))
    near(lower, 1 / (1 + (y + 1) / (x * qf(a, 2 * x, 2 * (y + 1)))))
  }
  if (p < 1) {
    around(upper, function(q) pbeta(q, x + 1, y, lower.tail = FALSE))
    f <- qf(a, 2 * (x + 1), 2 * y, lower.tail = FALSE)
    near(upper, (x + 1) * f / (y + (x + 1) * f))
  }
  c(lower, upper)
}

korn_graubard_cases <- function(n, deff, df, level) {
  a <- (1 - level) / 2
  n / deff * (qt(1 - a, n - 1) / qt(1 - a, df))^2
}

# Each limit at its own end of the counts; directly over all counts where they are few.
united <- function(counts, interval) {
  if (length(counts) < 60) {
    all <- sapply(counts, interval)
    lower <- min(all[1, ])
    upper <- max(all[2, ])
    stopifnot(lower == interval(min(counts))[1], upper == interval(max(counts))[2])
  }
  c(interval(min(counts))[1], interval(max(counts))[2])
}

cut_off <- function(per_cent, n) {
  k <- 0:n
  k[(100 * k) %/% n == per_cent]
}

# Survey package: all cases of 42 services out of 154 (and of 60).
cases <- read.csv("../../data/synthetic/synthetic_inspected_cases.csv", na.strings = "")
cases$y <- as.numeric(cases$care_group != "not_in_care")
for (services in c(60, 154)) {
  cases$services <- services
  finite <- svymean(~y, svydesign(ids = ~yot, fpc = ~services, data = cases))
  very_many <- svymean(~y, svydesign(ids = ~yot, weights = ~1, data = cases))
  p <- as.numeric(coef(finite))
  near(SE(finite)^2, SE(very_many)^2 * (1 - 42 / services))
  deff <- as.numeric(SE(very_many))^2 * nrow(cases) / (p * (1 - p)) * (1 - 42 / services)
  design <- svydesign(ids = ~yot, fpc = ~services, data = cases)
  theirs <- as.numeric(attr(svyciprop(~y, design, method = "beta", level = 0.95), "ci"))
  near(theirs, of_cases(p, korn_graubard_cases(nrow(cases), deff, 41, 0.95), 0.95))
}

rows <- NULL
grid <- list(c(26, 1253, 42, 0.05, 0.95, 154), c(21, 1253, 42, 0.05, 0.95, 154), c(26, 1253, 42, 0.05, 0.8, 43),
             c(21, 1253, 42, 0.1, 0.99, 1000), c(26, 1253, 42, 0, 0.95, 42), c(2, 600, 20, 0.1, 0.95, 20),
             c(98, 500, 10, 0.02, 0.8, 25), c(50, 60, 6, 0.05, 0.95, 12), c(0, 1253, 42, 0.05, 0.95, 154),
             c(100, 1253, 42, 0.05, 0.95, 154), c(26, 20000, 2, 0.01, 0.95, 3), c(26, 42, 42, 0.3, 0.95, 154),
             c(0, 150, 6, 0.05, 0.95, 12), c(29, 7, 3, 0.05, 0.95, 12))
for (g in grid) {
  per_cent <- g[1]; n <- g[2]; clusters <- g[3]; icc <- g[4]; level <- g[5]; in_all <- g[6]
  df <- clusters - 1
  kish <- function(icc, n, cv = 0) 1 + ((1 + cv^2) * n / clusters - 1) * icc
  add <- function(assumption, value, ci, base = n, deff = kish(icc, n), df = clusters - 1, counts = counts_for(per_cent, base))
    rows <<- rbind(rows, data.frame(
      per_cent = per_cent, base = n, services = clusters, icc = icc, level = level, in_all = in_all,
      assumption = assumption, value = value, count_low = if (length(counts)) min(counts) else NA,
      count_high = if (length(counts)) max(counts) else NA, n = base, deff = deff, df = df, lower = ci[1], upper = ci[2]))
  headline <- function(deff, counts = counts_for(per_cent, n), n. = n)
    united(counts, function(k) of_cases(k / n., korn_graubard_cases(n., deff, df, level), level))
  of_n <- counts_for(per_cent, n)

  add("headline", "unchanged", headline(kish(icc, n)))
  for (other in setdiff(c(0, 0.02, 0.05, 0.1), icc))
    add("correlation", other, headline(kish(other, n)), deff = kish(other, n))
  for (other in c(2 * n, 3 * n + (n > 100)))
    add("cases", other, headline(kish(icc, other), counts_for(per_cent, other), other), base = other, deff = kish(icc, other))
  for (cv in c(0.25, 0.5, 0.75))
    add("service_sizes", cv, headline(kish(icc, n, cv)), deff = kish(icc, n, cv))
  deff <- kish(icc, n) * (1 - clusters / in_all)
  if (in_all == clusters) add("finite_population", in_all, range(of_n) / n, deff = 0, df = NA)
  else add("finite_population", in_all, headline(deff), deff = deff)

  # 0 and n have no logit: the limit beyond which no share lies, or none.
  logit <- function(k) {
    if (k == 0) return(c(0, NA))
    if (k == n) return(c(NA, 1))
    logit_t(k / n, n, clusters, kish(icc, n), level)
  }
  add("method", "logit_t", c(logit(min(of_n))[1], logit(max(of_n))[2]))
  for (method in names(simple_methods))
    add("method", method, united(of_n, function(k) simple_methods[[method]](k, n, level)), deff = 1, df = NA)

  n_star <- korn_graubard_cases(n, kish(icc, n), df, level)
  add("rounding", "ignored", of_cases(per_cent / 100, n_star, level), counts = integer(0))
  cut <- cut_off(per_cent, n)
  if (length(cut) == 0) add("rounding", "truncated", c(NA, NA), counts = cut)
  else add("rounding", "truncated", headline(kish(icc, n), cut), counts = cut)
  add("degrees_of_freedom", "normal", united(of_n, function(k) of_cases(k / n, n / kish(icc, n), level)), df = Inf)
  add("truncation", "at_most_n", united(of_n, function(k) of_cases(k / n, min(n, n_star), level)))
}
write_rows(rows, "sensitivity.csv", c("deff", "lower", "upper"))
