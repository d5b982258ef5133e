# Stratified estimates of a yes/no outcome: mean, error, degrees of freedom and intervals of R survey for fixed tables of
# counts, and the differences of their two arms. Run in this folder; writes stratified_data.csv and stratified.csv.
source("common.R")
suppressMessages(library(survey))

counts <- function(design, eligible, yes, no, ineligible = 0, missing = 0) {
  strata <- length(eligible)
  data.frame(design = design, area = rep(LETTERS[seq_len(strata / 2)], each = 2), arm = rep(c("hosted", "placed_out"), strata / 2),
             eligible = eligible, yes = yes, no = no, ineligible = ineligible, missing = missing)
}
unequal <- c(40, 12, 7, 10, 133, 25, 4, 60, 18, 3, 29, 11)
data <- rbind(
  counts("twelve", unequal, c(7, 4, 2, 10, 3, 6, 1, 9, 5, 0, 8, 2), c(3, 6, 5, 0, 7, 4, 3, 1, 5, 3, 2, 8)),
  counts("ineligible", unequal, c(6, 4, 2, 7, 3, 6, 1, 8, 5, 0, 1, 2), c(2, 5, 5, 0, 6, 4, 1, 1, 4, 2, 0, 6),
         c(2, 1, 0, 3, 1, 0, 2, 1, 1, 1, 9, 2)),
  # The tenth stratum has no case judged, the third no case worked, the twelfth ineligible cases only.
  counts("missing", unequal, c(6, 4, 0, 7, 3, 5, 1, 7, 5, 0, 7, 0), c(2, 4, 0, 0, 4, 4, 1, 1, 2, 0, 1, 0),
         c(1, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 3), c(1, 1, 0, 2, 2, 1, 1, 2, 3, 2, 1, 0)),
  # One case of eight (first) and of three (tenth), and strata of one case only (fourth, seventh).
  counts("lonely", c(8, 12, 7, 1, 133, 25, 1, 60, 18, 3, 29, 11), c(1, 4, 2, 1, 3, 6, 0, 9, 5, 0, 8, 2),
         c(0, 6, 5, 0, 7, 4, 1, 1, 5, 1, 2, 8), c(0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0), c(0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0)),
  counts("two", c(30, 14), c(4, 7), c(6, 2), c(0, 1)),
  # Hosted: nobody. Placed out: everybody in two strata, nobody in the third, so no stratum varies.
  counts("boundary", c(30, 14, 8, 20, 50, 9), c(0, 8, 0, 10, 0, 0), c(8, 0, 5, 0, 10, 6), c(1, 0, 0, 0, 0, 0)),
  # All but one case of each arm's list judged, and alike: what is known of the list is closer than any interval.
  counts("nearly_whole", c(9, 9), c(8, 0), c(0, 8)),
  # Every case of the list is known.
  counts("whole", c(4, 6, 5, 1), c(1, 4, 3, 1), c(3, 2, 1, 0), c(0, 0, 1, 0)))
write_rows(data, "stratified_data.csv")

# One row for each record: judged or found ineligible. A missing judgement only raises the weight of those judged.
records <- function(table) {
  table$stratum <- seq_len(nrow(table))
  table$judged <- table$yes + table$no
  table$base <- table$eligible / (table$judged + table$ineligible + table$missing)
  table$raised <- table$base * (table$judged + table$missing) / table$judged
  each <- function(times, in_domain, y, weight) {
    index <- rep(seq_len(nrow(table)), times)
    data.frame(stratum = index, arm = table$arm[index], N = table$eligible[index], domain = rep(in_domain, length(index)),
               y = rep(y, length(index)), w = table[[weight]][index])
  }
  rows <- rbind(each(table$yes, TRUE, 1, "raised"), each(table$no, TRUE, 0, "raised"), each(table$ineligible, FALSE, 0, "base"))
  sums <- tapply(rows$w, factor(rows$stratum, seq_len(nrow(table))), sum)[table$judged > 0]
  near(as.numeric(sums), table$eligible[table$judged > 0], 1e-10)
  rows
}

# What each stratum of the group adds to the variance, by the textbook formula, and Satterthwaite's degrees of freedom.
# A lonely stratum under "adjust" is one square, and so has one; under "average" it adds none of its own.
by_stratum <- function(rows, group, finite, lonely) {
  judged <- rows$domain & group
  total <- sum(rows$w[judged])
  p <- sum((rows$w * rows$y)[judged]) / total
  rows$z <- ifelse(judged, rows$w * (rows$y - p) / total, 0)
  parts <- lapply(unique(rows$stratum[judged]), function(stratum) {
    here <- rows[rows$stratum == stratum, ]
    n <- nrow(here)
    room <- if (finite) 1 - n / here$N[1] else 1
    if (room == 0) return(data.frame(g = 0, df = 1, lonely = FALSE))
    if (n == 1) return(data.frame(g = if (lonely == "adjust") room * here$z^2 else 0, df = 1, lonely = TRUE))
    data.frame(g = room * n * var(here$z), df = n - 1, lonely = FALSE)
  })
  parts <- do.call(rbind, parts)
  factor <- if (lonely == "average") nrow(parts) / sum(!parts$lonely) else 1
  list(variance = factor * sum(parts$g), df = sum(parts$g)^2 / sum(parts$g^2 / parts$df))
}

beta_limits <- function(p, n_star, level) {
  a <- (1 - level) / 2
  c(if (p == 0) 0 else qbeta(a, n_star * p, n_star * (1 - p) + 1),
    if (p == 1) 1 else qbeta(1 - a, n_star * p + 1, n_star * (1 - p)))
}

one_group <- function(table, group, finite, lonely, level) {
  options(survey.lonely.psu = lonely)
  rows <- records(table)
  inside <- group == "all" | rows$arm == group
  design <- if (finite) svydesign(ids = ~1, strata = ~stratum, weights = ~w, fpc = ~N, data = rows) else
    svydesign(ids = ~1, strata = ~stratum, weights = ~w, data = rows)
  domain <- subset(design, rows$domain & inside)
  mean <- svymean(~y, domain)
  p <- coef(mean)[[1]]
  v <- vcov(mean)[[1]]
  n <- nrow(domain$variables)
  df <- degf(domain)
  hand <- by_stratum(rows, inside, finite, lonely)
  near(sqrt(v), sqrt(hand$variance))
  t_ratio <- function(df) (qt((1 + level) / 2, n - 1) / qt((1 + level) / 2, df))^2
  if (v > 1e-24) {
    logit <- function(df) as.numeric(confint(svyciprop(~y, domain, method = "xlogit", level = level, df = df)))
    found <- list(logit_t = logit(df), korn_graubard = as.numeric(confint(svyciprop(~y, domain, method = "beta", level = level))),
                  logit_t_satterthwaite = logit(hand$df),
                  korn_graubard_satterthwaite = beta_limits(p, p * (1 - p) / v * t_ratio(hand$df), level))
    near(found$korn_graubard, beta_limits(p, p * (1 - p) / v * t_ratio(df), level))
    dfs <- c(df, df, hand$df, hand$df)
  } else {
    # No error to go by: Kish's effective number of cases, and what the list leaves possible.
    v <- 0
    p <- if (all(domain$variables$y == 0)) 0 else if (all(domain$variables$y == 1)) 1 else p
    mine <- group == "all" | table$arm == group
    w <- domain$variables$w
    limits <- beta_limits(p, sum(w)^2 / sum(w^2) * t_ratio(df), level)
    size <- sum(table$eligible[mine])
    if (finite) limits <- c(max(limits[1], sum(table$yes[mine]) / size), min(limits[2], 1 - sum(table$no[mine]) / size))
    if (finite && all((table$yes + table$no + table$ineligible == table$eligible)[mine])) limits <- c(p, p)
    found <- list(logit_t = limits, korn_graubard = limits, logit_t_satterthwaite = limits, korn_graubard_satterthwaite = limits)
    dfs <- rep(df, 4)
  }
  data.frame(group = group, method = names(found), estimate = p, se = sqrt(v), df = dfs,
             lower = sapply(found, `[`, 1), upper = sapply(found, `[`, 2), plain_df = df)
}

# Newcombe 1998, method 10, with any limits of the two shares.
mover <- function(first, second) {
  d <- first$estimate - second$estimate
  data.frame(group = "hosted_minus_placed_out", method = first$method, estimate = d, se = sqrt(first$se^2 + second$se^2),
             df = ifelse(grepl("satterthwaite", first$method) & first$se + second$se > 0,
                         (first$se^2 + second$se^2)^2 / (first$se^4 / first$df + second$se^4 / second$df),
                         first$plain_df + second$plain_df),
             lower = d - sqrt((first$estimate - first$lower)^2 + (second$upper - second$estimate)^2),
             upper = d + sqrt((first$upper - first$estimate)^2 + (second$estimate - second$lower)^2), plain_df = NA)
}

unweighted <- function(table, group, level) {
  mine <- group == "all" | table$arm == group
  yes <- sum(table$yes[mine])
  n <- sum((table$yes + table$no)[mine])
  limits <- wilson(yes, n, level)
  data.frame(group = group, method = "unweighted", estimate = yes / n, se = sqrt(yes / n * (1 - yes / n) / n), df = NA,
             lower = limits[1], upper = limits[2], plain_df = NA)
}

rows <- list()
for (name in unique(data$design)) for (level in c(0.8, 0.95)) {
  table <- data[data$design == name, ]
  for (finite in c(TRUE, FALSE)) {
    judged <- table$yes + table$no
    single <- judged > 0 & judged + table$ineligible == 1 & !(finite & table$eligible == 1)
    for (lonely in if (any(single)) c("adjust", "average") else "fail") {
      groups <- lapply(c("all", "hosted", "placed_out"), function(group) one_group(table, group, finite, lonely, level))
      rows[[length(rows) + 1]] <- data.frame(design = name, lonely = lonely, population = if (finite) "finite" else "super", level = level,
                                             rbind(do.call(rbind, groups), mover(groups[[2]], groups[[3]])), row.names = NULL)
    }
  }
  groups <- lapply(c("all", "hosted", "placed_out"), function(group) unweighted(table, group, level))
  rows[[length(rows) + 1]] <- data.frame(design = name, lonely = "", population = "super", level = level,
                                         rbind(do.call(rbind, groups), mover(groups[[2]], groups[[3]])), row.names = NULL)
}
rows <- do.call(rbind, rows)
rows$plain_df <- NULL
write_rows(rows, "stratified.csv", results = c("estimate", "se", "df", "lower", "upper"))
