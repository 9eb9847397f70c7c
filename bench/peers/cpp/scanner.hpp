// Pushes of the `books` channel from bytes into books, a byte at a time: the usual shape only, anything else ends
// the program. A frame is scanned whole before its book changes, and its sequence numbers must continue the book's.
#pragma once
#include "decoder.hpp"

class Scanner : public Decoder {
 public:
  using Decoder::Decoder;

  // The number of the instrument whose book has been updated.
  inline uint32_t apply(const char* frame, uint32_t length) {
    const char* at = expect(frame, "{\"arg\":{\"channel\":\"books\",\"instId\":\"");
    const uint32_t instrument = find(at);
    at += instruments[instrument].id.size();
    at = expect(at, "\"},\"action\":\"");
    const bool isSnapshot = *at == 's';
    at = isSnapshot ? expect(at, "snapshot\",\"data\":[{\"asks\":[") : expect(at, "update\",\"data\":[{\"asks\":[");
    at = scanRows(at, asks, instruments[instrument]);
    at = expect(at, ",\"bids\":[");
    at = scanRows(at, bids, instruments[instrument]);
    at = expect(at, ",\"ts\":\"");
    at = expect(at + 13, "\",\"checksum\":");
    int64_t checksum, seqId, prevSeqId;
    at = expect(integer(at, checksum), ",\"seqId\":");
    at = expect(integer(at, seqId), ",\"prevSeqId\":");
    at = expect(integer(at, prevSeqId), "}]}");
    if (at != frame + length) fail("expected a frame that ends where it ends");

    update(instrument, isSnapshot, prevSeqId, seqId);
    return instrument;
  }

 private:
  // The compiler compares constants of a known length word by word.
  template <size_t SIZE>
  static inline const char* expect(const char* at, const char (&text)[SIZE]) {
    if (__builtin_expect(memcmp(at, text, SIZE - 1) != 0, 0)) fail("expected a frame of the usual shape");
    return at + SIZE - 1;
  }

  static inline const char* integer(const char* at, int64_t& value) {
    const bool isNegative = *at == '-';
    at += isNegative;
    int64_t sum = 0;
    for (unsigned digit; (digit = (unsigned)*at - '0') <= 9; at++) sum = sum * 10 + digit;
    value = isNegative ? -sum : sum;
    return at;
  }

  // From behind the '[' of the rows to behind their ']'.
  static inline const char* scanRows(const char* at, Rows& rows, const Instrument& instrument) {
    const uint32_t priceDecimals = instrument.priceDecimals, sizeDecimals = instrument.sizeDecimals;
    int count = 0;
    if (*at == ']') {
      rows.count = 0;
      return at + 1;
    }
    for (;;) {
      int64_t price;
      at = decimal(expect(at, "[\""), priceDecimals, price);
      at = decimal(expect(at, "\",\""), sizeDecimals, rows.lots[count]);
      at = expect(at, "\",\"0\",\"");
      while ((unsigned)*at - '0' <= 9) at++;
      at = expect(at, "\"]");
      rows.ticks[count] = (int32_t)price;
      if (++count == ROWS_MAX) fail("expected fewer rows");
      if (*at++ != ',') break;
    }
    rows.count = count;
    return at;
  }
};
