/* GROUP BY over batches of rows, first half: keys become codes by first appearance.
 *
 * Worked example: the accounts 900, 7, 900 become the codes 0, 1, 0; with the segments 4, 4, 4 the pairs become the
 * cells 0, 1, 0; aggregates.c then counts rows at these places of an array.
 *
 * A function that may need memory returns how many codes there are, or -1 where there is no more memory (or there are
 * no more codes): the dictionary stays sound and may be freed. Code -1 stands for NULL. Nothing here is shared between
 * dictionaries, so that each may have a thread of its own.
 */
#include "export.h"

#include <stdlib.h>
#include <string.h>

#define AHEAD 16 /* rows between asking memory for a place and looking there */
#define SMALLEST 1024
#define MOST_CODES 0x40000000

/* ---- integers: also pairs of codes, as one integer of 64 bits ---- */

typedef struct {
    int64_t key;
    int64_t code; /* -1: nobody is here */
} Place;

typedef struct {
    Place *places;
    int64_t *keys; /* by code */
    int64_t size, room; /* codes given; places, a power of two of which at most half are taken */
    int shift;
} Integers;

static inline uint64_t integer_home(int64_t key, int shift) {
    uint64_t bits = (uint64_t)key;
    return ((bits ^ (bits >> 32)) * 0x9E3779B97F4A7C15u) >> shift;
}

static Place *empty_places(int64_t room) {
    Place *places = malloc((size_t)room * sizeof(Place));
    if (places)
        for (int64_t i = 0; i < room; i++) places[i].code = -1;
    return places;
}

static int integers_grow(Integers *of) {
    int64_t room = of->room * 2, mask = room - 1;
    int shift = of->shift - 1;
    if (of->size >= MOST_CODES) return 0;
    int64_t *keys = realloc(of->keys, (size_t)(room / 2) * sizeof(int64_t));
    if (!keys) return 0;
    of->keys = keys;
    Place *places = empty_places(room);
    if (!places) return 0;
    for (int64_t code = 0; code < of->size; code++) {
        int64_t at = (int64_t)integer_home(keys[code], shift);
        while (places[at].code >= 0) at = (at + 1) & mask;
        places[at].key = keys[code];
        places[at].code = code;
    }
    free(of->places);
    of->places = places;
    of->room = room;
    of->shift = shift;
    return 1;
}

/* The code of a key, a new one where it has none; -1 without memory. */
static inline int64_t integer_code(Integers *of, int64_t key) {
    int64_t mask = of->room - 1, at = (int64_t)integer_home(key, of->shift);
    while (of->places[at].code >= 0) {
        if (of->places[at].key == key) return of->places[at].code;
        at = (at + 1) & mask;
    }
    if (of->size * 2 >= of->room) return integers_grow(of) ? integer_code(of, key) : -1;
    of->places[at].key = key;
    of->places[at].code = of->size;
    of->keys[of->size] = key;
    return of->size++;
}

EXPORT void integers_free(Integers *of) {
    if (!of) return;
    free(of->places);
    free(of->keys);
    free(of);
}

EXPORT Integers *integers_new(void) {
    Integers *of = calloc(1, sizeof(Integers));
    if (!of) return NULL;
    of->room = SMALLEST;
    of->shift = 64 - 10; /* SMALLEST = 2^10 */
    of->places = empty_places(SMALLEST);
    of->keys = malloc(SMALLEST / 2 * sizeof(int64_t));
    if (of->places && of->keys) return of;
    integers_free(of);
    return NULL;
}

EXPORT const int64_t *integers_keys(const Integers *of) { return of->keys; }

/* Codes of values; `absent` (or NULL) has a byte per row that is not 0 where the value is NULL. */
EXPORT int64_t integers_encode(
    Integers *of, int64_t rows, const int64_t *values, const uint8_t *absent, int32_t *codes) {
    for (int64_t row = 0; row < rows; row++) {
        if (row + AHEAD < rows) PREFETCH(&of->places[integer_home(values[row + AHEAD], of->shift)]);
        if (absent && absent[row]) {
            codes[row] = -1;
            continue;
        }
        int64_t code = integer_code(of, values[row]);
        if (code < 0) return -1;
        codes[row] = (int32_t)code;
    }
    return of->size;
}

static inline int64_t paired(int32_t high, int32_t low) { return (int64_t)((uint64_t)high << 32 | (uint32_t)low); }

/* Codes of pairs of codes; -1 where one of the two is. */
EXPORT int64_t pairs_encode(
    Integers *of, int64_t rows, const int32_t *high, const int32_t *low, int32_t *codes) {
    for (int64_t row = 0; row < rows; row++) {
        if (row + AHEAD < rows)
            PREFETCH(&of->places[integer_home(paired(high[row + AHEAD], low[row + AHEAD]), of->shift)]);
        if (high[row] < 0 || low[row] < 0) {
            codes[row] = -1;
            continue;
        }
        int64_t code = integer_code(of, paired(high[row], low[row]));
        if (code < 0) return -1;
        codes[row] = (int32_t)code;
    }
    return of->size;
}

/* Codes of pairs of codes, -1 where one of the two is, by a table with a place for each pair that can be.
 *
 * places[low * stride + high] is the code + 1, 0 for none; first and second (by code) have room for the fresh ones. Days
 * mostly rise from row to row: then one row of the table, low, stays in the processor's cache. Cannot fail.
 */
EXPORT int64_t grid_encode(
    int64_t rows, const int32_t *high, const int32_t *low, int64_t stride, int32_t *places, int64_t size,
    int32_t *first, int32_t *second, int32_t *codes) {
    for (int64_t row = 0; row < rows; row++) {
        if (high[row] < 0 || low[row] < 0) {
            codes[row] = -1;
            continue;
        }
        int32_t *place = &places[low[row] * stride + high[row]];
        if (*place == 0) {
            first[size] = high[row];
            second[size] = low[row];
            *place = (int32_t)++size;
        }
        codes[row] = *place - 1;
    }
    return size;
}

/* ---- texts ---- */

typedef struct {
    uint32_t hash;
    int32_t code; /* -1: nobody is here */
} TextPlace;

typedef struct {
    TextPlace *places;
    int64_t *ends; /* by code, one more in front: text i is bytes[ends[i]..ends[i + 1]) */
    uint8_t *bytes;
    int64_t size, room, space; /* codes given; places; bytes there is room for */
} Texts;

static inline uint32_t text_hash(const uint8_t *text, int64_t length) {
    uint64_t hash = (uint64_t)length * 0x9E3779B97F4A7C15u, word;
    for (; length >= 8; text += 8, length -= 8) {
        memcpy(&word, text, 8);
        hash = (hash ^ word) * 0xFF51AFD7ED558CCDu;
        hash ^= hash >> 32;
    }
    for (word = 0; length > 0; length--) word = word << 8 | text[length - 1];
    hash = (hash ^ word) * 0xC4CEB9FE1A85EC53u;
    return (uint32_t)(hash >> 32);
}

static int texts_grow(Texts *of) {
    int64_t room = of->room * 2, mask = room - 1;
    if (of->size >= MOST_CODES) return 0;
    int64_t *ends = realloc(of->ends, (size_t)(room / 2 + 1) * sizeof(int64_t));
    if (!ends) return 0;
    of->ends = ends;
    TextPlace *places = malloc((size_t)room * sizeof(TextPlace));
    if (!places) return 0;
    for (int64_t i = 0; i < room; i++) places[i].code = -1;
    for (int64_t i = 0; i < of->room; i++) {
        if (of->places[i].code < 0) continue;
        int64_t at = of->places[i].hash & mask;
        while (places[at].code >= 0) at = (at + 1) & mask;
        places[at] = of->places[i];
    }
    free(of->places);
    of->places = places;
    of->room = room;
    return 1;
}

static int64_t text_add(Texts *of, int64_t at, uint32_t hash, const uint8_t *text, int64_t length) {
    int64_t begin = of->ends[of->size];
    if (begin + length > of->space) {
        int64_t space = (begin + length) * 2;
        uint8_t *bytes = realloc(of->bytes, (size_t)space);
        if (!bytes) return -1;
        of->bytes = bytes;
        of->space = space;
    }
    memcpy(of->bytes + begin, text, (size_t)length);
    of->places[at].hash = hash;
    of->places[at].code = (int32_t)of->size;
    of->ends[++of->size] = begin + length;
    return of->size - 1;
}

static inline int64_t text_code(Texts *of, const uint8_t *text, int64_t length) {
    uint32_t hash = text_hash(text, length);
    if (of->size * 2 >= of->room && !texts_grow(of)) return -1;
    int64_t mask = of->room - 1, at = hash & mask;
    for (; of->places[at].code >= 0; at = (at + 1) & mask) {
        int32_t code = of->places[at].code;
        if (of->places[at].hash != hash || of->ends[code + 1] - of->ends[code] != length) continue;
        if (memcmp(of->bytes + of->ends[code], text, (size_t)length) == 0) return code;
    }
    return text_add(of, at, hash, text, length);
}

EXPORT void texts_free(Texts *of) {
    if (!of) return;
    free(of->places);
    free(of->ends);
    free(of->bytes);
    free(of);
}

EXPORT Texts *texts_new(void) {
    Texts *of = calloc(1, sizeof(Texts));
    if (!of) return NULL;
    of->room = SMALLEST;
    of->space = SMALLEST;
    of->places = malloc(SMALLEST * sizeof(TextPlace));
    of->ends = malloc((SMALLEST / 2 + 1) * sizeof(int64_t));
    of->bytes = malloc(SMALLEST);
    if (!of->places || !of->ends || !of->bytes) {
        texts_free(of);
        return NULL;
    }
    for (int64_t i = 0; i < SMALLEST; i++) of->places[i].code = -1;
    of->ends[0] = 0;
    return of;
}

EXPORT const int64_t *texts_ends(const Texts *of) { return of->ends; }
EXPORT const uint8_t *texts_bytes(const Texts *of) { return of->bytes; }

/* Codes of texts as Arrow lays them out: text i is bytes[ends[i]..ends[i + 1]). */
EXPORT int64_t texts_encode(
    Texts *of, int64_t rows, const int32_t *ends, const uint8_t *bytes, const uint8_t *absent, int32_t *codes) {
    for (int64_t row = 0; row < rows; row++) {
        if (absent && absent[row]) {
            codes[row] = -1;
            continue;
        }
        int64_t code = text_code(of, bytes + ends[row], ends[row + 1] - ends[row]);
        if (code < 0) return -1;
        codes[row] = (int32_t)code;
    }
    return of->size;
}
