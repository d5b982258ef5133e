# Quotients of two rounded numbers: each is somewhere in a box, so the quotient is
# between (lowest numerator / highest denominator) and (highest / lowest).
#   in_care_share    4,500 of 24,000, to the nearest 100 and the nearest 1,000 or 100
#   custodial_share  "nearly 700" of 4,500, read in three ways
source("common.R")

boxes <- rbind(
  data.frame(quantity = "in_care_share", numerator = 4500, denominator = 24000,
             numerator_low = 4450, numerator_high = 4550,
             denominator_low = c(23500, 23950), denominator_high = c(24500, 24050)),
  data.frame(quantity = "custodial_share", numerator = 700, denominator = 4500,
             numerator_low = c(650, 675, 690), numerator_high = 700,
             denominator_low = 4450, denominator_high = 4550))
boxes$central <- boxes$numerator / boxes$denominator
boxes$lower <- boxes$numerator_low / boxes$denominator_high
boxes$upper <- boxes$numerator_high / boxes$denominator_low

for (i in seq_len(nrow(boxes))) with(boxes[i, ], {
  all <- outer(seq(numerator_low, numerator_high, length.out = 201),
               seq(denominator_low, denominator_high, length.out = 201), "/")
  near(range(all), c(lower, upper))
})
write_rows(boxes, "quotient.csv", c("central", "lower", "upper"))

# Exact quantiles of numerator / denominator when both are uniform over their boxes
# and independent: what a simulation must come near to.
rows <- NULL
for (i in 1:2) {
  a <- boxes$numerator_low[i]
  b <- boxes$numerator_high[i]
  c <- boxes$denominator_low[i]
  d <- boxes$denominator_high[i]
  positive <- function(x) pmax(x, 0)
  # P(numerator <= r * denominator), the inner integral done in closed form.
  distribution <- function(r) {
    part <- function(e) (positive(r * d - e)^2 - positive(r * c - e)^2) / (2 * r)
    (part(a) - part(b)) / ((b - a) * (d - c))
  }
  for (probability in c(0.025, 0.5, 0.975)) {
    value <- uniroot(function(r) distribution(r) - probability,
                     c(boxes$lower[i], boxes$upper[i]), tol = 1e-15)$root
    # The same probability by numerical integration.
    again <- integrate(function(t) punif(value * t, a, b) / (d - c), c, d,
                       rel.tol = 1e-8, subdivisions = 2000)$value
    near(again, probability, 1e-6)
    rows <- rbind(rows, data.frame(
      quantity = boxes$quantity[i], numerator_low = a, numerator_high = b,
      denominator_low = c, denominator_high = d, probability = probability,
      value = value))
  }
}
write_rows(rows, "quotient_quantiles.csv", "value")
