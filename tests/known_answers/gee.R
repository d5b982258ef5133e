# Logistic GEE: coefficients, correlation and scale of R gee (binomial, exchangeable), covariance of Mancl and DeRouen (2001) and
# plain sandwich by full matrices. Run in this folder; writes gee.csv and gee_data.csv.
source("common.R")
source("gee_by_hand.R")
cases <- read.csv("../../data/synthetic/synthetic_inspected_cases.csv", na.strings = "")
rows <- list()
made <- list()

add <- function(name, yes, design, cluster, correlation = "exchangeable", weights = NULL) {
  fit <- gee_by_hand(yes, design, cluster, correlation, weights)
  p <- length(fit$beta)
  keep <- function(quantity, i, j, value)
    rows[[length(rows) + 1]] <<- data.frame(data = name, correlation = correlation, quantity = quantity, i = i, j = j, value = value)
  keep("coefficient", seq_len(p), 0, fit$beta)
  for (j in seq_len(p)) {
    keep("covariance", seq_len(p), j, fit$covariance[, j])
    keep("robust", seq_len(p), j, fit$robust[, j])
  }
  if (correlation == "exchangeable") {
    keep("alpha", 0, 0, fit$alpha)
    keep("scale", 0, 0, fit$scale)
  }
  keep("clusters", 0, 0, fit$clusters)
  keep("df", 0, 0, fit$df)
  invisible(fit)
}

care <- function(data) cbind(1, data$care_group == "in_care_inside", data$care_group == "in_care_outside")
for (column in c("planning_desistance", "delivery_child_safety", "reviewing_others_safety")) {
  known <- cases[!is.na(cases[[column]]), ]
  add(paste("synthetic", column), known[[column]] == "yes", care(known), known$yot)
  add(paste("synthetic", column), known[[column]] == "yes", care(known), known$yot, "independence")
}

# Made data: answers from squares of whole numbers modulo a prime, which look random and are the same everywhere.
wild <- function(i, times) ((times * i * i + 17 * i) %% 1009) / 1009
keep_data <- function(name, yes, design, cluster, weights = NULL) {
  columns <- matrix(NA, length(yes), 5)
  columns[, seq_len(ncol(design))] <- design
  colnames(columns) <- paste0("x", 1:5)
  made[[length(made) + 1]] <<- data.frame(data = name, cluster = cluster, yes = as.numeric(yes),
                                          weight = if (is.null(weights)) 1 else weights, columns)
}

# Tiny clusters, many of one case, in no order.
sizes <- rep(c(1, 1, 2, 1, 5, 3, 1, 9), 5)
cluster <- rep(seq_along(sizes), sizes)
i <- seq_along(cluster)
swap <- order(wild(i, 377))
design <- cbind(1, wild(i, 613) < 0.4, round(wild(i, 211), 3))
yes <- wild(i, 487) + 0.3 * (cluster %% 3 == 0) < 0.6
keep_data("tiny clusters", yes[swap], design[swap, ], cluster[swap])
add("tiny clusters", yes, design, cluster)
stopifnot(add("tiny clusters", yes, design, cluster)$alpha > 0)

# Negative correlation: of each four cases about two are yes.
cluster <- rep(1:25, each = 4)
i <- seq_along(cluster)
yes <- (i + cluster %% 2) %% 2 == 0
flip <- wild(i, 719) < 0.2
yes[flip] <- !yes[flip]
design <- cbind(1, wild(i, 331) < 0.5)
keep_data("negative correlation", yes, design, cluster)
stopifnot(add("negative correlation", yes, design, cluster)$alpha < -0.1)

# Covariates with units far apart, clusters of very unequal size; also with weights.
sizes <- c(1, 2, 60, 3, 25, 8, 8, 14, 4, 90, 6, 11, 5, 2, 17)
cluster <- rep(seq_along(sizes), sizes)
i <- seq_along(cluster)
group <- findInterval(wild(i, 757), c(0.6, 0.85))
age <- 10 + floor(8 * wild(i, 503))
custody <- wild(i, 89) < 0.25
design <- cbind(1, group == 1, group == 2, age, custody)
yes <- wild(i, 877) < plogis(0.5 - 0.4 * group + 0.1 * (age - 14) + 1.5 * (cluster %% 4 == 0) - 0.3 * custody)
weights <- 0.5 + round(3 * wild(i, 281), 2)
keep_data("covariates", yes, design, cluster, weights)
add("covariates", yes, design, cluster)
add("covariates", yes, design, cluster, "independence")
add("weighted", yes, design, cluster, "independence", weights)

# Every cluster has one case: no correlation.
one <- seq_along(cluster)
add("covariates one case each", yes, design, one)

rows <- do.call(rbind, rows)
write_rows(unique(rows), "gee.csv", "value")
write_rows(do.call(rbind, made), "gee_data.csv")
