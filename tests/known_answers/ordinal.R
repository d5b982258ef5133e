# The number of standards met, by group: relative effects pair by pair and proportional odds (MASS::polr, polished
# by Newton's steps), with the jackknife that leaves out one service at a time.
# Run in this folder; writes ordinal.csv.
source("common.R")
suppressMessages(library(MASS))
cases <- read.csv("../../data/synthetic/synthetic_inspected_cases.csv", stringsAsFactors = FALSE, na.strings = "")
standards <- c("assessment", "planning", "delivery", "reviewing")
groups <- c("not_in_care", "in_care_inside", "in_care_outside")
questions <- c("desistance", "child_safety", "others_safety")
met <- sapply(standards, function(standard) {
  answers <- as.matrix(cases[paste(standard, questions, sep = "_")])
  apply(answers, 1, function(row) if (all(is.na(row))) NA else all(row[!is.na(row)] == "yes"))
})
cases$met <- rowSums(met)
rows <- list()

theta <- function(data, group, reference) {
  x <- data$met[data$care_group == group]
  y <- data$met[data$care_group == reference]
  found <- mean(outer(x, y, ">") + outer(x, y, "==") / 2)
  statistic <- suppressWarnings(wilcox.test(x, y, exact = FALSE))$statistic
  near(found, statistic / (length(x) * length(y)), 1e-12)
  found
}

# polr maximises the likelihood by optim to about six digits; from there Newton's steps, with second derivatives by
# differences of the slope, reach the rest. The column polr holds what polr itself gave.
log_odds <- function(data) {
  data$y <- factor(data$met, ordered = TRUE)
  data$g <- factor(data$care_group, levels = groups)
  by <- as.data.frame(table(y = data$y, g = data$g))
  by$y <- factor(by$y, ordered = TRUE)
  fit <- polr(y ~ g, data = by, weights = Freq, subset = Freq > 0, control = list(reltol = 1e-16, maxit = 1000))
  levels <- nlevels(by$y)
  n <- matrix(by$Freq, nrow = levels)
  likelihood <- function(values) {
    zeta <- values[1:(levels - 1)]; beta <- c(0, values[-(1:(levels - 1))])
    if (any(diff(zeta) <= 0)) return(-1e300)
    below <- sapply(beta, function(b) c(0, plogis(zeta - b), 1))
    sum(n * log(diff(below)))
  }
  slope <- function(values) {
    zeta <- values[1:(levels - 1)]; beta <- c(0, values[-(1:(levels - 1))])
    below <- sapply(beta, function(b) plogis(zeta - b))
    chance <- diff(rbind(0, below, 1))
    each <- dlogis(outer(zeta, beta, "-")) * ((n / chance)[-levels, , drop = FALSE] - (n / chance)[-1, , drop = FALSE])
    c(rowSums(each), -colSums(each)[-1])
  }
  values <- c(fit$zeta, fit$coefficients)
  for (turn in 1:6) {
    h <- 1e-5
    curve <- sapply(seq_along(values), function(i) {
      e <- replace(numeric(length(values)), i, h)
      (slope(values + e) - slope(values - e)) / (2 * h)
    })
    values <- values - solve(curve, slope(values))
  }
  stopifnot(max(abs(slope(values))) < 1e-8, likelihood(values) >= as.numeric(logLik(fit)) - 1e-8)
  near(values[-(1:(levels - 1))], unname(fit$coefficients), 1e-4)
  beta <- setNames(c(0, values[-(1:(levels - 1))]), groups)
  attr(beta, "polr") <- setNames(c(0, fit$coefficients), groups)
  beta
}

of_data <- function(name, data) {
  services <- unique(data$yot)
  J <- length(services)
  error <- function(values) sqrt((J - 1) / J * sum((values - mean(values))^2))
  whole <- log_odds(data)
  left_out <- sapply(services, function(service) log_odds(data[data$yot != service, ])[groups])
  for (pair in list(c(2, 1), c(3, 1), c(3, 2))) {
    group <- groups[pair[1]]; reference <- groups[pair[2]]
    two <- data[data$care_group %in% c(group, reference), ]
    effect <- theta(data, group, reference)
    se <- error(sapply(services, function(service) theta(data[data$yot != service, ], group, reference)))
    df <- length(unique(two$yot)) - 1
    odds <- whole[[group]] - whole[[reference]]
    odds_se <- error(left_out[group, ] - left_out[reference, ])
    odds_df <- J - length(groups)
    for (level in c(0.8, 0.95)) {
      t1 <- qt((1 + level) / 2, df) * se / (effect * (1 - effect))
      t2 <- qt((1 + level) / 2, odds_df) * odds_se
      rows[[length(rows) + 1]] <<- data.frame(
        data = name, group = group, reference = reference, level = level, cases = sum(data$care_group == group),
        reference_cases = sum(data$care_group == reference), median = median(data$met[data$care_group == group]),
        reference_median = median(data$met[data$care_group == reference]), measure = c("relative_effect", "proportional_odds"),
        estimate = c(effect, exp(odds)), se = c(se, odds_se), df = c(df, odds_df),
        lower = c(plogis(qlogis(effect) - t1), exp(odds - t2)), upper = c(plogis(qlogis(effect) + t1), exp(odds + t2)),
        polr = c(NA, attr(whole, "polr")[[group]] - attr(whole, "polr")[[reference]]))
    }
  }
}
of_data("all", cases)
of_data("first eight services", cases[cases$yot %in% sprintf("Synthetic service %02d", 1:8), ])
results <- c("estimate", "se", "lower", "upper", "polr")
write_rows(do.call(rbind, rows), "ordinal.csv", results)
