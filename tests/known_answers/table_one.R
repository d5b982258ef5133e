# What a table of four ratings implies: bounds on key questions, tests that do not hold, counts, pooled groups, and
# Newcombe's intervals over all counts. Everything that can be enumerated is.
# Run in this folder; writes table_one.csv.
source("common.R")
ratings <- c("Inadequate", "Requires improvement", "Good", "Outstanding")
low <- c(0, 49.5, 64.5, 79.5)
high <- c(49.5, 64.5, 79.5, 100)
whole_low <- c(0, 50, 65, 80)
whole_high <- c(49, 64, 79, 100)
rows <- list()
add <- function(quantity, a = "", b = "", n = NA, m = NA, lower = NA, upper = NA) {
  rows[[length(rows) + 1]] <<- data.frame(quantity = quantity, a = a, b = b, n = n, m = m, lower = lower, upper = upper)
}

# ---- key questions: reference in [a, b), group in [c, d), the others up to 100 -----------------------------------------
# Grids of three key questions of which the lowest is in the band; ends approached to 1e-6 of a point.
triples <- function(from, to) {
  lowest <- c(from, (from + to) / 2, to - 1e-6 * (to < 100))
  grid <- expand.grid(x = lowest, y = c(lowest, 90, 100), z = c(lowest, 90, 100))
  grid <- as.matrix(grid)
  grid <- rbind(grid, grid[, c(2, 1, 3)], grid[, c(2, 3, 1)])
  smallest <- apply(grid, 1, min)
  unique(grid[smallest >= from & (smallest < to | to == 100), ])
}
for (i in 1:4) for (j in 1:4) {
  a <- low[i]; b <- high[i]; c <- low[j]; d <- high[j]
  bounds <- rbind(lowest = c(c - b, d - a), one = c(c - 100, d - a), named = c(c - 100, 100 - a),
                  mean = c(c - (b + 200) / 3, (d + 200) / 3 - a))
  ref <- triples(a, b); grp <- triples(c, d)
  left <- rep(seq_len(nrow(ref)), times = nrow(grp)); right <- rep(seq_len(nrow(grp)), each = nrow(ref))
  difference <- grp[right, ] - ref[left, ]
  rowmin <- function(x) pmin(x[, 1], x[, 2], x[, 3])
  found <- rbind(range(rowmin(grp[right, ]) - rowmin(ref[left, ])), range(rowmin(difference)), range(difference[, 2]),
                 range(rowMeans(difference)))
  near(as.vector(found), as.vector(bounds), 1e-5)
  for (what in rownames(bounds)) add(paste0("question_", what), ratings[i], ratings[j], lower = bounds[what, 1], upper = bounds[what, 2])
}

# ---- sign tests: number of `of`, one-sided (more often lower) and two-sided --------------------------------------------
for (m in 1:12) for (k in 0:m) {
  add("sign_test", n = k, m = m, lower = binom.test(k, m, alternative = "greater")$p.value, upper = binom.test(k, m)$p.value)
}

# ---- label permutations of three tables: every arrangement -------------------------------------------------------------
# Columns: groups, the first is the reference; rows: standards. Pairs: second and third against first, third against second.
tables <- list(
  table_1 = rbind(c(3, 3, 3), c(3, 2, 2), c(3, 3, 2), c(3, 2, 2)),
  mixed = rbind(c(4, 2, 1), c(2, 3, 1), c(3, 3, 3), c(1, 2, 2)),
  reverse = rbind(c(1, 2, 3), c(2, 3, 4)))
orders <- rbind(c(1, 2, 3), c(1, 3, 2), c(2, 1, 3), c(2, 3, 1), c(3, 1, 2), c(3, 2, 1))
step <- function(row) sign(row[1] - row[2]) + sign(row[1] - row[3]) + sign(row[2] - row[3])
for (name in names(tables)) {
  table <- tables[[name]]
  values <- t(apply(table, 1, function(row) apply(orders, 1, function(order) step(row[order]))))
  seen <- sum(values[, 1])
  every <- as.matrix(expand.grid(rep(list(1:6), nrow(table))))
  independent <- apply(every, 1, function(choice) sum(values[cbind(seq_len(nrow(table)), choice)]))
  stopifnot(length(independent) == 6^nrow(table))
  together <- rowSums(apply(values, 1, sort))
  same <- colSums(values)
  p <- function(sums) c(mean(sums >= seen), mean(abs(sums) >= abs(seen)))
  add("permutation_independent", name, lower = p(independent)[1], upper = p(independent)[2])
  add("permutation_dependent", name, lower = p(together)[1], upper = p(together)[2])
  add("permutation_one_shuffle", name, lower = p(same)[1], upper = p(same)[2])
}

# ---- counts: every count of n, rounded half up in whole numbers --------------------------------------------------------
counts_of <- function(i, n) {
  k <- 0:n
  per_cent <- (200 * k + n) %/% (2 * n)
  k[per_cent >= whole_low[i] & per_cent <= whole_high[i]]
}
sizes <- c(1:20, 60, 120, 200, 206, 326, 927, 1253)
for (n in sizes) for (i in 1:4) {
  counts <- counts_of(i, n)
  if (length(counts)) stopifnot(identical(as.integer(counts), min(counts):max(counts)))
  add("lattice", ratings[i], n = n, lower = if (length(counts)) min(counts) else NA, upper = if (length(counts)) max(counts) else NA)
}
for (pair in list(c(206, 927), c(120, 927), c(120, 206), c(7, 9), c(3, 11))) for (i in 1:4) for (j in 1:4) {
  group <- counts_of(j, pair[1]) / pair[1]
  reference <- counts_of(i, pair[2]) / pair[2]
  if (!length(group) || !length(reference)) next
  difference <- outer(group, reference, "-")
  add("gap", ratings[i], ratings[j], pair[1], pair[2], min(difference), max(difference))
  add("gap_apart", ratings[i], ratings[j], pair[1], pair[2], min(abs(difference)))
}

# ---- pooled groups: 927 not in care, 326 in care whose split is not known ----------------------------------------------
for (i in 1:4) for (j in 1:4) for (k in 1:4) {
  split <- 0:326
  lower <- range((split * low[j] + (326 - split) * low[k]) / 326)[1]
  upper <- range((split * high[j] + (326 - split) * high[k]) / 326)[2]
  add("pooled_in_care", ratings[j], ratings[k], lower = lower, upper = upper)
  add("pooled_all", paste(ratings[i], ratings[j], sep = "/"), ratings[k],
      lower = (927 * low[i] + 326 * lower) / 1253, upper = (927 * high[i] + 326 * upper) / 1253)
}

# ---- Newcombe (1998), method 10, over all pairs of counts --------------------------------------------------------------
newcombe <- function(k, n, j, m, level) {
  one <- wilson(k, n, level); two <- wilson(j, m, level)
  p <- k / n; q <- j / m
  c(p - q - sqrt((p - one[1])^2 + (two[2] - q)^2), p - q + sqrt((one[2] - p)^2 + (q - two[1])^2))
}
# The example of Newcombe's paper: 56 of 70 and 48 of 80, (0.0524, 0.3339).
near(newcombe(56, 70, 48, 80, 0.95), c(0.0524, 0.3339), 5e-5)
limits_of <- function(i, n, level) {
  k <- counts_of(i, n)
  cbind(k / n, t(sapply(k, wilson, n = n, level = level)))
}
for (level in c(0.8, 0.95)) for (pair in list(c(206, 927), c(120, 927), c(120, 206), c(9, 14))) for (i in 1:4) for (j in 1:4) {
  if (!length(counts_of(j, pair[1])) || !length(counts_of(i, pair[2]))) next
  one <- limits_of(j, pair[1], level); two <- limits_of(i, pair[2], level)
  lower <- outer(one[, 1], two[, 1], "-") - sqrt(outer((one[, 1] - one[, 2])^2, (two[, 3] - two[, 1])^2, "+"))
  upper <- outer(one[, 1], two[, 1], "-") + sqrt(outer((one[, 3] - one[, 1])^2, (two[, 1] - two[, 2])^2, "+"))
  add(paste0("newcombe_", level), ratings[i], ratings[j], pair[1], pair[2], min(lower), max(upper))
}

table <- unique(do.call(rbind, rows))
write_rows(table, "table_one.csv", c("lower", "upper"))
