# What a fieldwork design could show or miss before any case is seen: sample sizes and margins for
# a population of known size, design effects for a correlation between the arms of an area, cases
# missed while their number is not known, and reserves. Margins and half widths are fractions.
# Cases missed are by convolution of probabilities, stratum by stratum.
source("common.R")

rows <- NULL
blank <- data.frame(
  quantity = NA, population = NA, margin = NA, level = NA, deff = NA, proportion = NA, n = NA,
  icc = NA, rho = NA, areas = NA, cases_per_arm = NA, expected = NA, overdispersion = NA,
  shortfall = "", usable = NA, assurance = NA, value = NA)
add <- function(...) {
  row <- blank
  given <- list(...)
  row[names(given)] <- given
  rows <<- rbind(rows, row)
}

# ---- sample size and margin ---------------------------------------------------

# A whole number may come out of floating point a little above itself.
round_up <- function(x) if (abs(x - round(x)) < 1e-9) round(x) else ceiling(x)

margin_of <- function(n, level, population, deff, p) {
  left <- if (is.infinite(population)) 1 else if (n == population) 0 else (population - n) / (population - 1)
  qnorm(1 - (1 - level) / 2) * sqrt(deff * p * (1 - p) / n * left)
}

sample_size <- function(margin, level, population, deff, p) {
  n0 <- deff * qnorm(1 - (1 - level) / 2)^2 * p * (1 - p) / margin^2
  n <- if (is.infinite(population)) n0 else n0 * population / (n0 + population - 1)
  n <- max(1, round_up(n))
  # The definition: so many cases reach the margin, and one fewer does not.
  stopifnot(margin_of(n, level, population, deff, p) <= margin * (1 + 1e-12))
  if (n > 1) stopifnot(margin_of(n - 1, level, population, deff, p) > margin)
  n
}

populations <- c(1, 2, 20, 39, 50, 97, 100, 150, 236, 360, 1000, 3000, 24000, Inf)
for (population in populations) for (margin in c(0.02, 0.05, 0.1)) for (level in c(0.8, 0.95))
  for (deff in c(1, 1.45)) for (p in c(0.5, 0.26))
    add(quantity = "sample_size", population = population, margin = margin, level = level,
        deff = deff, proportion = p, value = sample_size(margin, level, population, deff, p))
stopifnot(sapply(c(20, 50, 100, 150, 236, 360, 1000, 3000, 24000, Inf), function(population)
  sample_size(0.05, 0.8, population, 1, 0.5)) == c(18, 39, 63, 79, 98, 113, 142, 156, 164, 165))

for (population in populations) for (n in c(1, 2, 30, 60, 150)) if (n <= population)
  for (level in c(0.8, 0.95)) for (deff in c(1, 1.45)) for (p in c(0.5, 0.26))
    add(quantity = "margin", population = population, n = n, level = level, deff = deff,
        proportion = p, value = margin_of(n, level, population, deff, p))
near(margin_of(60, 0.8, 360, 1, 0.5), 0.0756, 5e-5)
near(margin_of(60, 0.95, 360, 1, 0.5), 0.1157, 5e-5)

# ---- correlation between the arms of an area -----------------------------------

# One area, m cases of each arm: icc within an arm, rho between the arms. The design effect is the
# variance of a mean, or of a difference of means, over that of independent cases.
m <- 5
areas <- 6
for (icc in c(0.02, 0.05, 0.1)) for (rho in c(0, 0.01, 0.03, 0.05, 0.1)) if (rho <= icc) {
  alike <- matrix(rho, 2 * m, 2 * m)
  alike[1:m, 1:m] <- icc
  alike[m + 1:m, m + 1:m] <- icc
  diag(alike) <- 1
  contrasts <- list(all = rep(1 / (2 * m), 2 * m), hosted_minus_placed_out = rep(c(1, -1) / m, each = m))
  formulas <- c(all = 1 + (m - 1) * icc + m * rho, hosted_minus_placed_out = 1 + (m - 1) * icc - m * rho)
  for (group in names(contrasts)) {
    w <- contrasts[[group]]
    deff <- as.numeric(t(w) %*% alike %*% w) / sum(w^2)
    near(deff, formulas[[group]])
    add(quantity = paste0("deff_", group), icc = icc, rho = rho, areas = areas, cases_per_arm = m,
        value = formulas[[group]])
    for (level in c(0.8, 0.95))
      add(quantity = paste0("half_width_t_", group), icc = icc, rho = rho, areas = areas,
          cases_per_arm = m, level = level,
          value = qt(1 - (1 - level) / 2, areas - 1) * sqrt(formulas[[group]] * 0.25 * sum(w^2) / areas))
  }
}

# ---- cases missed while their number is not known --------------------------------

convolve_all <- function(chances) Reduce(function(a, b) {
  out <- numeric(length(a) + length(b) - 1)
  for (i in seq_along(a)) out[i - 1 + seq_along(b)] <- out[i - 1 + seq_along(b)] + a[i] * b
  out
}, chances)

# Chances of 0, 1, ... cases, so far out that no chance is left (1e-18).
number_of_cases <- function(mean, overdispersion) {
  far <- ceiling(mean + 60 * sqrt(mean * overdispersion) + 60 * overdispersion)
  found <- if (overdispersion == 1) dpois(0:far, mean) else
    dnbinom(0:far, size = mean / (overdispersion - 1), mu = mean)
  near(sum(found), 1)
  near(sum(found * 0:far), mean, 1e-10)
  near(sum(found * (0:far - mean)^2), mean * overdispersion, 1e-8)
  found
}

# From chances of a number of cases to chances of the number missed.
missed <- function(number, asked) {
  number <- c(number, numeric(asked))
  c(sum(number[-(1:asked)]), rev(number[1:asked]))
}

# hosted and placed_out: a mean for each area.
missed_in_all <- function(hosted, placed_out, m, overdispersion, shortfall) {
  if (shortfall == "accept") {
    strata <- lapply(c(hosted, placed_out), function(mean) missed(number_of_cases(mean, overdispersion), m))
  } else {
    strata <- Map(function(h, p) missed(
      convolve_all(list(number_of_cases(h, overdispersion), number_of_cases(p, overdispersion))), 2 * m),
      hosted, placed_out)
  }
  chances <- convolve_all(strata)
  near(sum(chances), 1)
  chances
}

add_missed <- function(chances, ...) {
  missing <- seq_along(chances) - 1
  average <- sum(chances * missing)
  add(quantity = "expected_missing", ..., value = average)
  add(quantity = "sd_missing", ..., value = sqrt(sum(chances * (missing - average)^2)))
  add(quantity = "probability_all_met", ..., value = chances[1])
}

for (areas in c(1, 6)) for (m in c(1, 5)) for (mean in c(0.5, 2, 5, 12))
  for (overdispersion in c(1, 1.5, 3)) for (shortfall in c("top_up", "accept"))
    add_missed(missed_in_all(rep(mean, areas), rep(mean, areas), m, overdispersion, shortfall),
               areas = areas, cases_per_arm = m, expected = mean, overdispersion = overdispersion,
               shortfall = shortfall)

# Means of six areas that differ, made up; the last hosts 2, as West London, which the release says
# has few. `expected` is empty.
uneven_hosted <- c(8, 6, 10, 5, 7, 2)
uneven_placed_out <- c(9, 12, 6, 8, 7, 10)
for (overdispersion in c(1, 1.5, 3)) for (shortfall in c("top_up", "accept"))
  add_missed(missed_in_all(uneven_hosted, uneven_placed_out, 5, overdispersion, shortfall),
             areas = 6, cases_per_arm = 5, overdispersion = overdispersion, shortfall = shortfall)

one <- missed(number_of_cases(2, 1), 5)
near(c(sum(one * 0:5), 1 - one[1]), c(3.0225, 0.9473), 5e-5)
one <- missed(number_of_cases(5, 1), 5)
near(c(sum(one * 0:5), 1 - one[1]), c(0.8773, 0.4405), 5e-5)

# ---- reserves --------------------------------------------------------------------

for (m in c(1, 5, 20)) for (usable in c(0.05, 0.5, 0.7, 0.8, 0.9, 0.99, 1)) for (assurance in c(0.8, 0.95, 0.999)) {
  drawn <- m
  while (pbinom(m - 1, drawn, usable, lower.tail = FALSE) < assurance) drawn <- drawn + 1
  reached <- pbinom(m - 1, drawn, usable, lower.tail = FALSE)
  # The same from the unusable cases met before the last usable one.
  near(pnbinom(drawn - m, m, usable), reached)
  add(quantity = "reserves_needed", cases_per_arm = m, usable = usable, assurance = assurance, value = drawn - m)
  add(quantity = "probability", cases_per_arm = m, usable = usable, assurance = assurance, value = reached)
  add(quantity = "probability_all", areas = 6, cases_per_arm = m, usable = usable, assurance = assurance,
      value = reached^12)
  add(quantity = "probability_without", cases_per_arm = m, usable = usable, assurance = assurance,
      value = pbinom(m - 1, m, usable, lower.tail = FALSE))
}

write_rows(rows, "fieldwork_planning.csv", "value")
