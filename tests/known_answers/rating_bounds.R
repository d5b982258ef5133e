# What two ratings say about the two percentages behind them: sharp bounds on the
# difference, the ratio and the odds ratio (group against reference), as fractions.
# For a reference in [a, b) and a group in [c, d):
#   difference  (c - b, d - a)
#   ratio       (c / b, d / a)
#   odds ratio  (o(c) / o(b), o(d) / o(a)),  o(p) = p / (1 - p)
# Bounds that do not exist are written as their limits:
#   a = 0   d / a and o(d) / o(a) grow without limit as the reference nears 0: Inf
#   d = 1   o(d) grows without limit as the group nears 1: Inf
#   b = 1   o(b) grows without limit as the reference nears 1: o(c) / o(b) is 0
# Neither 0/0 nor Inf/Inf can arise in a bound: b > 0, d > 0, a < 1 and c < 1 always.
# (A single pair, both 0 or both 1, has no ratio or odds ratio; such pairs are left
# out of the grids below.)
# With the convention "integer" the ends are printed whole per cents and are attained.
source("common.R")

ratings <- c("Inadequate", "Requires improvement", "Good", "Outstanding")
bands <- list(
  rounded = list(low = c(0, 49.5, 64.5, 79.5), high = c(49.5, 64.5, 79.5, 100)),
  threshold = list(low = c(0, 50, 65, 80), high = c(50, 65, 80, 100)),
  integer = list(low = c(0, 50, 65, 80), high = c(49, 64, 79, 100)))
# The rounded bands, 5 points wider at both ends, cut at 0 and 100.
bands$discretion <- list(low = pmax(0, bands$rounded$low - 5),
                         high = pmin(100, bands$rounded$high + 5))

# o() in per cent keeps whole and half per cents exact.
odds <- function(per_cent) per_cent / (100 - per_cent)

closed_form <- function(a, b, c, d) {
  bounds <- c((c - b) / 100, (d - a) / 100, c / b, d / a,
              odds(c) / odds(b), odds(d) / odds(a))
  stopifnot(!is.nan(bounds), bounds[c(1, 3, 5)] <= bounds[c(2, 4, 6)])
  bounds
}

# Smallest and largest value over every pair of two grids.
extremes <- function(reference, group) {
  x <- rep(reference, times = length(group))
  y <- rep(group, each = length(reference))
  ratio <- (y / x)[!(x == 0 & y == 0)]
  odds_ratio <- (odds(y) / odds(x))[!(x == 0 & y == 0) & !(x == 100 & y == 100)]
  c(range(y - x) / 100, range(ratio), range(odds_ratio))
}

# Points strictly inside a band, the outermost a share `gap` of its width from the ends.
inside <- function(low, high, gap) {
  low + (high - low) * c(gap, seq(0.005, 0.995, by = 0.005), 1 - gap)
}

# How far the grid stops short of the closed form: relative to 1 + the bound when it
# is finite, 1 / value when the bound is Inf.
shortfall <- function(found, bounds) {
  inward <- c(1, -1, 1, -1, 1, -1) * (found - bounds)
  ifelse(is.finite(bounds), inward / (1 + abs(bounds)), 1 / found)
}

rows <- NULL
for (convention in names(bands)) for (i in 1:4) for (j in 1:4) {
  a <- bands[[convention]]$low[i]
  b <- bands[[convention]]$high[i]
  c <- bands[[convention]]$low[j]
  d <- bands[[convention]]$high[j]
  bounds <- closed_form(a, b, c, d)

  if (convention == "integer") {
    found <- extremes(a:b, c:d)
    same <- ifelse(is.finite(bounds), abs(found - bounds) < 1e-12, found == bounds)
    if (!all(same)) stop("brute force differs: ", convention, " ", ratings[i], ", ", ratings[j])
  } else {
    # A grid inside the bands never reaches the bounds, and comes nearer to them, in
    # proportion, as its outermost points near the ends.
    left <- sapply(c(1e-3, 1e-5, 1e-7), function(gap)
      shortfall(extremes(inside(a, b, gap), inside(c, d, gap)), bounds))
    ok <- left > -1e-12 & left < rep(c(1e-3, 1e-5, 1e-7) * 40, each = 6)
    if (!all(ok)) stop("bounds not approached: ", convention, " ", ratings[i], ", ", ratings[j])
  }

  rows <- rbind(rows, data.frame(
    reference_rating = ratings[i], group_rating = ratings[j], convention = convention,
    difference_lower = bounds[1], difference_upper = bounds[2],
    ratio_lower = bounds[3], ratio_upper = bounds[4],
    odds_ratio_lower = bounds[5], odds_ratio_upper = bounds[6]))
}
stopifnot(nrow(rows) == 64)
write_rows(rows, "rating_bounds.csv", names(rows)[4:9])
