# What nib-indicator rate is held against: the same counts by R's
# PHEindicatormethods, from a CSV file to one.
#
# usage: Rscript rate.R rates|deaths|cases COUNTS ESP2013 >VALUES
suppressPackageStartupMessages({
  library(dplyr)
  library(readr)
  library(PHEindicatormethods)
})
args <- commandArgs(TRUE)
levels <- c(0.95, 0.998)
counts <- read_csv(args[2], show_col_types = FALSE, num_threads = 1)
values <- switch(args[1],
  rates = counts %>%
    left_join(read_csv(args[3], show_col_types = FALSE), by = "age_band") %>%
    group_by(area) %>%
    calculate_dsr(numerator, denominator, stdpop = weight,
                  confidence = levels),
  deaths = counts %>%
    mutate(start = as.integer(sub("[-+].*", "", age_band))) %>%
    group_by(area, sex) %>%
    phe_life_expectancy(numerator, denominator, start, le_age = 0,
                        confidence = levels),
  cases = phe_proportion(counts, numerator, denominator, confidence = levels,
                         multiplier = 100))
write_csv(values, stdout())
