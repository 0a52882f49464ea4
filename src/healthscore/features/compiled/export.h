#ifndef HEALTHSCORE_EXPORT_H
#define HEALTHSCORE_EXPORT_H

#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define EXPORT __attribute__((visibility("default")))
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define EXPORT __declspec(dllexport)
#define PREFETCH(address) ((void)0)
#endif

#endif
