# How sure a band is: for the population (pbeta), in another inspection (beta-binomial averaged over beta by integrate), over
# resamples of four services (all 4^4 of them), in samples of a known share (pbinom), and the power of a test of two shares.
# Run in this folder; writes band_probability.csv.
source("common.R")
ratings <- c("Inadequate", "Requires improvement", "Good", "Outstanding")
lowest <- c(0, 50, 65, 80)
cuts <- c(0, 0.495, 0.645, 0.795, 1)
rows <- list()
blank <- list(quantity = "", count = NA, n = NA, deff = NA, share = NA, other = NA, n_other = NA, assurance = NA,
              standard = "", group = "", rating = "", value = NA)
add <- function(...) {
  given <- list(...)
  row <- blank
  row[names(given)] <- given
  rows[[length(rows) + 1]] <<- as.data.frame(row)
}
# The whole per cent in integers, half up: never by binary fractions.
per_cent <- function(k, n) (200 * k + n) %/% (2 * n)
band <- function(k, n) findInterval(per_cent(k, n), lowest)

# ---- population and another inspection ---------------------------------------

# Probability of each band, given the share p, of a count with correlation rho between the cases of a service.
bands_given <- function(p, n, rho) {
  k <- 0:n
  pmf <- if (rho == 0) dbinom(k, n, p) else {
    s <- 1 / rho - 1
    exp(lchoose(n, k) + lbeta(k + p * s, n - k + (1 - p) * s) - lbeta(p * s, (1 - p) * s))
  }
  near(sum(pmf), 1, 1e-9)
  near(sum(k * pmf), n * p, 1e-7 * n)
  near(sum((k - n * p)^2 * pmf), n * p * (1 - p) * (1 + (n - 1) * rho), 1e-6 * n)
  sapply(1:4, function(b) sum(pmf[band(k, n) == b]))
}
again <- function(count, n, deff) {
  effective <- n / max(1, deff)
  a <- effective * count / n + 0.5
  b <- effective * (n - count) / n + 0.5
  rho <- (max(1, deff) - 1) / (n - 1)
  found <- sapply(1:4, function(which) {
    # p = sin(x)^2 takes away what is infinite at 0 and 1; the pieces make sure that a narrow peak is seen.
    f <- function(x) sapply(x, function(x) {
      p <- sin(x)^2
      bands_given(min(max(p, 1e-12), 1 - 1e-12), n, rho)[which] * 2 * exp((2 * a - 1) * log(sin(x)) + (2 * b - 1) * log(cos(x)) - lbeta(a, b))
    })
    ends <- asin(sqrt(qbeta(c(1e-16, 0.01, 0.2, 0.5, 0.8, 0.99), a, b)))
    ends <- c(ends, asin(sqrt(1 - qbeta(1e-16, b, a))))
    sum(sapply(seq_len(length(ends) - 1), function(i) integrate(f, ends[i], ends[i + 1], rel.tol = 1e-11, subdivisions = 2000)$value))
  })
  near(sum(found), 1, 1e-9)
  if (rho == 0) {
    k <- 0:n
    pmf <- exp(lchoose(n, k) + lbeta(k + a, n - k + b) - lbeta(a, b))
    near(found, sapply(1:4, function(b) sum(pmf[band(k, n) == b])), 1e-10)
  }
  found
}
for (given in list(c(124, 206, 1.47), c(124, 206, 0.8), c(547, 770, 2.306), c(77, 113, 1.0286), c(3, 7, 1), c(0, 12, 1), c(9, 9, 3),
                   c(13, 20, 8), c(129, 200, 1.2))) {
  effective <- given[2] / max(1, given[3])
  below <- pbeta(cuts, effective * given[1] / given[2] + 0.5, effective * (1 - given[1] / given[2]) + 0.5)
  new <- again(given[1], given[2], given[3])
  for (b in 1:4) {
    add(quantity = "population", count = given[1], n = given[2], deff = given[3], rating = ratings[b], value = diff(below)[b])
    add(quantity = "reinspection", count = given[1], n = given[2], deff = given[3], rating = ratings[b], value = new[b])
  }
}

# ---- all resamples of four services -------------------------------------------

cases <- read.csv("../../data/synthetic/synthetic_inspected_cases.csv", stringsAsFactors = FALSE, na.strings = "")
services <- sprintf("Synthetic service %02d", c(2, 7, 11, 31))
stopifnot(all(services %in% cases$yot))
questions <- c("desistance", "child_safety", "others_safety")
groups <- c("not_in_care", "in_care_inside", "in_care_outside")
all_resamples <- as.matrix(expand.grid(1:4, 1:4, 1:4, 1:4))
same <- rep(TRUE, nrow(all_resamples))
for (standard in c("assessment", "planning", "delivery", "reviewing")) for (group in groups) {
  count <- function(answers) sapply(services, function(service) sapply(questions, function(question) {
    found <- cases[cases$yot == service & cases$care_group == group, paste(standard, question, sep = "_")]
    sum(!is.na(found) & found %in% answers)
  }))
  yes <- count("yes")
  judged <- count(c("yes", "no"))
  # The smallest fraction is told by cross products.
  lowest_of <- function(k, n) {
    best <- NA
    for (q in which(n > 0)) if (is.na(best) || k[q] * n[best] < k[best] * n[q]) best <- q
    best
  }
  one <- function(drawn) {
    k <- rowSums(yes[, drawn]); n <- rowSums(judged[, drawn])
    best <- lowest_of(k, n)
    c(if (is.na(best)) c(NA, NA) else c(k[best] / n[best], band(k[best], n[best])), ifelse(n > 0, k / n, NA))
  }
  found <- t(apply(all_resamples, 1, one))
  there <- !is.na(found[, 1])
  sample <- one(1:4)
  same <- same & there & found[, 2] == sample[2]
  own <- colMeans(found[, 3:5], na.rm = TRUE)
  put <- function(name, value) add(quantity = name, standard = standard, group = group, value = value)
  for (b in 1:4) add(quantity = "resamples", standard = standard, group = group, rating = ratings[b], value = mean(there & found[, 2] %in% b))
  put("empty", mean(!there))
  put("lowest", sample[1])
  put("mean_lowest", mean(found[there, 1]))
  put("bias_of_lowest", mean(found[there, 1]) - min(own))
}
stopifnot(sum(same) > 0)
add(quantity = "joint", value = mean(same))

# ---- samples of a known share --------------------------------------------------

of_share <- function(share, n) {
  k <- 0:n
  sapply(1:4, function(b) sum(dbinom(k[band(k, n) == b], n, share)))
}
for (given in list(c(0.7, 30), c(0.645, 927), c(0.5, 1), c(0, 10), c(1, 10))) for (b in 1:4)
  add(quantity = "of_share", share = given[1], n = given[2], rating = ratings[b], value = of_share(given[1], given[2])[b])

# Every number up to 20,000 is tried; beyond that Hoeffding's bound on both tails is below 1 - assurance.
needed <- function(share, b, assurance) {
  n <- 1:20000
  from <- pmax(0, ceiling((2 * lowest[b] - 1) * n / 200))
  to <- if (b == 4) n + 1 else ceiling((2 * lowest[b + 1] - 1) * n / 200)
  ends <- c(if (b > 1) cuts[b], if (b < 4) cuts[b + 1])
  stopifnot(sum(exp(-2 * 20000 * (ends - share)^2)) < 1 - assurance)
  chance <- pbinom(to - 1, n, share) - pbinom(from - 1, n, share)
  at <- c(1, 7, 200, 333)
  near(chance[at], sapply(at, function(n) of_share(share, n)[b]), 1e-12)
  max(0, n[chance < assurance]) + 1
}
for (given in list(c(0.66, 3), c(0.67, 3), c(0.68, 3), c(0.7, 3), c(0.72, 3), c(0.75, 3), c(0.6, 2), c(0.3, 1), c(0.9, 4), c(1, 4)))
  for (assurance in c(0.8, 0.95))
    add(quantity = "cases_needed", share = given[1], rating = ratings[given[2]], assurance = assurance,
        value = needed(given[1], given[2], assurance))

# ---- power of a test of two shares ---------------------------------------------

power <- function(p, q, n, m, deff) {
  pooled <- (n * p + m * q) / (n + m)
  null <- sqrt(deff * pooled * (1 - pooled) * (1 / n + 1 / m))
  pnorm((abs(p - q) - qnorm(0.975) * null) / sqrt(deff * (p * (1 - p) / n + q * (1 - q) / m)))
}
near(power(0.7, 0.6, 356, 356, 1), power.prop.test(n = 356, p1 = 0.7, p2 = 0.6)$power, 1e-10)
near(power(0.7, 0.6, 300, 300, 1.5), power.prop.test(n = 200, p1 = 0.7, p2 = 0.6)$power, 1e-10)
for (given in list(c(0.7, 0.6, 927, 206, 1), c(0.7, 0.6, 927, 206, 1.5), c(0.68, 0.6, 206, 120, 1), c(0.6, 0.68, 206, 120, 2),
                   c(0.7, 0.6, 356, 356, 1), c(0.5, 0.5, 40, 50, 1), c(0.9, 1, 30, 20, 1)))
  add(quantity = "power", share = given[1], other = given[2], n = given[3], n_other = given[4], deff = given[5],
      value = do.call(power, as.list(given)))
write_rows(do.call(rbind, rows), "band_probability.csv", "value")
