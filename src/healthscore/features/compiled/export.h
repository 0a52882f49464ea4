#ifndef HEALTHSCORE_EXPORT_H
#define HEALTHSCORE_EXPORT_H

#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define EXPORT __attribute__((visibility("default")))
#define PREFETCH(address) __builtin_prefetch(address)
#define LOWEST_BIT(bits) __builtin_ctzll(bits)
#else
#error "this needs GCC or Clang"
#endif

#endif
