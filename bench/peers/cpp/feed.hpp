// The feed file that the benchmark writes (feed-file.ts): instruments with their grids, then frames as bytes.
//
//     "OKXFEED1" | u32 instruments | { u32 length, id, u32 price and size decimals, u32 code, u32 half spread }...
//     | u32 frames | u32 starts[frames + 1] | u8 isSnapshot[frames] | bytes
//
// All numbers little-endian. Frame f is bytes[starts[f], starts[f + 1]).
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

[[noreturn]] inline void fail(const char* what) {
  fprintf(stderr, "peer: %s\n", what);
  exit(1);
}

struct Instrument {
  std::string id;
  uint32_t priceDecimals, sizeDecimals, code, halfSpreadTicks;
};

// Room to look past the end of the last frame.
constexpr size_t FEED_PADDING = 64;

struct Feed {
  std::vector<Instrument> instruments;
  uint32_t count = 0;
  std::vector<uint32_t> starts;
  std::vector<uint8_t> isSnapshot;
  std::vector<char> bytes;

  explicit Feed(const char* file) {
    FILE* in = fopen(file, "rb");
    if (!in) fail("expected a feed file that can be read");
    char magic[8];
    read(in, magic, 8);
    if (memcmp(magic, "OKXFEED1", 8) != 0) fail("expected a feed file");
    instruments.resize(number(in));
    for (Instrument& each : instruments) {
      each.id.resize(number(in));
      read(in, each.id.data(), each.id.size());
      each.priceDecimals = number(in);
      each.sizeDecimals = number(in);
      each.code = number(in);
      each.halfSpreadTicks = number(in);
    }
    count = number(in);
    starts.resize(count + 1);
    read(in, starts.data(), starts.size() * 4);
    isSnapshot.resize(count);
    read(in, isSnapshot.data(), count);
    bytes.resize(starts[count] + FEED_PADDING);
    read(in, bytes.data(), starts[count]);
    fclose(in);
  }

  const char* begin(uint32_t frame) const { return bytes.data() + starts[frame]; }
  uint32_t length(uint32_t frame) const { return starts[frame + 1] - starts[frame]; }

 private:
  static void read(FILE* in, void* to, size_t size) {
    if (size > 0 && fread(to, 1, size, in) != size) fail("expected a whole feed file");
  }
  static uint32_t number(FILE* in) {
    uint32_t value;
    read(in, &value, 4);
    return value;
  }
};

// FNV-1a, as bench/checksum.ts.
struct Checksum {
  uint32_t hash = 0x811c9dc5u;
  void addByte(uint8_t byte) { hash = (hash ^ byte) * 0x01000193u; }
  void addBytes(const char* from, size_t length) {
    for (size_t index = 0; index < length; index++) addByte((uint8_t)from[index]);
  }
  void addNumber(int64_t value) {
    uint64_t rest = value < 0 ? (uint64_t)((1ll << 53) + value) : (uint64_t)value;
    for (int index = 0; index < 7; index++, rest >>= 8) addByte(rest & 0xff);
  }
};
