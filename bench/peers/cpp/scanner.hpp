// Pushes of the `books` channel from bytes into books, a byte at a time: the usual shape only, anything else ends
// the program. A frame is scanned whole before its book changes, and its sequence numbers must continue the book's.
#pragma once
#include <cstring>
#include "book.hpp"

constexpr int ROWS_MAX = 2048;
constexpr int64_t POWERS[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000,
                              10000000000, 100000000000, 1000000000000};

struct Rows {
  int count;
  int32_t ticks[ROWS_MAX];
  int64_t lots[ROWS_MAX];
};

class Scanner {
 public:
  explicit Scanner(const Feed& feed) : instruments(feed.instruments), books(feed.instruments.size()) {}

  const std::vector<Instrument>& instruments;
  std::vector<Book> books;

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

    Book& book = books[instrument];
    if (isSnapshot) {
      book.asks.clear();
      book.bids.clear();
    } else if (prevSeqId != book.seqId) {
      fail("expected a frame that continues its book");
    }
    for (int row = 0; row < asks.count; row++) book.asks.set(asks.ticks[row], asks.lots[row]);
    for (int row = 0; row < bids.count; row++) book.bids.set(bids.ticks[row], bids.lots[row]);
    book.asks.trim();
    book.bids.trim();
    book.seqId = seqId;
    return instrument;
  }

  void addBooks(Checksum& checksum) const {
    for (const Book& book : books) {
      checksum.addNumber(book.seqId);
      addSide(checksum, book.bids);
      addSide(checksum, book.asks);
    }
  }

 private:
  Rows asks, bids;
  uint32_t last = 0;

  template <bool IS_BID>
  static void addSide(Checksum& checksum, const Side<IS_BID>& side) {
    checksum.addNumber(side.count);
    int32_t ticks = side.best;
    for (int level = 0; level < side.count; level++, ticks = side.worse(ticks)) {
      checksum.addNumber(ticks);
      checksum.addNumber(side.lotsAt(ticks));
    }
  }

  // The compiler compares constants of a known length word by word.
  template <size_t SIZE>
  static inline const char* expect(const char* at, const char (&text)[SIZE]) {
    if (__builtin_expect(memcmp(at, text, SIZE - 1) != 0, 0)) fail("expected a frame of the usual shape");
    return at + SIZE - 1;
  }

  inline uint32_t find(const char* name) {
    if (is(name, last)) return last;
    for (uint32_t index = 0; index < instruments.size(); index++) {
      if (is(name, index)) return last = index;
    }
    fail("expected an instrument of the feed");
  }

  inline bool is(const char* name, uint32_t index) const {
    const std::string& id = instruments[index].id;
    return memcmp(name, id.data(), id.size()) == 0 && name[id.size()] == '"';
  }

  static inline const char* integer(const char* at, int64_t& value) {
    const bool isNegative = *at == '-';
    at += isNegative;
    int64_t sum = 0;
    for (unsigned digit; (digit = (unsigned)*at - '0') <= 9; at++) sum = sum * 10 + digit;
    value = isNegative ? -sum : sum;
    return at;
  }

  // A price or a size in quotes, in steps of its grid.
  static inline const char* decimal(const char* at, uint32_t decimals, int64_t& value) {
    int64_t sum = 0;
    unsigned digit;
    for (; (digit = (unsigned)*at - '0') <= 9; at++) sum = sum * 10 + digit;
    uint32_t missing = decimals;
    if (*at == '.') {
      const char* point = at++;
      for (; (digit = (unsigned)*at - '0') <= 9; at++) sum = sum * 10 + digit;
      missing -= (uint32_t)(at - point - 1);
    }
    if (missing != 0) {
      if (missing > decimals) fail("expected a number on its grid");
      sum *= POWERS[missing];
    }
    value = sum;
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
