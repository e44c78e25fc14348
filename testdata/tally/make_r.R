# Makes r.csv, R's statistics of the numbers that are here: Rscript make_r.R
# quantile() with type = 7, its default; var() and sd() divide by n - 1.
set.seed(11)
n <- 500
d <- data.frame(g = sample(c("a", "b", "c", "d"), n, TRUE, c(9, 5, 2, 0.05)),
                x = round(rexp(n, 1 / 40) - 5, sample(0:3, n, TRUE)),
                w = sample(0:20, n, TRUE))
d <- rbind(d, data.frame(g = "e", x = 7.25, w = 3))
write.csv(d, "r_in.csv", row.names = FALSE, quote = FALSE)
show <- function(v) ifelse(is.na(v), "", sprintf("%.17g", v))
rows <- lapply(split(d, d$g), function(s) c(
    s$g[1], nrow(s), show(mean(s$x)), show(var(s$x)), show(sd(s$x)),
    show(median(s$x)), show(quantile(s$x, c(0, 0.05, 0.25, 0.9, 1), type = 7)),
    show(weighted.mean(s$x, s$w))))
out <- do.call(rbind, rows)
colnames(out) <- c("g", "count", "mean_x", "variance_x", "sd_x", "median_x",
                   "p0_x", "p0.05_x", "p0.25_x", "p0.9_x", "p1_x",
                   "weighted_mean_x")
write.csv(out, "r.csv", row.names = FALSE, quote = FALSE)
