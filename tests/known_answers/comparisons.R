# Differences between care groups: GEE of R gee with Mancl and DeRouen's covariance by hand (gee_by_hand.R), risk differences by
# g-computation with the delta method, odds ratios, t tests, Holm (p.adjust), weighted logistic regression (svyglm), and exact
# limits where a group is all yes or no (fisher.test, binom.test).
# Run in this folder; writes comparisons.csv and comparisons_exact.csv.
source("common.R")
source("gee_by_hand.R")
suppressMessages(library(survey))
cases <- read.csv("../../data/synthetic/synthetic_inspected_cases.csv", na.strings = "")
groups <- c("not_in_care", "in_care_inside", "in_care_outside")
standards <- c("assessment", "planning", "delivery", "reviewing")
questions <- c("desistance", "child_safety", "others_safety")
pairs <- list(c(2, 1), c(3, 1), c(3, 2))

# Covariates and weights by row, so that the test can make the same.
row <- seq_len(nrow(cases))
cases$age <- ifelse(row %% 50 == 0, NA, 10 + (7 * row) %% 8)
cases$custody <- (row * 11) %% 17 < 4
cases$weight <- 1 + (row %% 5) / 2

# The answers of each group to its own lowest question: quotients compared by multiplying out.
lowest <- function(standard) {
  answer <- rep(NA_character_, nrow(cases))
  for (group in groups) {
    inside <- cases$care_group == group
    best <- NULL
    for (question in questions) {
      values <- cases[[paste(standard, question, sep = "_")]][inside]
      k <- sum(values == "yes", na.rm = TRUE)
      n <- sum(!is.na(values))
      if (n > 0 && (is.null(best) || k * best$n < best$k * n)) best <- list(k = k, n = n, values = values)
    }
    answer[inside] <- best$values
  }
  answer
}

one <- function(standard, question, adjusted, weighted, level) {
  answer <- if (question == "lowest_of_each") lowest(standard) else cases[[paste(standard, question, sep = "_")]]
  known <- !is.na(answer) & (!adjusted | (!is.na(cases$age) & !is.na(cases$child_protection)))
  data <- cases[known, ]
  data$yes <- as.numeric(answer[known] == "yes")
  data$care_group <- factor(data$care_group, groups)
  formula <- if (adjusted) yes ~ care_group + age + custody + child_protection else yes ~ care_group
  design <- model.matrix(formula, data)
  weights <- if (weighted) data$weight else rep(1, nrow(data))
  fit <- gee_by_hand(data$yes, design, data$yot, if (weighted) "independence" else "exchangeable", if (weighted) weights)
  if (weighted) {
    survey <- svyglm(formula, svydesign(ids = ~yot, weights = ~weight, data = data), family = quasibinomial,
                     control = glm.control(epsilon = 1e-14, maxit = 100))
    near(fit$beta, unname(coef(survey)), 1e-9)
  }
  # Everybody in one group, then in another: the mean chance and its slope.
  marginal <- function(group) {
    data$care_group <- factor(groups[group], groups)
    x <- model.matrix(formula, data)
    chance <- as.vector(plogis(x %*% fit$beta))
    list(mean = weighted.mean(chance, weights), slope = colSums(weights * chance * (1 - chance) * x) / sum(weights))
  }
  reach <- qt(1 - (1 - level) / 2, fit$df)
  do.call(rbind, lapply(pairs, function(pair) {
    first <- marginal(pair[1])
    second <- marginal(pair[2])
    difference <- first$mean - second$mean
    slope <- first$slope - second$slope
    # The delta method once more, by differences.
    if (level == 0.95 && question == "lowest_of_each") {
      step <- sapply(seq_along(fit$beta), function(k) {
        at <- function(by) {
          moved <- fit$beta
          moved[k] <- moved[k] + by
          mean_of <- function(group) {
            data$care_group <- factor(groups[group], groups)
            weighted.mean(as.vector(plogis(model.matrix(formula, data) %*% moved)), weights)
          }
          mean_of(pair[1]) - mean_of(pair[2])
        }
        (at(1e-5) - at(-1e-5)) / 2e-5
      })
      near(step, unname(slope), 1e-7)
    }
    se <- sqrt(as.vector(t(slope) %*% fit$covariance %*% slope))
    contrast <- numeric(length(fit$beta))
    contrast[pair[1]] <- 1
    if (pair[2] > 1) contrast[pair[2]] <- -1
    log_ratio <- sum(contrast * fit$beta)
    log_se <- sqrt(as.vector(t(contrast) %*% fit$covariance %*% contrast))
    data.frame(standard = standard, question = question, group = groups[pair[1]], reference = groups[pair[2]],
               adjusted_for = if (adjusted) "age; custody; child_protection" else "", weighted = tolower(weighted), level = level,
               cases = sum(data$care_group == groups[pair[1]]), reference_cases = sum(data$care_group == groups[pair[2]]),
               risk_difference = difference, se = se, df = fit$df,
               lower = difference - reach * se, upper = difference + reach * se,
               odds_ratio = exp(log_ratio), odds_ratio_lower = exp(log_ratio - reach * log_se),
               odds_ratio_upper = exp(log_ratio + reach * log_se), log_odds_ratio_se = log_se,
               p_value = 2 * pt(-abs(log_ratio / log_se), fit$df), correlation = if (weighted) NA else fit$alpha, p_holm = NA)
  }))
}

rows <- list()
for (level in c(0.8, 0.95)) {
  for (adjusted in c(FALSE, TRUE)) for (weighted in c(FALSE, TRUE)) {
    found <- do.call(rbind, lapply(standards, one, "lowest_of_each", adjusted, weighted, level))
    if (!adjusted && !weighted) found$p_holm <- p.adjust(found$p_value, "holm")
    rows[[length(rows) + 1]] <- found
  }
  for (question in questions) rows[[length(rows) + 1]] <- one("planning", question, FALSE, FALSE, level)
}
write_rows(do.call(rbind, rows), "comparisons.csv",
           c("risk_difference", "se", "lower", "upper", "odds_ratio", "odds_ratio_lower", "odds_ratio_upper", "log_odds_ratio_se",
             "p_value", "correlation", "p_holm"))

# Where a group is all yes or all no.
exact_rows <- do.call(rbind, lapply(
  list(c(0, 12, 7, 30), c(12, 12, 7, 30), c(7, 30, 0, 12), c(0, 1, 1, 2), c(3, 3, 0, 4), c(0, 5, 6, 6), c(0, 5, 0, 9),
       c(5, 5, 9, 9), c(0, 40, 690, 900)),
  function(t) do.call(rbind, lapply(c(0.8, 0.95), function(level) {
    conditional <- as.numeric(fisher.test(matrix(c(t[1], t[2] - t[1], t[3], t[4] - t[3]), 2), conf.level = level)$conf.int)
    # fisher.test stops its search early (by up to 0.2% here): the definition of its limits, solved further.
    low <- max(0, t[1] + t[3] - t[4])
    high <- min(t[2], t[1] + t[3])
    support <- low:high
    tail <- function(log_odds, upwards) {
      log_mass <- dhyper(support, t[2], t[4], t[1] + t[3], log = TRUE) + support * log_odds
      mass <- exp(log_mass - max(log_mass))
      sum(mass[if (upwards) support >= t[1] else support <= t[1]]) / sum(mass)
    }
    solve_for <- function(upwards)
      exp(uniroot(function(x) tail(x, upwards) - (1 - level) / 2, c(-30, 30), tol = 1e-15, maxiter = 10000)$root)
    further <- c(if (t[1] == low) 0 else solve_for(TRUE), if (t[1] == high) Inf else solve_for(FALSE))
    finite <- is.finite(further)
    stopifnot(identical(finite, is.finite(conditional)))
    near(conditional[finite], further[finite], 2e-3 * pmax(1, further[finite]))
    each <- (1 + level) / 2
    first <- clopper_pearson(t[1], t[2], each)
    second <- clopper_pearson(t[3], t[4], each)
    data.frame(yes = t[1], cases = t[2], reference_yes = t[3], reference_cases = t[4], level = level,
               risk_difference = t[1] / t[2] - t[3] / t[4], lower = first[1] - second[2], upper = first[2] - second[1],
               odds_ratio_lower = further[1], odds_ratio_upper = further[2])
  }))))
write_rows(exact_rows, "comparisons_exact.csv", c("risk_difference", "lower", "upper", "odds_ratio_lower", "odds_ratio_upper"))
