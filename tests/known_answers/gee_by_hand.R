# Logistic GEE for gee.R and comparisons.R: coefficients, correlation and scale of R gee, covariances by full matrices, cluster by
# cluster. Writes nothing itself.
suppressMessages(library(gee))

# Data in any order; `weights` only without a correlation, where the coefficients are those of glm.
gee_by_hand <- function(yes, design, cluster, correlation = "exchangeable", weights = NULL) {
  order <- order(cluster)
  yes <- as.numeric(yes)[order]
  design <- unname(design[order, , drop = FALSE])
  cluster <- match(cluster[order], unique(cluster[order]))
  weight <- if (is.null(weights)) rep(1, length(yes)) else weights[order]
  p <- ncol(design)
  n <- length(yes)
  if (correlation == "exchangeable") {
    # gee prints what it starts from, and says that it begins.
    invisible(capture.output(suppressMessages(
      fit <- gee(yes ~ design - 1, id = cluster, family = binomial, corstr = "exchangeable", tol = 1e-12, maxiter = 500))))
    stopifnot(fit$error == 0)
    beta <- unname(coef(fit))
    pairs_at_most <- max(table(cluster))
    alpha <- if (pairs_at_most > 1) fit$working.correlation[1, 2] else 0
    scale <- fit$scale
  } else {
    # quasibinomial gives the coefficients of binomial, and does not complain of weights that are not whole.
    fit <- glm(yes ~ design - 1, family = quasibinomial, weights = weight, epsilon = 1e-15, maxit = 100)
    beta <- unname(coef(fit))
    alpha <- 0
    scale <- NA
  }
  mu <- as.vector(plogis(design %*% beta))
  residual <- yes - mu
  pearson <- residual / sqrt(mu * (1 - mu))
  if (correlation == "exchangeable") {
    # The conventions of the moment estimators.
    near(scale, sum(pearson^2) / (n - p), 1e-9)
    sums <- tapply(pearson, cluster, sum)
    sizes <- table(cluster)
    products <- sum(sums^2 - tapply(pearson^2, cluster, sum)) / 2
    if (pairs_at_most > 1) near(alpha, products / scale / (sum(sizes * (sizes - 1)) / 2 - p), 1e-9)
  }
  bread <- matrix(0, p, p)
  score <- numeric(p)
  parts <- lapply(unique(cluster), function(one) {
    rows <- which(cluster == one)
    d <- mu[rows] * (1 - mu[rows]) * design[rows, , drop = FALSE]
    r <- matrix(alpha, length(rows), length(rows))
    diag(r) <- 1
    root <- diag(sqrt(mu[rows] * (1 - mu[rows])), length(rows))
    v <- solve(root %*% r %*% root) %*% diag(weight[rows], length(rows))
    list(d = d, v_inverse = v, e = residual[rows])
  })
  for (part in parts) {
    bread <- bread + t(part$d) %*% part$v_inverse %*% part$d
    score <- score + t(part$d) %*% part$v_inverse %*% part$e
  }
  inverse <- solve(bread)
  near(as.vector(inverse %*% score), rep(0, p), 1e-9)
  meat <- function(corrected) {
    total <- matrix(0, p, p)
    for (part in parts) {
      e <- part$e
      if (corrected) e <- solve(diag(length(e)) - part$d %*% inverse %*% t(part$d) %*% part$v_inverse, e)
      u <- t(part$d) %*% part$v_inverse %*% e
      total <- total + u %*% t(u)
    }
    inverse %*% total %*% inverse
  }
  robust <- meat(FALSE)
  if (correlation == "exchangeable") near(as.vector(robust), as.vector(fit$robust.variance), 1e-9)
  list(beta = beta, covariance = meat(TRUE), robust = robust, alpha = alpha, scale = scale,
       clusters = length(parts), df = length(parts) - p)
}
