// What every C++ decoder of depth pushes shares, however it reads its bytes: rows in ticks and lots, and the books that they
// are put into once a frame has been read whole and its sequence numbers have been found to continue the book's.
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

class Decoder {
 public:
  explicit Decoder(const Feed& feed) : instruments(feed.instruments), books(feed.instruments.size()) {}

  const std::vector<Instrument>& instruments;
  std::vector<Book> books;

  void addBooks(Checksum& checksum) const {
    for (const Book& book : books) {
      checksum.addNumber(book.seqId);
      addSide(checksum, book.bids);
      addSide(checksum, book.asks);
    }
  }

 protected:
  Rows asks, bids;

  // What has been read into the rows becomes part of the book.
  inline void update(uint32_t instrument, bool isSnapshot, int64_t prevSeqId, int64_t seqId) {
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
  }

  inline uint32_t find(const char* name) {
    if (is(name, last)) return last;
    for (uint32_t index = 0; index < instruments.size(); index++) {
      if (is(name, index)) return last = index;
    }
    fail("expected an instrument of the feed");
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

 private:
  uint32_t last = 0;

  inline bool is(const char* name, uint32_t index) const {
    const std::string& id = instruments[index].id;
    return memcmp(name, id.data(), id.size()) == 0 && name[id.size()] == '"';
  }

  template <bool IS_BID>
  static void addSide(Checksum& checksum, const Side<IS_BID>& side) {
    checksum.addNumber(side.count);
    int32_t ticks = side.best;
    for (int level = 0; level < side.count; level++, ticks = side.worse(ticks)) {
      checksum.addNumber(ticks);
      checksum.addNumber(side.lotsAt(ticks));
    }
  }
};
