/* GROUP BY over batches of rows, second half: aggregates in arrays of the caller, a place for each group's code. */
#include "export.h"

#define BLOCK 4096

/* Rows that have a group and, where there are masks, every bit that is wanted in theirs. */
EXPORT int64_t select_rows(int64_t rows, const int32_t *group, const int64_t *mask, int64_t wanted, int32_t *chosen) {
    int64_t count = 0;
    for (int64_t row = 0; row < rows; row++) {
        chosen[count] = (int32_t)row; /* without a branch: conditions are too irregular to be foreseen */
        count += (group[row] >= 0) & (!mask || (mask[row] & wanted) == wanted);
    }
    return count;
}

/* In all of these, `chosen` may be NULL: then the first `count` rows are chosen, and each has a group. */
#define ROW(i) (chosen ? chosen[i] : (int32_t)(i))

/* Counts are of 32 bits, half the memory: the caller counts fewer rows than that. */
EXPORT void count_rows(int64_t count, const int32_t *chosen, const int32_t *group, int32_t *into) {
    for (int64_t i = 0; i < count; i++) into[group[ROW(i)]] += 1;
}

/* Of the rows chosen, those whose flag is 1. */
EXPORT void count_flags(
    int64_t count, const int32_t *chosen, const int32_t *group, const uint8_t *flag, int32_t *into) {
    for (int64_t i = 0; i < count; i++) {
        int32_t row = ROW(i);
        into[group[row]] += flag[row];
    }
}

EXPORT void or_bits(int64_t count, const int32_t *chosen, const int32_t *group, const int32_t *bit, int64_t *into) {
    for (int64_t i = 0; i < count; i++) {
        int32_t row = ROW(i);
        into[group[row]] |= (int64_t)1 << bit[row];
    }
}

/* Whether all sums fit 64 bits; if not, what is in them is of no use. */
EXPORT int32_t add_values(
    int64_t count, const int32_t *chosen, const int32_t *group, const int64_t *value, int64_t *into) {
    for (int64_t i = 0; i < count; i++) {
        int32_t row = ROW(i);
        int64_t sum = into[group[row]], more = value[row];
        if (more > 0 ? sum > INT64_MAX - more : sum < INT64_MIN - more) return 0;
        into[group[row]] = sum + more;
    }
    return 1;
}

/* Of every row that has a group, count each bit of its mask that is wanted: bit i in into[i]. */
EXPORT void count_bits(
    int64_t rows, const int32_t *group, const int64_t *mask, int64_t wanted, int32_t *const *into) {
    int64_t found[BLOCK]; /* few rows have bits, and which is not to be foreseen: they are gathered without a branch */
    for (int64_t begin = 0; begin < rows; begin += BLOCK) {
        int64_t end = begin + BLOCK < rows ? begin + BLOCK : rows, count = 0;
        for (int64_t row = begin; row < end; row++) {
            found[count] = row;
            count += (group[row] >= 0) & ((mask[row] & wanted) != 0);
        }
        for (int64_t i = 0; i < count; i++)
            for (uint64_t bits = (uint64_t)(mask[found[i]] & wanted); bits; bits &= bits - 1)
                into[LOWEST_BIT(bits)][group[found[i]]] += 1;
    }
}

/* Segments of days, and their positions in them, from tables that begin with the day `first`; -1 and 0 outside. */
EXPORT void place_days(
    int64_t rows, const int32_t *day, int32_t first, int32_t days, const int32_t *segments, const int32_t *positions,
    int32_t *segment, int32_t *position) {
    for (int64_t row = 0; row < rows; row++) {
        int64_t place = (int64_t)day[row] - first;
        int inside = place >= 0 && place < days;
        segment[row] = inside ? segments[place] : -1;
        position[row] = inside ? positions[place] : 0;
    }
}
