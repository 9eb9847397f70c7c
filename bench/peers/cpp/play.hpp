// A peer of book-update or tick-to-trade, whatever decodes for it: plays a feed file and writes how long each frame took.
//
//     PROGRAM FEED book|trade checksum          a line: the checksum of a fresh start
//     PROGRAM FEED book|trade run WARM OPS      u32 nanoseconds a timed frame, binary, after WARM frames that are not timed
//
// A reading of the clock stands before each frame and one behind it, as in our own loop; what they cost is not taken off.
#pragma once
#include <time.h>
#include <string_view>
#include "decoder.hpp"
#include "trade.hpp"

static inline uint64_t nowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

constexpr uint32_t CHECKSUM_FRAMES = 5000, CHECKSUM_STRIDE = 250, TRADE_CHECKSUM_FRAMES = 2000;

// The prices that a batch asks for, as bench/peers/prices.ts.
static void addPrices(Checksum& checksum, const char* batch, uint32_t length) {
  const std::string_view text(batch, length), key = "\"newPx\":\"";
  for (size_t at = text.find(key); at != text.npos; at = text.find(key, at)) {
    at += key.size();
    checksum.addBytes(batch + at, text.find('"', at) - at);
  }
}

template <class DECODER>
static void printChecksum(const Feed& feed, bool isTrade) {
  DECODER decoder(feed);
  Trader trader(feed);
  Checksum checksum;
  const uint32_t limit = isTrade ? TRADE_CHECKSUM_FRAMES : CHECKSUM_FRAMES;
  const uint32_t frames = feed.count < limit ? feed.count : limit;
  for (uint32_t frame = 0; frame < frames; frame++) {
    const uint32_t instrument = decoder.apply(feed.begin(frame), feed.length(frame));
    if (isTrade) {
      const uint32_t length = trader.answer(decoder.books[instrument], instrument);
      addPrices(checksum, trader.bytes(), length);
    } else if (frame % CHECKSUM_STRIDE == 0 || frame == frames - 1) {
      decoder.addBooks(checksum);
    }
  }
  printf("%08x\n", checksum.hash);
}

template <class DECODER, bool IS_TRADE>
static void run(const Feed& feed, uint32_t warm, uint32_t ops) {
  DECODER decoder(feed);
  Trader trader(feed);
  std::vector<uint32_t> timesNs;
  timesNs.reserve(ops);
  uint32_t frame = 0;
  uint32_t sink = 0;
  for (uint32_t op = 0; op < warm + ops; op++) {
    const char* bytes = feed.begin(frame);
    const uint32_t length = feed.length(frame);
    const bool isTimed = op >= warm && !feed.isSnapshot[frame];
    const uint64_t startNs = nowNs();
    const uint32_t instrument = decoder.apply(bytes, length);
    if (IS_TRADE) sink += trader.answer(decoder.books[instrument], instrument);
    const uint64_t endNs = nowNs();
    if (isTimed) timesNs.push_back((uint32_t)(endNs - startNs));
    if (++frame == feed.count) frame = 0;
  }
  if (IS_TRADE && sink == 0) fail("expected batches");
  fwrite(timesNs.data(), 4, timesNs.size(), stdout);
}

// What a program of this kind is.
template <class DECODER>
int play(int count, char** args) {
  if (count < 4) fail("usage: PROGRAM FEED book|trade checksum|run [WARM OPS]");
  const Feed feed(args[1]);
  const bool isTrade = strcmp(args[2], "trade") == 0;
  if (strcmp(args[3], "checksum") == 0) {
    printChecksum<DECODER>(feed, isTrade);
  } else if (count == 6) {
    const uint32_t warm = (uint32_t)atoi(args[4]), ops = (uint32_t)atoi(args[5]);
    if (isTrade) run<DECODER, true>(feed, warm, ops);
    else run<DECODER, false>(feed, warm, ops);
  } else {
    fail("expected WARM and OPS");
  }
  return 0;
}
