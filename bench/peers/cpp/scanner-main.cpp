// The C++ peer of book-update and of tick-to-trade: the scanner by hand.
#include "play.hpp"
#include "scanner.hpp"

int main(int count, char** args) { return play<Scanner>(count, args); }
