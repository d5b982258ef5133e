# Two readings of the same cases: agreement, Cohen's kappa and Gwet's AC1 with services as clusters (survey: svymean of the four
# cells and svycontrast, which differentiates the formula itself), and what a second reading does to the lowest of several
# questions, by going through every outcome.
# Run in this folder; writes agreement.csv.
source("common.R")
suppressMessages(library(survey))
options(survey.lonely.psu = "fail")
rows <- list()
blank <- list(quantity = "", data = "", measure = "", level = NA, questions = "", yes_to_no = NA, no_to_yes = NA, rating = "",
              value = NA, se = NA, lower = NA, upper = NA)
add <- function(...) {
  given <- list(...)
  row <- blank
  row[names(given)] <- given
  rows[[length(rows) + 1]] <<- as.data.frame(row)
}

# Made answers: whole numbers that a test can make as well. Case i lies in service floor(i^2 / 37) modulo 9.
made <- function(n, second) {
  i <- 1:n
  first <- (i * i + 3 * i) %% 7 > 1
  turned <- (i * i * i + i) %% 11 < second
  data.frame(yot = (i * i) %/% 37 %% 9, first = first, second = xor(first, turned))
}

formulas <- list(
  agreement = quote(yy + nn),
  kappa = quote((yy + nn - ((yy + yn) * (yy + ny) + (ny + nn) * (yn + nn))) / (1 - ((yy + yn) * (yy + ny) + (ny + nn) * (yn + nn)))),
  ac1 = quote((yy + nn - 2 * (yy + (yn + ny) / 2) * (1 - yy - (yn + ny) / 2)) / (1 - 2 * (yy + (yn + ny) / 2) * (1 - yy - (yn + ny) / 2))))

# Variances of single cases: Fleiss, Cohen and Everitt (1969) and Gwet (2008), for two answers.
of_cases_alone <- function(data) {
  n <- nrow(data)
  p <- matrix(c(mean(data$first & data$second), mean(!data$first & data$second), mean(data$first & !data$second),
                mean(!data$first & !data$second)), 2)
  a <- rowSums(p); b <- colSums(p)
  po <- sum(diag(p)); pe <- sum(a * b)
  kappa <- (po - pe) / (1 - pe)
  first <- sum(diag(p) * (1 - (a + b) * (1 - kappa))^2)
  off <- (1 - kappa)^2 * (p[1, 2] * (b[1] + a[2])^2 + p[2, 1] * (b[2] + a[1])^2)
  fleiss <- (first + off - (kappa - pe * (1 - kappa))^2) / (n * (1 - pe)^2)
  q <- (a + b) / 2
  pg <- sum(q * (1 - q))
  ac1 <- (po - pg) / (1 - pg)
  # With two answers 1 / (K - 1) is 1.
  halves <- sum(outer(1:2, 1:2, Vectorize(function(k, l) p[k, l] * (1 - (q[k] + q[l]) / 2)^2)))
  gwet <- (po * (1 - po) - 4 * (1 - ac1) * (sum(diag(p) * (1 - q)) - po * pg) + 4 * (1 - ac1)^2 * (halves - pg^2)) / (n * (1 - pg)^2)
  c(kappa = fleiss, ac1 = gwet)
}

for (size in list(c(60, 2), c(200, 3), c(35, 5))) {
  data <- made(size[1], size[2])
  name <- paste(size, collapse = " ")
  for (cell in c("yy", "yn", "ny", "nn"))
    data[[cell]] <- as.numeric((data$first == (substr(cell, 1, 1) == "y")) & (data$second == (substr(cell, 2, 2) == "y")))
  data$alone <- seq_len(nrow(data))
  df <- length(unique(data$yot)) - 1
  estimate <- function(ids, measure) {
    design <- svydesign(ids = ids, weights = ~1, data = data)
    found <- svycontrast(svymean(~yy + yn + ny + nn, design), formulas[[measure]])
    c(as.numeric(coef(found)), as.numeric(SE(found)))
  }
  n <- nrow(data)
  alone <- of_cases_alone(data)
  for (measure in names(formulas)) {
    found <- estimate(~yot, measure)
    single <- estimate(~alone, measure)
    near(single[1], found[1])
    if (measure != "agreement") near(single[2]^2 * (n - 1) / n, alone[[measure]], 1e-12)
    add(quantity = "alone", data = name, measure = measure, value = single[1], se = single[2])
    for (level in c(0.8, 0.95)) {
      limits <- if (measure == "agreement") plogis(qlogis(found[1]) + c(-1, 1) * qt((1 + level) / 2, df) * found[2] / (found[1] * (1 - found[1])))
                else pmin(1, pmax(-1, found[1] + c(-1, 1) * qt((1 + level) / 2, df) * found[2]))
      add(quantity = "clusters", data = name, measure = measure, level = level, value = found[1], se = found[2],
          lower = limits[1], upper = limits[2])
    }
  }
}

# ---- the lowest of several questions after a second reading -------------------

lowest <- c(0, 50, 65, 80)
ratings <- c("Inadequate", "Requires improvement", "Good", "Outstanding")
moves <- function(k, n, a, b) {
  # How many yes stay yes and how many no become yes, question by question: every outcome there is.
  stays <- expand.grid(lapply(k, function(k) 0:k))
  turns <- expand.grid(lapply(n - k, function(no) 0:no))
  expected <- 0
  chance <- numeric(4)
  for (i in seq_len(nrow(stays))) for (j in seq_len(nrow(turns))) {
    p <- prod(dbinom(unlist(stays[i, ]), k, 1 - a), dbinom(unlist(turns[j, ]), n - k, b))
    count <- unlist(stays[i, ]) + unlist(turns[j, ])
    which <- which.min(count / n)
    per_cent <- (200 * count[which] + n[which]) %/% (2 * n[which])
    expected <- expected + p * count[which] / n[which]
    chance[findInterval(per_cent, lowest)] <- chance[findInterval(per_cent, lowest)] + p
  }
  near(sum(chance), 1, 1e-12)
  c(expected, chance)
}
for (given in list(list(c(4, 3), c(6, 5), 0.1, 0.2), list(c(5, 3, 2), c(7, 4, 3), 0.07, 0.15), list(13, 20, 0.1, 0.05),
                   list(c(6, 6), c(6, 6), 0.25, 0), list(c(2, 4), c(5, 5), 0, 1))) {
  found <- do.call(moves, given)
  text <- paste(paste(given[[1]], given[[2]], sep = "/"), collapse = " ")
  put <- function(...) add(questions = text, yes_to_no = given[[3]], no_to_yes = given[[4]], ...)
  put(quantity = "expected", value = found[1])
  for (which in 1:4) put(quantity = "moved", rating = ratings[which], value = found[1 + which])
}
write_rows(do.call(rbind, rows), "agreement.csv", c("value", "se", "lower", "upper"))
