# Intervals when only a range of counts is known: with Jeffreys' prior the posterior of the coarsened data (Heitjan and
# Rubin 1991) is a mixture of beta distributions; the limits are its quantiles with equal tails. As for Jeffreys'
# interval of one count, the lower limit is 0 where 0 is in the range and the upper limit 1 where n is.
source("common.R")

mixture <- function(low, high, n) {
  k <- low:high
  log_weight <- lchoose(n, k) + lbeta(k + 0.5, n - k + 0.5)
  weight <- exp(log_weight - max(log_weight))
  weight <- weight / sum(weight)
  function(p, lower.tail) sum(weight * pbeta(p, k + 0.5, n - k + 0.5, lower.tail = lower.tail))
}

# Directly: the likelihood of the range times the prior, integrated over t with p = sin(t)^2, where the prior is flat.
posterior <- function(p, low, high, n) {
  likelihood <- function(t) pbinom(high, n, sin(t)^2) - pbinom(low - 1, n, sin(t)^2)
  # Pieces, so that no narrow peak is missed.
  ends <- function(from, to) {
    at <- seq(from, to, length.out = 201)
    sum(mapply(function(a, b) integrate(likelihood, a, b, rel.tol = 1e-10, abs.tol = 1e-14)$value, at[-201], at[-1]))
  }
  left <- ends(0, asin(sqrt(p)))
  left / (left + ends(asin(sqrt(p)), pi / 2))
}

coarsened <- function(low, high, n, level) {
  a <- (1 - level) / 2
  beyond <- mixture(low, high, n)
  limit <- function(lower.tail) {
    quantile <- function(k) qbeta(a, k + 0.5, n - k + 0.5, lower.tail = lower.tail)
    bracket <- c(quantile(low), quantile(high))
    if (low == high) return(bracket[1])
    p <- uniroot(function(p) beyond(p, lower.tail) - a, bracket, tol = 1e-15)$root
    near(beyond(p, lower.tail), a, 1e-11)
    below <- posterior(p, low, high, n)
    near(if (lower.tail) below else 1 - below, a, 1e-8)
    p
  }
  c(if (low == 0) 0 else limit(TRUE), if (high == n) 1 else limit(FALSE))
}

ranges <- lapply(list(c(26, 1253), c(21, 1253), c(50, 1253), c(0, 1253), c(1, 1253), c(100, 1253), c(26, 50), c(26, 100),
                      c(33, 3), c(26, 20000)),
                 function(pn) c(range(counts_for(pn[1], pn[2])), pn[2]))
ranges <- c(ranges, list(c(3, 9, 12), c(1, 12, 12), c(0, 11, 12), c(0, 12, 12), c(5, 5, 12), c(0, 0, 12), c(12, 12, 12),
                         c(0, 1, 1), c(100, 900, 1253)))
rows <- NULL
for (range in ranges) for (level in c(0.8, 0.95, 0.999)) {
  ci <- coarsened(range[1], range[2], range[3], level)
  rows <- rbind(rows, data.frame(count_low = range[1], count_high = range[2], n = range[3], level = level,
                                 lower = ci[1], upper = ci[2]))
}
write_rows(rows, "coarsened.csv", c("lower", "upper"))
