// The peer of wire to wire: raw sockets, its own frames, the scanner's book, two quotes, one masked batch in one write.
//
//     wire FEED PORT plain|tls spin|epoll
//
//     stdout  ready                when the snapshot is in the book
//     stdin   begin | end          a line; after `end` it says how often it was taken off its core since `begin`
//
// Spinning it reads without ever waiting between `begin` and `end`, and sleeps in epoll otherwise; the other way it always
// sleeps in epoll. The trade connection is looked at while an answer is outstanding. It ends when stdin does.
#include <sys/epoll.h>
#include "scanner.hpp"
#include "socket.hpp"
#include "trade.hpp"

constexpr uint32_t COMMAND_TURNS = 1 << 14;

class Peer {
 public:
  Peer(const Feed& feed, uint16_t port, SSL_CTX* tls, bool mayspin)
      : scanner(feed), trader(feed), context(tls), spins(mayspin), depth(open(port), newTls(), true), trade(open(port), newTls(), true) {
    depth.connect("/public");
    trade.connect("/trade");
    depth.sendText("{\"id\":\"1\",\"op\":\"subscribe\",\"args\":[{\"channel\":\"books\",\"instId\":\"" + feed.instruments[0].id + "\"}]}");
    waiter = epoll_create1(0);
    for (int fd : {STDIN_FILENO, depth.descriptor(), trade.descriptor()}) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.fd = fd;
      if (epoll_ctl(waiter, EPOLL_CTL_ADD, fd, &event) != 0) fail("expected to wait for a descriptor");
    }
  }

  void run() {
    while (!isOver) {
      if (isSpinning) spin();
      else sleep();
      if (depth.isClosed || trade.isClosed) return;
    }
  }

 private:
  Scanner scanner;
  Trader trader;
  SSL_CTX* const context;
  const bool spins;
  Connection depth, trade;
  int waiter;
  bool isReady = false, isSpinning = false, isOutstanding = false, isOver = false;
  long switchesBefore = 0;

  SSL* newTls() const { return context ? SSL_new(context) : nullptr; }

  static int open(uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (sockaddr*)&address, sizeof address) != 0) fail("expected the far side to listen");
    return fd;
  }

  void spin() {
    for (uint32_t turn = 0; turn < COMMAND_TURNS; turn++) {
      if (depth.fill()) hearDepth();
      if (isOutstanding && trade.fill()) hearTrade();
    }
    pollfd wait = {STDIN_FILENO, POLLIN, 0};
    if (poll(&wait, 1, 0) > 0) readCommand();
    if (trade.fill()) hearTrade();
  }

  void sleep() {
    epoll_event events[3];
    const int count = epoll_wait(waiter, events, 3, -1);
    for (int index = 0; index < count; index++) {
      const int fd = events[index].data.fd;
      if (fd == depth.descriptor()) {
        while (depth.fill()) hearDepth();
      } else if (fd == trade.descriptor()) {
        while (trade.fill()) hearTrade();
      } else {
        readCommand();
      }
    }
  }

  void readCommand() {
    char bytes[64];
    const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
    if (count <= 0) {
      isOver = true;
      return;
    }
    const bool begins = bytes[0] == 'b';
    isSpinning = begins && spins;
    if (begins) switchesBefore = involuntarySwitches();
    else say(std::to_string(involuntarySwitches() - switchesBefore));
  }

  static void say(const std::string& text) {
    puts(text.c_str());
    fflush(stdout);
  }

  void hearDepth() {
    Frame frame;
    while (depth.next(frame)) {
      if (frame.op == OP_PING) depth.send(OP_PONG, frame.bytes, frame.length);
      if (frame.op != OP_TEXT || std::string_view(frame.bytes, 8) == "{\"id\":\"1") continue;
      const uint32_t instrument = scanner.apply(frame.bytes, frame.length);
      if (isReady) {
        const uint32_t length = trader.answer(scanner.books[instrument], instrument);
        trade.send(OP_TEXT, trader.bytes(), length);
        isOutstanding = true;
      } else {
        isReady = true;
        say("ready");
      }
    }
  }

  // Acks are not looked into.
  void hearTrade() {
    Frame frame;
    while (trade.next(frame)) {
      if (frame.op != OP_PING) continue;
      trade.send(OP_PONG, frame.bytes, frame.length);
      isOutstanding = false;
    }
  }
};

int main(int count, char** args) {
  if (count != 5) fail("usage: wire FEED PORT plain|tls spin|epoll");
  signal(SIGPIPE, SIG_IGN);
  const Feed feed(args[1]);
  SSL_CTX* context = nullptr;
  if (strcmp(args[3], "tls") == 0) {
    // On loopback, from a certificate of the fixtures: it is not verified.
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }
  Peer(feed, (uint16_t)atoi(args[2]), context, strcmp(args[4], "spin") == 0).run();
  return 0;
}
