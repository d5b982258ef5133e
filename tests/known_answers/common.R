# Functions that the other scripts in this folder use. Writes nothing itself.
options(warn = 2, digits = 17, stringsAsFactors = FALSE)

# 17 significant digits: enough to get the same double back.
exact <- function(x) ifelse(is.na(x), "", sprintf("%.17g", x))

# Grid values such as 0.95 are written short when that reads back as the same
# double; results are always written with 17 digits.
short <- function(x) {
  text <- sprintf("%.15g", x)
  same <- !is.na(x) & suppressWarnings(as.numeric(text)) == x
  ifelse(same, text, exact(x))
}

write_rows <- function(rows, file, results = character(0)) {
  for (name in names(rows)) {
    if (is.numeric(rows[[name]])) {
      rows[[name]] <- if (name %in% results) exact(rows[[name]]) else short(rows[[name]])
    }
  }
  lines <- do.call(paste, c(unname(as.list(rows)), sep = ","))
  con <- file(file, open = "wb")
  writeLines(c(paste(names(rows), collapse = ","), lines), con, sep = "\n")
  close(con)
}

near <- function(x, y, tolerance = 1e-12) {
  stopifnot(length(x) == length(y), all(is.finite(x)), all(is.finite(y)))
  if (any(abs(x - y) > tolerance)) {
    stop("not equal: ", paste(x, collapse = " "), " and ", paste(y, collapse = " "))
  }
}

# ---- one proportion, simple random sampling ---------------------------------

wilson <- function(k, n, level) {
  # prop.test warns that its chi-squared test is approximate for small counts;
  # the interval does not depend on that test.
  ci <- suppressWarnings(prop.test(k, n, conf.level = level, correct = FALSE))$conf.int
  ci <- as.numeric(ci)
  z <- qnorm(1 - (1 - level) / 2)
  p <- k / n
  centre <- (p + z^2 / (2 * n)) / (1 + z^2 / n)
  half <- z * sqrt(p * (1 - p) / n + z^2 / (4 * n^2)) / (1 + z^2 / n)
  near(ci, c(centre - half, centre + half))
  # The limits are 0 at k = 0 and 1 at k = n exactly; take away rounding noise.
  if (k == 0) { near(ci[1], 0); ci[1] <- 0 }
  if (k == n) { near(ci[2], 1); ci[2] <- 1 }
  ci
}

clopper_pearson <- function(k, n, level) {
  ci <- as.numeric(binom.test(k, n, conf.level = level)$conf.int)
  a <- (1 - level) / 2
  # Same limits from the F distribution.
  low <- if (k == 0) 0 else 1 / (1 + (n - k + 1) / (k * qf(a, 2 * k, 2 * (n - k + 1))))
  high <- if (k == n) 1 else {
    f <- qf(1 - a, 2 * (k + 1), 2 * (n - k))
    (k + 1) * f / (n - k + (k + 1) * f)
  }
  near(ci, c(low, high))
  # And the definition: each tail has probability a at its limit.
  if (k > 0) near(pbinom(k - 1, n, ci[1], lower.tail = FALSE), a)
  if (k < n) near(pbinom(k, n, ci[2]), a)
  ci
}

jeffreys <- function(k, n, level) {
  # As in Brown, Cai and DasGupta (2001): the lower limit is set to 0 at k = 0
  # and the upper limit to 1 at k = n. The other limit keeps its (1 - level) / 2
  # tail. Some libraries do not do this.
  a <- (1 - level) / 2
  ci <- qbeta(c(a, 1 - a), k + 0.5, n - k + 0.5)
  # The definition: each tail has probability a. In probability qbeta can be out by
  # 1e-12 at n = 20,000, which is 1e-14 in the limit itself.
  near(pbeta(ci, k + 0.5, n - k + 0.5), c(a, 1 - a), 1e-11)
  # Same limits from the F distribution.
  f <- qf(c(a, 1 - a), 2 * k + 1, 2 * (n - k) + 1)
  near(ci, (2 * k + 1) * f / ((2 * (n - k) + 1) + (2 * k + 1) * f))
  if (k == 0) ci[1] <- 0
  if (k == n) ci[2] <- 1
  ci
}

simple_methods <- list(wilson = wilson, clopper_pearson = clopper_pearson,
                       jeffreys = jeffreys)

# ---- one proportion, clusters -----------------------------------------------

logit_t <- function(p, n, clusters, deff, level) {
  se <- sqrt(deff * p * (1 - p) / n)
  quantile <- qt(1 - (1 - level) / 2, clusters - 1)
  ci <- plogis(qlogis(p) + c(-1, 1) * quantile * se / (p * (1 - p)))
  # The same without R's logistic functions.
  odds <- p / (1 - p) * exp(c(-1, 1) * quantile * se / (p * (1 - p)))
  near(ci, odds / (1 + odds))
  ci
}

# The effective sample size is not cut at n.
korn_graubard <- function(p, n, clusters, deff, level) {
  a <- 1 - level
  n_star <- n / deff * (qt(1 - a / 2, n - 1) / qt(1 - a / 2, clusters - 1))^2
  k_star <- n_star * p
  ci <- c(qbeta(a / 2, k_star, n_star - k_star + 1),
          qbeta(1 - a / 2, k_star + 1, n_star - k_star))
  near(pbeta(ci[1], k_star, n_star - k_star + 1), a / 2)
  near(pbeta(ci[2], k_star + 1, n_star - k_star), 1 - a / 2)
  ci
}

cluster_methods <- list(logit_t = logit_t, korn_graubard = korn_graubard)

# ---- counts that give a printed whole per cent ------------------------------

# Half up, whole numbers only: (2P - 1) n <= 200 k < (2P + 1) n, 0 <= k <= n.
# Returns integer(0) if no count gives this per cent.
counts_for <- function(per_cent, n) {
  low <- if (per_cent == 0) 0 else -((-(2 * per_cent - 1) * n) %/% 200)
  high <- if (per_cent == 100) n else ((2 * per_cent + 1) * n - 1) %/% 200
  counts <- if (low > high) integer(0) else low:high
  # Directly: try every count and round half up by whole numbers.
  if (n <= 20000) {
    k <- 0:n
    stopifnot(identical(as.integer(counts), k[(200 * k + n) %/% (2 * n) == per_cent]))
  }
  counts
}
