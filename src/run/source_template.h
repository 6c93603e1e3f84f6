/*
 * Requests in turn of which some are filled in anew each time
 * (run/template.h). Its `about` is a struct requests.
 *
 * Every connection has random numbers of its own, which follow from the seed
 * and its number. Requests are numbered over all workers without gaps where a
 * count is given, and rows of CSV files are gone through by each request of
 * the list for itself.
 */
#pragma once

#include "run/source.h"

extern const struct source_kind source_template;
