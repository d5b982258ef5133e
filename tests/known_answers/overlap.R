# What two shares of the same n cases leave open, by trying every way to fill the four cells: both, first only, second
# only, neither. A way counts if the first share has a possible number of cases, the second has one, and no cell is below 0.
source("common.R")

tried <- function(first, second, n) {
  ways <- expand.grid(a = first[1]:first[2], b = second[1]:second[2], both = 0:n)
  ways$first_only <- ways$a - ways$both
  ways$second_only <- ways$b - ways$both
  ways$neither <- n - ways$both - ways$first_only - ways$second_only
  ways <- ways[ways$first_only >= 0 & ways$second_only >= 0 & ways$neither >= 0, ]
  ways$either <- ways$both + ways$first_only + ways$second_only
  ways
}

rows <- NULL
add <- function(first, second, n) {
  ways <- tried(first, second, n)
  # Every whole number between the least and the greatest is reached.
  stopifnot(setequal(unique(ways$both), min(ways$both):max(ways$both)))
  one <- function(set, low, high, lower, upper)
    rows <<- rbind(rows, data.frame(first_low = first[1], first_high = first[2], second_low = second[1],
                                    second_high = second[2], n = n, set = set, count_low = low, count_high = high,
                                    lower = lower, upper = upper))
  for (set in c("both", "either", "neither", "first_only", "second_only")) {
    ends <- range(ways[[set]])
    one(set, ends[1], ends[2], ends[1] / n, ends[2] / n)
  }
  quotient <- function(set, whole) {
    some <- ways[ways[[whole]] > 0, ]
    ends <- if (nrow(some) == 0) c(NA, NA) else range(some$both / some[[whole]])
    one(set, NA, NA, ends[1], ends[2])
  }
  quotient("second_among_first", "a")
  quotient("first_among_second", "b")
}

# Two printed per cents.
for (case in list(c(26, 21, 1253), c(21, 26, 1253), c(60, 55, 1253), c(26, 21, 19), c(50, 50, 10), c(67, 50, 12),
                  c(90, 80, 30), c(0, 21, 150), c(100, 21, 150), c(0, 0, 60), c(100, 100, 400), c(0, 1, 150)))
  add(range(counts_for(case[1], case[3])), range(counts_for(case[2], case[3])), case[3])

# Every pair of ranges of up to two cases.
for (n in 1:2) {
  ranges <- subset(expand.grid(low = 0:n, high = 0:n), low <= high)
  for (i in seq_len(nrow(ranges))) for (j in seq_len(nrow(ranges)))
    add(as.numeric(ranges[i, ]), as.numeric(ranges[j, ]), n)
}
write_rows(rows, "overlap.csv", c("lower", "upper"))
