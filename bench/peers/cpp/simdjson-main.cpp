// The C++ peer of book-update with simdjson.
#include "play.hpp"
#include "simdjson-decoder.hpp"

int main(int count, char** args) { return play<SimdjsonDecoder>(count, args); }
