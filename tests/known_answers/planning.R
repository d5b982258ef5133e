# Precision and power of 60 cases from six areas. All values are fractions
# (0.0827 is 8.27 percentage points). n_per_group is 60 for all cases, 30 for one
# of the two groups or each of two arms. Six areas, so 10 cases of an area in all
# and 5 in a group:
#   all cases           deff = 1 + 9 icc
#   one group           deff = 1 + 4 icc
#   difference of arms  deff = 1 - icc    if both arms share the whole area effect
#                       deff = 1 + 4 icc  if they share none of it
# With icc = 0 the last two are the same and written once.
source("common.R")

iccs <- c(0, 0.02, 0.05, 0.1)
levels <- c(0.8, 0.95)
clusters <- 6
rows <- NULL
add <- function(quantity, p, n, icc, deff, level, power, value) {
  rows <<- rbind(rows, data.frame(
    quantity = quantity, p = p, n_per_group = n, clusters = clusters, icc = icc,
    deff = deff, level = level, power = power, value = value))
}

for (group in list(c(60, 9), c(30, 4))) for (icc in iccs) for (level in levels) {
  n <- group[1]
  deff <- 1 + group[2] * icc
  se <- sqrt(deff * 0.5 * 0.5 / n)
  upper <- 1 - (1 - level) / 2
  add("half_width_normal", 0.5, n, icc, deff, level, NA, qnorm(upper) * se)
  add("half_width_t", 0.5, n, icc, deff, level, NA, qt(upper, clusters - 1) * se)
}

arm_deffs <- function(icc) unique(c(1 - icc, 1 + 4 * icc))

for (icc in iccs) for (deff in arm_deffs(icc)) for (level in levels) {
  se <- sqrt(deff * 2 * 0.5 * 0.5 / 30)
  add("difference_half_width_normal", 0.5, 30, icc, deff, level, NA,
      qnorm(1 - (1 - level) / 2) * se)
}

# Upwards from p, pooled variance under the null hypothesis, two-sided.
minimum_detectable_difference <- function(p, n, level, power) {
  alpha <- 1 - level
  found <- power.prop.test(n = n, p1 = p, power = power, sig.level = alpha,
                           strict = FALSE, tol = 1e-12)$p2
  # The same root by halving.
  power_at <- function(q) {
    pooled <- (p + q) / 2
    pnorm((sqrt(n) * (q - p) - qnorm(1 - alpha / 2) * sqrt(2 * pooled * (1 - pooled))) /
            sqrt(p * (1 - p) + q * (1 - q)))
  }
  low <- p
  high <- 1
  for (i in 1:80) {
    middle <- (low + high) / 2
    if (power_at(middle) < power) low <- middle else high <- middle
  }
  near(found, middle, 1e-11)
  middle - p
}

for (p in c(0.5, 0.6)) for (icc in iccs) for (deff in arm_deffs(icc)) for (level in levels)
  add("minimum_detectable_difference", p, 30, icc, deff, level, 0.8,
      minimum_detectable_difference(p, 30 / deff, level, 0.8))
add("minimum_detectable_difference", 0.5, 30, 0, 1, 0.95, 0.9,
    minimum_detectable_difference(0.5, 30, 0.95, 0.9))

# The same for Student's t test on clusters - 1 degrees of freedom, whose error is that of the
# two proportions themselves: noncentral t, upper tail.
minimum_detectable_difference_t <- function(p, n, level, power, df) {
  critical <- qt(1 - (1 - level) / 2, df)
  short_of <- function(d) {
    ncp <- d / sqrt((p * (1 - p) + (p + d) * (1 - p - d)) / n)
    pt(critical, df, ncp, lower.tail = FALSE) - power
  }
  found <- uniroot(short_of, c(1e-6, 1 - p), tol = 1e-14)$root
  # The same chance by integration over the estimated error: sqrt(chi-squared / df).
  ncp <- found / sqrt((p * (1 - p) + (p + found) * (1 - p - found)) / n)
  again <- integrate(function(v) dchisq(v, df) * pnorm(critical * sqrt(v / df), ncp, lower.tail = FALSE),
                     0, Inf, rel.tol = 1e-10)$value
  near(again, power, 1e-8)
  found
}
for (p in c(0.5, 0.6)) for (icc in iccs) for (deff in arm_deffs(icc)) for (level in levels)
  if (p == 0.5 || level == 0.8)
    add("minimum_detectable_difference_t", p, 30, icc, deff, level, 0.8,
        minimum_detectable_difference_t(p, 30 / deff, level, 0.8, clusters - 1))

write_rows(rows, "planning.csv", c("deff", "value"))
