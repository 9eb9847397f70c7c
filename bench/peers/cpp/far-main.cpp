// The venue of wire to wire: as bench/wire/far-side.ts, but its turn costs a fraction of a microsecond, so
// that what is measured is the other side.
//
//     far FEED plain|tls [CERTIFICATE KEY]
//
//     stdout  {"kind":"listening","port":N}                                          once
//     stdin   play FRAMES INTERVAL_US BATCHES                                        a line a round
//     stdout  {"kind":"played","latenciesNs":[...],"serviceNs":[...],"rate":R,"checksum":"C","switches":N}
//             {"kind":"lost","text":"..."}
//
// While frames are played it spins and never blocks; between rounds it sleeps in poll. It ends when stdin does.
#include <algorithm>
#include <memory>
#include "answers.hpp"
#include "socket.hpp"

constexpr uint64_t LOST_AFTER_NS = 2'000'000'000;
constexpr uint32_t CHECKSUM_FRAMES = 20;
// A look at connections that owe nothing, every so many turns.
constexpr uint32_t LOOK_TURNS = 64;

struct Order {
  uint32_t frames = 0, intervalUs = 0, batches = 0;
};

class Far {
 public:
  Far(const Feed& played, SSL_CTX* tls) : feed(played), context(tls), answers(played) {}

  void run() {
    listener = listenOnLoopback();
    for (;;) {
      if (isPlaying) turn();
      else if (!sleep()) return;
    }
  }

 private:
  const Feed& feed;
  SSL_CTX* const context;
  Answers answers;
  Checksum checksum;
  int listener = -1;
  std::vector<std::unique_ptr<Connection>> connections;
  Connection *depth = nullptr, *trade = nullptr, *pushed = nullptr;
  std::string commands;

  bool isPlaying = false, isTimed = false;
  Order order;
  uint32_t played = 0, nextFrame = 1, awaited = 0, unread = 0, framesSeen = 0, turns = 0;
  uint64_t roundNs = 0, intendedNs = 0, writtenNs = 0;
  long switchesBefore = 0;
  std::vector<uint64_t> latenciesNs, serviceNs;

  static int listenOnLoopback() {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(fd, (sockaddr*)&address, size) != 0 || listen(fd, 16) != 0) fail("expected to listen on loopback");
    getsockname(fd, (sockaddr*)&address, &size);
    printf("{\"kind\":\"listening\",\"port\":%d}\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
  }

  // Waits for whatever comes; false when nobody is left to play for.
  bool sleep() {
    std::vector<pollfd> waits = {{STDIN_FILENO, POLLIN, 0}, {listener, POLLIN, 0}};
    for (const auto& connection : connections) waits.push_back({connection->descriptor(), POLLIN, 0});
    poll(waits.data(), waits.size(), -1);
    if (waits[1].revents) {
      const int fd = accept(listener, nullptr, nullptr);
      if (fd >= 0) connections.push_back(std::make_unique<Connection>(fd, context ? SSL_new(context) : nullptr, false));
    }
    for (size_t index = 0; index < connections.size(); index++) hear(*connections[index]);
    forgetClosed();
    return !waits[0].revents || readCommand();
  }

  bool readCommand() {
    char bytes[256];
    const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
    if (count <= 0) return false;
    commands.append(bytes, (size_t)count);
    const size_t end = commands.find('\n');
    if (end == commands.npos) return true;
    if (sscanf(commands.c_str(), "play %u %u %u", &order.frames, &order.intervalUs, &order.batches) != 3) fail("expected an order to play");
    commands.erase(0, end + 1);
    if (!depth) fail("expected somebody who has subscribed");
    latenciesNs.clear();
    serviceNs.clear();
    played = 0;
    isPlaying = true;
    switchesBefore = involuntarySwitches();
    roundNs = writtenNs = nowNs();
    return true;
  }

  // Writes the next frame when it is due and the one before has been dealt with.
  void turn() {
    const uint64_t timeNs = nowNs();
    if (awaited == 0 && unread == 0) {
      if (played == order.frames) return finish(timeNs);
      const uint64_t dueNs = roundNs + (uint64_t)played * order.intervalUs * 1000;
      if (timeNs >= dueNs) return writeFrame(dueNs);
    } else if (timeNs - writtenNs > LOST_AFTER_NS) {
      isPlaying = false;
      printf("{\"kind\":\"lost\",\"text\":\"frame %u of %u: expected %u batches, %u did not come, %u connections had closed\"}\n", played, order.frames,
             order.batches, awaited, (uint32_t)std::count_if(connections.begin(), connections.end(), [](const auto& each) { return each->isClosed; }));
      fflush(stdout);
      return;
    }
    if (trade) hear(*trade);
    if (unread > 0 && pushed && pushed != trade) hear(*pushed);
    if (++turns % LOOK_TURNS == 0) {
      for (size_t index = 0; index < connections.size(); index++) hear(*connections[index]);
    }
  }

  // What is timed begins when the frame was meant to leave; beside it, when it did.
  void writeFrame(uint64_t dueNs) {
    const uint32_t frame = nextFrame;
    nextFrame = frame + 1 == feed.count ? 0 : frame + 1;
    intendedNs = dueNs;
    awaited = order.batches;
    isTimed = true;
    writtenNs = nowNs();
    depth->send(OP_TEXT, feed.begin(frame), feed.length(frame));
  }

  void batch(Connection& connection, std::string_view text) {
    if (isTimed) {
      const uint64_t timeNs = nowNs();
      isTimed = false;
      latenciesNs.push_back(timeNs - intendedNs);
      serviceNs.push_back(timeNs - writtenNs);
      played++;
      framesSeen++;
    }
    trade = &connection;
    answers.answer(text);
    if (framesSeen > 0 && framesSeen <= CHECKSUM_FRAMES) addPrices(text);
    connection.sendText(answers.ack);
    if (pushed) {
      for (const std::string& push : answers.pushes) pushed->sendText(push);
    }
    if (awaited > 0 && --awaited > 0) return;
    // A frame that overtook the answers, on another connection, would meet orders that are still being amended.
    ping(connection);
    if (pushed && pushed != &connection) ping(*pushed);
  }

  void ping(Connection& connection) {
    unread++;
    connection.send(OP_PING, "", 0);
  }

  void addPrices(std::string_view text) {
    const std::string_view key = "\"newPx\":\"";
    for (size_t at = text.find(key); at != text.npos; at = text.find(key, at)) {
      at += key.size();
      checksum.addBytes(text.data() + at, text.find('"', at) - at);
    }
  }

  void finish(uint64_t timeNs) {
    isPlaying = false;
    printf("{\"kind\":\"played\",\"latenciesNs\":[");
    printTimes(latenciesNs);
    printf("],\"serviceNs\":[");
    printTimes(serviceNs);
    printf("],\"rate\":%.3f,\"checksum\":\"%08x\",\"switches\":%ld}\n", order.frames / ((double)(timeNs - roundNs) / 1e9), checksum.hash,
           involuntarySwitches() - switchesBefore);
    fflush(stdout);
  }

  static void printTimes(const std::vector<uint64_t>& timesNs) {
    for (size_t index = 0; index < timesNs.size(); index++) printf(index ? ",%lu" : "%lu", timesNs[index]);
  }

  void hear(Connection& connection) {
    if (connection.path.empty() && !connection.accept()) return;
    do {
      Frame frame;
      while (connection.next(frame)) message(connection, frame);
    } while (connection.fill());
  }

  void message(Connection& connection, const Frame& frame) {
    const std::string_view text(frame.bytes, frame.length);
    if (frame.op == OP_PONG) {
      if (unread > 0) unread--;
    } else if (frame.op == OP_PING) {
      connection.send(OP_PONG, frame.bytes, frame.length);
    } else if (frame.op == OP_CLOSE) {
      connection.send(OP_CLOSE, frame.bytes, frame.length);
      connection.isClosed = true;
    } else if (text.find("\"clOrdId\"") != text.npos) {
      batch(connection, text);
    } else if (text == "ping") {
      connection.sendText("pong");
    } else if (text.find("\"op\":\"login\"") != text.npos) {
      connection.sendText("{\"event\":\"login\",\"code\":\"0\",\"msg\":\"\",\"connId\":\"a4d3ae55\"}");
    } else if (text.find("\"op\":\"subscribe\"") != text.npos) {
      subscribe(connection, text);
    }
  }

  void subscribe(Connection& connection, std::string_view text) {
    const std::string_view key = "\"id\":\"";
    const size_t idAt = text.find(key);
    const std::string id = idAt == text.npos ? "" : std::string(text.substr(idAt, text.find('"', idAt + key.size()) + 1 - idAt)) + ",";
    for (size_t open = text.find('{', text.find("\"args\":[")); open != text.npos; open = text.find('{', open)) {
      const size_t close = text.find('}', open);
      const std::string_view arg = text.substr(open, close + 1 - open);
      connection.sendText("{" + id + "\"event\":\"subscribe\",\"arg\":" + std::string(arg) + ",\"connId\":\"a4d3ae55\"}");
      open = close;
      if (arg.find("\"orders\"") != arg.npos) pushed = &connection;
      if (arg.find("\"books\"") == arg.npos) continue;
      depth = &connection;
      connection.send(OP_TEXT, feed.begin(0), feed.length(0));
    }
  }

  void forgetClosed() {
    for (const auto& connection : connections) {
      if (!connection->isClosed) continue;
      for (Connection** known : {&depth, &trade, &pushed}) {
        if (*known == connection.get()) *known = nullptr;
      }
    }
    std::erase_if(connections, [](const auto& connection) { return connection->isClosed; });
  }
};

int main(int count, char** args) {
  if (count != 3 && count != 5) fail("usage: far FEED plain|tls [CERTIFICATE KEY]");
  signal(SIGPIPE, SIG_IGN);
  const Feed feed(args[1]);
  SSL_CTX* context = nullptr;
  if (count == 5) {
    context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context, args[3]) != 1 || SSL_CTX_use_PrivateKey_file(context, args[4], SSL_FILETYPE_PEM) != 1) {
      fail("expected a certificate and its key");
    }
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }
  Far(feed, context).run();
  return 0;
}
