# Intervals for a proportion from clusters of equal size, with the intra-cluster
# correlation given; then the same two formulas against the survey package on a
# small made data set with clusters of unequal size.
source("common.R")
suppressPackageStartupMessages(library(survey))

rows <- NULL
for (method in names(cluster_methods)) for (p in c(0.26, 0.21, 0.02, 0.5, 0.98))
  for (design in list(c(1253, 42), c(60, 6), c(500, 10)))
    for (icc in c(0, 0.02, 0.05, 0.1)) for (level in c(0.8, 0.95)) {
      n <- design[1]
      clusters <- design[2]
      deff <- 1 + (n / clusters - 1) * icc
      ci <- cluster_methods[[method]](p, n, clusters, deff, level)
      rows <- rbind(rows, data.frame(
        method = method, p = p, n = n, clusters = clusters, icc = icc, deff = deff,
        n_effective = n / deff, level = level, lower = ci[1], upper = ci[2]))
    }
write_rows(rows, "clustered.csv", c("deff", "n_effective", "lower", "upper"))

# ---- against survey::svyciprop ----------------------------------------------

# Made data: nobody's cases.
size <- c(5, 8, 9, 11, 13, 14)
ones <- c(1, 2, 4, 3, 7, 8)
made <- data.frame(cluster = rep(1:6, size),
                   y = unlist(Map(function(m, k) rep(c(1, 0), c(k, m - k)), size, ones)))
write_rows(made, "survey_check_data.csv")

design <- svydesign(ids = ~cluster, weights = ~1, data = made)
n <- nrow(made)
clusters <- length(size)
estimate <- svymean(~y, design)
p <- as.numeric(coef(estimate))
se <- as.numeric(SE(estimate))
df <- degf(design)
deff <- n * se^2 / (p * (1 - p))          # the one that svymean implies

near(p, sum(ones) / sum(size))
near(se^2, clusters / (clusters - 1) * sum((ones - size * p)^2) / n^2)
stopifnot(df == clusters - 1)

rows <- NULL
for (level in c(0.8, 0.95)) {
  xlogit <- as.numeric(attr(svyciprop(~y, design, method = "xlogit", level = level), "ci"))
  beta <- as.numeric(attr(svyciprop(~y, design, method = "beta", level = level), "ci"))
  near(xlogit, logit_t(p, n, clusters, deff, level))
  near(beta, korn_graubard(p, n, clusters, deff, level))
  rows <- rbind(rows, data.frame(
    p = p, se = se, df = df, n = n, clusters = clusters, deff = deff,
    n_effective = n / deff, level = level,
    xlogit_lower = xlogit[1], xlogit_upper = xlogit[2],
    beta_lower = beta[1], beta_upper = beta[2]))
}
write_rows(rows, "survey_check.csv",
           c("p", "se", "deff", "n_effective", "xlogit_lower", "xlogit_upper",
             "beta_lower", "beta_upper"))
