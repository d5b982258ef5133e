# Design properties of stratified draws without replacement, from package `sampling`:
#   inclusion     inclusionprobastrata: chance of selection of a case of each stratum
#   total         HTstrata: Horvitz-Thompson estimate of the number of cases and of yes from one sample (the first cases)
#   design_error  standard error of the weighted share over all samples, by the Sen-Yates-Grundy double sum over pairs
#   joint         UPsystematicpi2: chance that two cases are both in a systematic sample of equal probability
# The yes of a stratum are its first `yes` cases; the sample are its last `drawn`.
suppressMessages(library(sampling))
source("common.R")

designs <- list(
  twelve = list(size = c(36, 27, 27, 16, 30, 12, 35, 24, 4, 20, 36, 20), drawn = c(5, 5, 5, 5, 5, 5, 5, 5, 4, 6, 5, 5),
                yes = c(20, 9, 13, 16, 3, 6, 30, 12, 2, 0, 18, 11)),
  two = list(size = c(4, 5), drawn = c(2, 2), yes = c(1, 3)),
  whole = list(size = c(5, 3, 8), drawn = c(5, 1, 8), yes = c(2, 2, 3)))

rows <- NULL
add <- function(design, quantity, stratum, other, value) {
  rows <<- rbind(rows, data.frame(design = design, quantity = quantity, stratum = stratum, other = other, value = value))
}

for (name in names(designs)) {
  design <- designs[[name]]
  stratum <- rep(seq_along(design$size), design$size)
  place <- sequence(design$size)
  y <- as.numeric(place <= design$yes[stratum])
  pik <- inclusionprobastrata(stratum, design$drawn)
  for (h in seq_along(design$size)) add(name, "inclusion", h, NA, pik[stratum == h][1])
  taken <- place > design$size[stratum] - design$drawn[stratum]
  add(name, "total_cases", NA, NA, sum(HTstrata(rep(1, sum(taken)), pik[taken], stratum[taken])))
  add(name, "total_yes", NA, NA, sum(HTstrata(y[taken], pik[taken], stratum[taken])))
  # Pairs of one stratum: n (n - 1) / (N (N - 1)); pairs of two are independent.
  n <- design$drawn[stratum]; N <- design$size[stratum]
  joint <- outer(pik, pik)
  same <- outer(stratum, stratum, "==")
  joint[same] <- (n * (n - 1) / (N * (N - 1)))[row(joint)[same]]
  diag(joint) <- pik
  ratio <- outer(y / pik, y / pik, "-")
  error <- sqrt(-0.5 * sum((joint - outer(pik, pik)) * ratio^2)) / sum(design$size)
  closed <- sqrt(sum(ifelse(design$size > 1, (design$size / sum(design$size))^2 * (1 - design$drawn / design$size) *
    (design$yes * (design$size - design$yes) / (design$size * (design$size - 1))) / design$drawn, 0)))
  stopifnot(abs(error - closed) < 1e-12)
  add(name, "design_error", NA, NA, error)
}

for (design in list(c(7, 3), c(12, 5), c(10, 2))) {
  joint <- UPsystematicpi2(rep(design[2] / design[1], design[1]))
  name <- sprintf("%d of %d", design[2], design[1])
  for (i in seq_len(design[1])) for (j in seq_len(i)) add(name, "joint", i, j, joint[i, j])
}
write_rows(rows, "design.csv", results = "value")
