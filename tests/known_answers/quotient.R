# Quotients of two rounded numbers: each is somewhere in a box, so the quotient is
# between (lowest numerator / highest denominator) and (highest / lowest).
#   in_care_share    4,500 of 24,000, to the nearest 100 and the nearest 1,000 or 100
#   custodial_share  "nearly 700" of 4,500, read in three ways
#   in_care_share and custodial_share again, with 4,500 to the nearest 500
#   starts_beside_children  24,000 beside the 21,700 children of the official statistics, these to the nearest 100
source("common.R")

boxes <- rbind(
  data.frame(quantity = "in_care_share", numerator = 4500, denominator = 24000,
             numerator_low = 4450, numerator_high = 4550,
             denominator_low = c(23500, 23950), denominator_high = c(24500, 24050)),
  data.frame(quantity = "custodial_share", numerator = 700, denominator = 4500,
             numerator_low = c(650, 675, 690), numerator_high = 700,
             denominator_low = 4450, denominator_high = 4550),
  data.frame(quantity = "in_care_share", numerator = 4500, denominator = 24000,
             numerator_low = 4250, numerator_high = 4750,
             denominator_low = c(23500, 23950), denominator_high = c(24500, 24050)),
  data.frame(quantity = "starts_beside_children", numerator = 24000, denominator = 21700,
             numerator_low = c(23500, 23950), numerator_high = c(24500, 24050),
             denominator_low = 21650, denominator_high = 21750),
  data.frame(quantity = "custodial_share", numerator = 700, denominator = 4500,
             numerator_low = c(650, 675, 690), numerator_high = 700,
             denominator_low = 4250, denominator_high = 4750))
boxes$central <- boxes$numerator / boxes$denominator
boxes$lower <- boxes$numerator_low / boxes$denominator_high
boxes$upper <- boxes$numerator_high / boxes$denominator_low

for (i in seq_len(nrow(boxes))) with(boxes[i, ], {
  all <- outer(seq(numerator_low, numerator_high, length.out = 201),
               seq(denominator_low, denominator_high, length.out = 201), "/")
  near(range(all), c(lower, upper))
})
write_rows(boxes, "quotient.csv", c("central", "lower", "upper"))
