# The share looked after among starts that were cautions, q, where two shares are known to lie in a box:
# x, the share looked after among all starts, and p, the share in care among court starts.
# Of 1,000 starts, 1000 s are court starts; a part phi of their p was in care at the start. So
#   q = (1000 x - 1000 s phi p) / (1000 - 1000 s)
# and only q in [0, 1] is possible. Everything here is found by trying every point of a dense grid over the box,
# its corners among them; the formulas for corners and limits are checked against that and not used for it.
#   feasible              some point gives a possible q
#   lower, upper          the possible q
#   cut                   where points of a feasible box give an impossible q
#   greatest_court_share  greatest s at which the box is feasible, by halving an interval
source("common.R")

boxes <- rbind(
  data.frame(box = "point", looked_after_low = 0.1875, looked_after_high = 0.1875, in_care_low = 0.26, in_care_high = 0.26),
  data.frame(box = "rounding", looked_after_low = 4450 / 24500, looked_after_high = 4550 / 23500,
             in_care_low = 0.255, in_care_high = 0.265),
  data.frame(box = "rounding_and_sampling", looked_after_low = 4450 / 24500, looked_after_high = 4550 / 23500,
             in_care_low = 0.2171, in_care_high = 0.3067),
  data.frame(box = "most_looked_after", looked_after_low = 0.85, looked_after_high = 0.95, in_care_low = 0.1, in_care_high = 0.2),
  data.frame(box = "wide", looked_after_low = 0.05, looked_after_high = 0.95, in_care_low = 0.05, in_care_high = 0.95),
  data.frame(box = "none_in_care", looked_after_low = 0, looked_after_high = 0.1, in_care_low = 0, in_care_high = 0.2))
shares <- c(0, 0.1, 0.3, 0.5, 0.6, 0.7, 0.75, 0.76, 0.9, 0.99)
parts <- c(1, 0.9, 0.8, 0.7, 0.25)

grid <- function(low, high) if (low == high) low else c(low, low + (high - low) * (1:199) / 200, high)

# q at every point of the grid.
all_q <- function(box, s, phi) {
  x <- grid(box$looked_after_low, box$looked_after_high)
  p <- grid(box$in_care_low, box$in_care_high)
  outer(1000 * x, 1000 * s * phi * p, "-") / (1000 - 1000 * s)
}

# The grid may leap over [0, 1], but not if some points lie on either side: q is continuous over the box.
feasible <- function(box, s, phi) {
  q <- all_q(box, s, phi)
  max(q) >= 0 && min(q) <= 1
}

greatest <- function(box, phi) {
  ends <- c(0, 1 - 1e-12)
  if (feasible(box, ends[2], phi)) return(1)
  for (step in 1:60) {
    middle <- mean(ends)
    ends[if (feasible(box, middle, phi)) 1 else 2] <- middle
  }
  ends[1]
}

greatest_by_formula <- function(box, phi) {
  min(1, box$looked_after_high / (phi * box$in_care_low), (1 - box$looked_after_low) / (1 - phi * box$in_care_high))
}

rows <- NULL
for (i in seq_len(nrow(boxes))) for (phi in parts) {
  box <- boxes[i, ]
  limit <- greatest(box, phi)
  near(limit, greatest_by_formula(box, phi))
  # On either side of the limit too.
  for (s in c(shares, if (limit < 1) limit + c(-1e-6, 1e-6))) {
    q <- all_q(box, s, phi)
    # Binary fractions can put what is 1 a little above it (an x of 0.1, a p of 0 and an s of 0.9).
    q[abs(q) < 1e-12] <- 0
    q[abs(q - 1) < 1e-12] <- 1
    near(range(q), c(box$looked_after_low - s * phi * box$in_care_high,
                     box$looked_after_high - s * phi * box$in_care_low) / (1 - s), 1e-9)
    possible <- q[q >= 0 & q <= 1]
    there <- max(q) >= 0 && min(q) <= 1
    stopifnot(there == (s <= limit), there || length(possible) == 0)
    # Where all points on one side are impossible the possible ones reach 0 or 1 itself, since q is continuous.
    lower <- if (!there) NA else if (min(q) < 0) 0 else min(possible)
    upper <- if (!there) NA else if (max(q) > 1) 1 else max(possible)
    if (length(possible)) {
      # How far apart neighbours on the grid are.
      step <- max(0, abs(diff(q)), abs(diff(t(q))))
      stopifnot(min(possible) - lower <= 2 * step, upper - max(possible) <= 2 * step)
    }
    cut <- if (!there) "" else paste(c("below 0", "above 1")[c(min(q) < 0, max(q) > 1)], collapse = " and ")
    rows <- rbind(rows, data.frame(box, in_care_at_start = phi, court_share = s, feasible = there,
                                   lower = lower, upper = upper, cut = cut, greatest_court_share = limit))
  }
}
# Each kind is among them.
stopifnot(c("", "below 0", "above 1", "below 0 and above 1") %in% rows$cut, any(!rows$feasible))
write_rows(rows, "out_of_court.csv", c("lower", "upper", "greatest_court_share"))
