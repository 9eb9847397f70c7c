// Pushes of the `books` channel into books by simdjson's on-demand parser, used as its documentation asks for: one parser
// for all frames, iterating over the received bytes in place, fields in the order of the message (find_field, no searching
// back), strings as they stand there, never unescaped into a buffer. simdjson reads no decimals on a grid: prices and sizes
// become ticks and lots by the scanner's loop over digits. What it need not look at it passes over and does not check.
#pragma once
#include <simdjson.h>
#include "decoder.hpp"

// How far behind a frame it may read, whatever stands there: the next frame, or the room behind the last.
static_assert(simdjson::SIMDJSON_PADDING <= FEED_PADDING);

class SimdjsonDecoder : public Decoder {
  using RawString = simdjson::ondemand::raw_json_string;
  using Value = simdjson::simdjson_result<simdjson::ondemand::value>;

 public:
  using Decoder::Decoder;

  // The number of the instrument whose book has been updated.
  inline uint32_t apply(const char* frame, uint32_t length) {
    simdjson::ondemand::document push;
    need(parser.iterate(frame, length, length + simdjson::SIMDJSON_PADDING).get(push));
    simdjson::ondemand::object arg, entry;
    need(push.find_field("arg").get_object().get(arg));
    if (text(arg.find_field("channel")) != "books") fail("expected a push of the books channel");
    const uint32_t instrument = find(text(arg.find_field("instId")).raw());
    const bool isSnapshot = text(push.find_field("action")) == "snapshot";
    simdjson::ondemand::array data;
    need(push.find_field("data").get_array().get(data));
    need((*data.begin()).get_object().get(entry));
    readRows(entry.find_field("asks"), asks, instruments[instrument]);
    readRows(entry.find_field("bids"), bids, instruments[instrument]);
    int64_t seqId, prevSeqId;
    need(entry.find_field("seqId").get_int64().get(seqId));
    need(entry.find_field("prevSeqId").get_int64().get(prevSeqId));
    update(instrument, isSnapshot, prevSeqId, seqId);
    return instrument;
  }

 private:
  simdjson::ondemand::parser parser;

  static inline void need(simdjson::error_code error) {
    if (__builtin_expect(error != simdjson::SUCCESS, 0)) fail(simdjson::error_message(error));
  }

  // What stands behind the opening quote.
  static inline RawString text(Value value) {
    RawString string;
    need(value.get_raw_json_string().get(string));
    return string;
  }

  // A row is [price, size, "0", orders]. Reading on to its end is quicker than to let the parser pass over the rest (6 % of
  // generated `books`), and inlining another tenth.
  static inline __attribute__((always_inline)) void readRows(Value value, Rows& rows, const Instrument& instrument) {
    const uint32_t priceDecimals = instrument.priceDecimals, sizeDecimals = instrument.sizeDecimals;
    int count = 0;
    simdjson::ondemand::array levels, level;
    need(value.get_array().get(levels));
    for (auto each : levels) {
      need(each.get_array().get(level));
      auto cell = level.begin();
      int64_t price;
      decimal(text(*cell).raw(), priceDecimals, price);
      decimal(text(*++cell).raw(), sizeDecimals, rows.lots[count]);
      if (*text(*++cell).raw() != '0') fail("expected a row of the usual shape");
      text(*++cell);
      ++cell;
      rows.ticks[count] = (int32_t)price;
      if (++count == ROWS_MAX) fail("expected fewer rows");
    }
    rows.count = count;
  }
};
