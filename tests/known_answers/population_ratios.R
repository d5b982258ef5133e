# Ratio of two published rates: a share of looked after children over the rate of all
# children, as published and with one caveat at a time. Every rounded figure is anywhere
# in its box; the script compares the corners with a grid over all boxes at once.
#   looked_after_starts      4,500 (nearest 100) of 24,000 (nearest 1,000)
#   in_care_during_sentence  26 per cent (nearest whole per cent)
# Counts of looked after children, and the recalled 43 per cent, are taken as printed.
source("common.R")

per <- 10000
england_count <- 78150; wales_count <- 6846; ceased <- 29460; recalled_43 <- 43
boxes <- list(
  looked_after = c(4450, 4500, 4550), starts = c(23500, 24000, 24500), official = c(21650, 21700, 21750),
  in_care = c(25.5, 26, 26.5), england = c(64.5, 65, 65.5), wales = c(108.5, 109, 109.5), aged_10 = c(61.5, 62, 62.5))

# Shares and rates (per 10,000), and the boxes that each uses.
shares <- list(
  looked_after_starts = function(b) b$looked_after / b$starts,
  in_care_during_sentence = function(b) b$in_care / 100,
  official = function(b) b$looked_after / b$official)
share_boxes <- list(looked_after_starts = c("looked_after", "starts"), in_care_during_sentence = "in_care",
                    official = c("looked_after", "official"))
# Children of England, from its count and rate; the two countries by adding children and looked after children.
children <- function(count, rate) count / rate * per
rates <- list(
  as_published = function(b) b$england,
  england_and_wales = function(b) {
    looked_after <- england_count + wales_count
    per * looked_after / (children(england_count, b$england) + children(wales_count, b$wales))
  },
  any_time_in_year = function(b) per * (england_count + ceased) / children(england_count, b$england),
  aged_10_to_17 = function(b) {
    all <- children(england_count, b$england)
    per * (england_count * b$aged_10 / 100) / (all * recalled_43 / 100)
  },
  any_time_and_aged_10_to_17 = function(b) {
    all <- children(england_count, b$england)
    per * ((england_count + ceased) * b$aged_10 / 100) / (all * recalled_43 / 100)
  })
rate_boxes <- list(as_published = "england", england_and_wales = c("england", "wales"), any_time_in_year = "england",
                   aged_10_to_17 = c("england", "aged_10"), any_time_and_aged_10_to_17 = c("england", "aged_10"))

# All combinations of points of the boxes named, equally spaced with both ends.
grid <- function(names, points) {
  expand.grid(lapply(boxes[names], function(box) seq(box[1], box[3], length.out = points)))
}

one <- function(comparison, step, share_name, rate_name) {
  share <- shares[[share_name]]; rate <- rates[[rate_name]]
  middle <- lapply(boxes, function(box) box[2])
  used <- c(share_boxes[[share_name]], rate_boxes[[rate_name]])
  at <- function(b) share(b) / rate(b) * per
  corners <- range(at(grid(used, 2)))
  near(range(at(grid(used, 17))), corners, 1e-9)
  data.frame(comparison = comparison, step = step, share = share(middle), rate_per_10000 = rate(middle),
             estimate = at(middle), lower = corners[1], upper = corners[2])
}

rows <- NULL
for (comparison in c("looked_after_starts", "in_care_during_sentence")) {
  for (step in names(rates)) rows <- rbind(rows, one(comparison, step, comparison, step))
  if (comparison == "looked_after_starts") {
    rows <- rbind(rows, one(comparison, "starts_or_children", "official", "as_published"))
  }
}
first <- rows[rows$step == "as_published", ]
rows$factor <- rows$estimate / first$estimate[match(rows$comparison, first$comparison)]
results <- c("share", "rate_per_10000", "estimate", "lower", "upper", "factor")
write_rows(rows, "population_ratios.csv", results)
