// A book of 400 levels a side: sizes in a ring by price in ticks, and a bitmap of the ticks that hold one, so that the next
// level after a deletion is found without searching. Live levels of a side must lie within half the ring of each other.
#pragma once
#include <cstdint>
#include <cstdlib>
#include "feed.hpp"

constexpr int LEVELS_MAX = 400;
constexpr uint32_t RING = 1u << 20;
constexpr uint32_t MASK = RING - 1;
constexpr uint32_t WORDS = RING / 64;

template <bool IS_BID>
struct Side {
  int32_t count = 0, best = 0, worst = 0;
  // calloc: pages that are never touched cost nothing.
  int64_t* lots = (int64_t*)calloc(RING, sizeof(int64_t));
  uint64_t* bits = (uint64_t*)calloc(WORDS, sizeof(uint64_t));

  static bool better(int32_t a, int32_t b) { return IS_BID ? a > b : a < b; }

  int64_t lotsAt(int32_t ticks) const { return lots[(uint32_t)ticks & MASK]; }

  void clear() {
    while (count > 0) set(best, 0);
  }

  inline void set(int32_t ticks, int64_t size) {
    const uint32_t index = (uint32_t)ticks & MASK;
    int64_t& cell = lots[index];
    if (size > 0) {
      if (cell == 0) insert(ticks, index);
      cell = size;
    } else if (cell != 0) {
      cell = 0;
      remove(ticks, index);
    }
  }

  // What the venue left beyond its window is forgotten.
  inline void trim() {
    while (count > LEVELS_MAX) set(worst, 0);
  }

  int32_t worse(int32_t ticks) const { return IS_BID ? below(ticks) : above(ticks); }

 private:
  inline void insert(int32_t ticks, uint32_t index) {
    bits[index >> 6] |= 1ull << (index & 63);
    if (count++ == 0) {
      best = worst = ticks;
      return;
    }
    if (better(ticks, best)) best = ticks;
    else if (better(worst, ticks)) worst = ticks;
    else return;
    if ((uint32_t)abs(best - worst) >= RING / 2) fail("levels lie too far from each other for this book");
  }

  inline void remove(int32_t ticks, uint32_t index) {
    bits[index >> 6] &= ~(1ull << (index & 63));
    if (--count == 0) return;
    if (ticks == best) best = worse(ticks);
    else if (ticks == worst) worst = IS_BID ? above(ticks) : below(ticks);
  }

  int32_t below(int32_t ticks) const {
    const uint32_t index = (uint32_t)ticks & MASK;
    uint32_t word = index >> 6;
    uint64_t rest = bits[word] & ((1ull << (index & 63)) - 1);
    for (uint32_t steps = 0; rest == 0; steps++) {
      if (steps == WORDS) return 0;
      word = (word - 1) & (WORDS - 1);
      rest = bits[word];
    }
    const uint32_t found = (word << 6) + 63 - __builtin_clzll(rest);
    return ticks - (int32_t)((index - found) & MASK);
  }

  int32_t above(int32_t ticks) const {
    const uint32_t index = (uint32_t)ticks & MASK;
    uint32_t word = index >> 6;
    uint64_t rest = bits[word] & ~((2ull << (index & 63)) - 1);
    for (uint32_t steps = 0; rest == 0; steps++) {
      if (steps == WORDS) return 0;
      word = (word + 1) & (WORDS - 1);
      rest = bits[word];
    }
    const uint32_t found = (word << 6) + __builtin_ctzll(rest);
    return ticks + (int32_t)((found - index) & MASK);
  }
};

struct Book {
  Side<true> bids;
  Side<false> asks;
  int64_t seqId = -1;
};
