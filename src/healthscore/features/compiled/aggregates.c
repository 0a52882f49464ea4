/* GROUP BY over batches of rows, second half: aggregates in arrays of the caller, a place for each group's code. */
#include "export.h"

/* Rows that have a group and, where there are masks, every bit that is wanted in theirs. */
EXPORT int64_t select_rows(int64_t rows, const int32_t *group, const int64_t *mask, int64_t wanted, int32_t *chosen) {
    int64_t count = 0;
    for (int64_t row = 0; row < rows; row++) {
        chosen[count] = (int32_t)row; /* without a branch: conditions are too irregular to be foreseen */
        count += (group[row] >= 0) & (!mask || (mask[row] & wanted) == wanted);
    }
    return count;
}

EXPORT void count_rows(int64_t count, const int32_t *chosen, const int32_t *group, int64_t *into) {
    for (int64_t i = 0; i < count; i++) into[group[chosen[i]]] += 1;
}

EXPORT void or_bits(int64_t count, const int32_t *chosen, const int32_t *group, const int32_t *bit, int64_t *into) {
    for (int64_t i = 0; i < count; i++) {
        int32_t row = chosen[i];
        into[group[row]] |= (int64_t)1 << bit[row];
    }
}

/* Whether all sums fit 64 bits; if not, what is in them is of no use. */
EXPORT int32_t add_values(
    int64_t count, const int32_t *chosen, const int32_t *group, const int64_t *value, int64_t *into) {
    for (int64_t i = 0; i < count; i++) {
        int32_t row = chosen[i];
        int64_t sum = into[group[row]], more = value[row];
        if (more > 0 ? sum > INT64_MAX - more : sum < INT64_MIN - more) return 0;
        into[group[row]] = sum + more;
    }
    return 1;
}
