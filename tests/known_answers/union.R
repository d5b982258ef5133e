# Intervals when only a rounded whole per cent is printed: the union over all
# counts that give it. Both limits rise with the count, so the union runs from the
# lower limit at the lowest count to the upper limit at the highest.
source("common.R")

check_union <- function(interval, counts, lower, upper) {
  # Directly, over every count when there are not too many of them.
  if (length(counts) > 20) counts <- counts[c(1:10, length(counts) - 9:0)]
  all <- sapply(counts, interval)
  stopifnot(min(all[1, ]) == lower, max(all[2, ]) == upper)
}

rows <- NULL
for (pn in list(c(26, 1253), c(21, 1253), c(50, 1253), c(0, 1253), c(100, 1253),
                c(26, 50), c(26, 100), c(33, 3), c(26, 20000)))
  for (method in names(simple_methods)) for (level in c(0.8, 0.95)) {
    n <- pn[2]
    counts <- counts_for(pn[1], n)
    stopifnot(length(counts) > 0)
    interval <- function(k) simple_methods[[method]](k, n, level)
    lower <- interval(min(counts))[1]
    upper <- interval(max(counts))[2]
    check_union(interval, counts, lower, upper)
    rows <- rbind(rows, data.frame(
      per_cent = pn[1], n = n, method = method, level = level,
      count_low = min(counts), count_high = max(counts), lower = lower, upper = upper))
  }
write_rows(rows, "union.csv", c("lower", "upper"))

# Per cents that no count of n can give.
rows <- NULL
for (n in 1:60) for (per_cent in 0:100)
  if (length(counts_for(per_cent, n)) == 0)
    rows <- rbind(rows, data.frame(per_cent = per_cent, n = n))
stopifnot(any(rows$per_cent == 50 & rows$n == 7))
write_rows(rows, "impossible.csv")

# The same union with clusters of equal size; p = count / n at each end.
rows <- NULL
n <- 1253
clusters <- 42
for (per_cent in c(26, 21)) for (method in names(cluster_methods))
  for (icc in c(0, 0.02, 0.05, 0.1)) for (level in c(0.8, 0.95)) {
    deff <- 1 + (n / clusters - 1) * icc
    counts <- counts_for(per_cent, n)
    interval <- function(k) cluster_methods[[method]](k / n, n, clusters, deff, level)
    lower <- interval(min(counts))[1]
    upper <- interval(max(counts))[2]
    check_union(interval, counts, lower, upper)
    rows <- rbind(rows, data.frame(
      per_cent = per_cent, n = n, clusters = clusters, icc = icc, deff = deff,
      method = method, level = level, count_low = min(counts),
      count_high = max(counts), lower = lower, upper = upper))
  }
write_rows(rows, "union_clustered.csv", c("deff", "lower", "upper"))
