// From a book to the bytes of an amend of two orders: the size-weighted mid, half a spread away on both sides, put into a
// message of which all else is laid out once.
#pragma once
#include <cmath>
#include "book.hpp"

class Trader {
 public:
  explicit Trader(const Feed& feed) : instruments(feed.instruments) {}

  const char* bytes() const { return out; }

  // Bytes written; what rests of a former, longer message means nothing.
  inline uint32_t answer(const Book& book, uint32_t index) {
    const Instrument& instrument = instruments[index];
    const double bid = book.bids.best, ask = book.asks.best;
    const double bidLots = (double)book.bids.lotsAt(book.bids.best), askLots = (double)book.asks.lotsAt(book.asks.best);
    // As engine/base/micro-price.ts, in the same order of operations: the same rounding.
    const double fair = bid + (ask - bid) * (bidLots / (bidLots + askLots));
    const int64_t bidTicks = (int64_t)std::floor(fair - instrument.halfSpreadTicks);
    const int64_t askTicks = (int64_t)std::ceil(fair + instrument.halfSpreadTicks);
    char* at = text(out, "{\"id\":\"");
    at = integer(at, ++requests);
    at = text(at, "\",\"op\":\"batch-amend-orders\",\"args\":[");
    at = item(at, instrument, "1000000420001000001", bidTicks);
    *at++ = ',';
    at = item(at, instrument, "1000000420002000001", askTicks);
    at = text(at, "]}");
    return (uint32_t)(at - out);
  }

 private:
  const std::vector<Instrument>& instruments;
  int64_t requests = 0;
  char out[1024];

  inline char* item(char* at, const Instrument& instrument, const char (&clientId)[20], int64_t ticks) {
    at = text(at, "{\"instIdCode\":");
    at = integer(at, instrument.code);
    at = text(at, ",\"clOrdId\":\"");
    at = text(at, clientId);
    at = text(at, "\",\"reqId\":\"");
    at = integer(at, requests);
    at = text(at, "\",\"newPx\":\"");
    at = price(at, ticks, instrument.priceDecimals);
    return text(at, "\",\"cxlOnFail\":false}");
  }

  template <size_t SIZE>
  static inline char* text(char* at, const char (&from)[SIZE]) {
    memcpy(at, from, SIZE - 1);
    return at + SIZE - 1;
  }

  static inline char* integer(char* at, int64_t value) {
    char digits[20];
    int count = 0;
    do digits[count++] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    while (count > 0) *at++ = digits[--count];
    return at;
  }

  // Without zeros at the end, as the venue and the engine spell prices.
  static inline char* price(char* at, int64_t ticks, uint32_t decimals) {
    int64_t scale = 1;
    for (uint32_t decimal = 0; decimal < decimals; decimal++) scale *= 10;
    at = integer(at, ticks / scale);
    int64_t rest = ticks % scale;
    if (rest == 0) return at;
    *at++ = '.';
    while (rest > 0) {
      scale /= 10;
      *at++ = (char)('0' + rest / scale);
      rest %= scale;
    }
    return at;
  }
};
