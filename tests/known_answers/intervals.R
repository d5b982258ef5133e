# Intervals for a proportion from a simple random sample.
#   wilson           prop.test(correct = FALSE)
#   clopper_pearson  binom.test
#   jeffreys         qbeta(., k + 0.5, n - k + 0.5), with the lower limit set to 0
#                    at k = 0 and the upper limit set to 1 at k = n, as in Brown,
#                    Cai and DasGupta (2001)
# Each is compared with a closed form inside its function in common.R.
source("common.R")

pairs <- list(c(0, 5), c(5, 5), c(1, 5), c(0, 12), c(3, 60), c(30, 60), c(60, 60),
              c(320, 1253), c(326, 1253), c(332, 1253), c(257, 1253), c(263, 1253),
              c(269, 1253), c(900, 1253), c(1, 1), c(0, 1), c(4875, 20000))

rows <- NULL
for (method in names(simple_methods)) for (kn in pairs)
  for (level in c(0.5, 0.8, 0.9, 0.95, 0.99)) {
    ci <- simple_methods[[method]](kn[1], kn[2], level)
    rows <- rbind(rows, data.frame(method = method, k = kn[1], n = kn[2],
                                   level = level, lower = ci[1], upper = ci[2]))
  }
write_rows(rows, "intervals.csv", c("lower", "upper"))
