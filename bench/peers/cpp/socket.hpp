// A TCP stream of loopback, plain or TLS, that never blocks, and WebSocket frames on it: RFC 6455 as far as two that
// know each other need it. Whole frames of at most 64 KiB, no extensions.
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <string>
#include <string_view>
#include "feed.hpp"

inline uint64_t nowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// How often this process was taken off its core while it wanted to go on.
inline long involuntarySwitches() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nivcsw;
}

constexpr size_t RECEIVE_BYTES = 1 << 20;
constexpr uint8_t OP_TEXT = 1, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10;
constexpr const char* HANDSHAKE_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

struct Frame {
  uint8_t op;
  char* bytes;
  uint32_t length;
};

class Connection {
 public:
  std::string path;
  bool isClosed = false;

  Connection(int socket, SSL* tls, bool masks) : fd(socket), ssl(tls), isClient(masks) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    received.resize(RECEIVE_BYTES);
    if (ssl) SSL_set_fd(ssl, fd);
  }
  ~Connection() {
    if (ssl) SSL_free(ssl);
    close(fd);
  }
  Connection(const Connection&) = delete;

  int descriptor() const { return fd; }

  // Reads what is there; false when nothing was. Frames and pointers given before are void.
  bool fill() {
    if (start > 0) {
      memmove(received.data(), received.data() + start, end - start);
      end -= start;
      start = 0;
    }
    ssize_t count;
    if (ssl) {
      count = SSL_read(ssl, received.data() + end, (int)(RECEIVE_BYTES - end));
      if (count <= 0) {
        const int error = SSL_get_error(ssl, (int)count);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) isClosed = true;
        return false;
      }
    } else {
      count = recv(fd, received.data() + end, RECEIVE_BYTES - end, 0);
      if (count <= 0) {
        if (count == 0 || (errno != EAGAIN && errno != EINTR)) isClosed = true;
        return false;
      }
    }
    end += (size_t)count;
    return true;
  }

  // The next whole frame of what was read, its mask taken off.
  bool next(Frame& frame) {
    char* at = received.data() + start;
    const size_t have = end - start;
    if (have < 2) return false;
    const bool isMasked = (uint8_t)at[1] & 0x80;
    uint32_t length = (uint8_t)at[1] & 0x7f;
    size_t head = 2;
    if (length == 126) {
      if (have < 4) return false;
      length = (uint32_t)(uint8_t)at[2] << 8 | (uint8_t)at[3];
      head = 4;
    } else if (length == 127) {
      fail("expected frames of at most 64 KiB");
    }
    const char* mask = at + head;
    if (isMasked) head += 4;
    if (have < head + length) return false;
    if (!((uint8_t)at[0] & 0x80)) fail("expected whole frames");
    frame = {(uint8_t)(at[0] & 15), at + head, length};
    if (isMasked) applyMask(frame.bytes, frame.bytes, length, mask);
    start += head + length;
    return true;
  }

  // One write a message; what the socket does not take at once is written until it does.
  void send(uint8_t op, const char* bytes, size_t length) {
    char* at = out;
    if (length + 8 > sizeof out) fail("expected a message that fits");
    *at++ = (char)(0x80 | op);
    const uint8_t maskBit = isClient ? 0x80 : 0;
    if (length < 126) {
      *at++ = (char)(maskBit | length);
    } else {
      *at++ = (char)(maskBit | 126);
      *at++ = (char)(length >> 8);
      *at++ = (char)length;
    }
    if (isClient) {
      const uint32_t mask = nextMask();
      memcpy(at, &mask, 4);
      applyMask(at + 4, bytes, length, at);
      at += 4;
    } else {
      memcpy(at, bytes, length);
    }
    write(out, (size_t)(at - out) + length);
  }
  void sendText(std::string_view text) { send(OP_TEXT, text.data(), text.size()); }

  void write(const char* bytes, size_t length) {
    while (length > 0 && !isClosed) {
      ssize_t count = ssl ? SSL_write(ssl, bytes, (int)length) : ::send(fd, bytes, length, MSG_NOSIGNAL);
      if (count > 0) {
        bytes += count;
        length -= (size_t)count;
        continue;
      }
      const int error = ssl ? SSL_get_error(ssl, (int)count) : 0;
      const bool isFull = ssl ? error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ : errno == EAGAIN || errno == EINTR;
      if (!isFull) isClosed = true;
    }
  }

  // The server's part of the handshake, TLS first; false until it is done.
  bool accept() {
    if (ssl && !SSL_is_init_finished(ssl)) {
      const int done = SSL_accept(ssl);
      if (done != 1) {
        const int error = SSL_get_error(ssl, done);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) isClosed = true;
        return false;
      }
    }
    while (fill()) {
    }
    const std::string_view head(received.data(), end);
    const size_t ending = head.find("\r\n\r\n");
    if (ending == head.npos) return false;
    path = std::string(head.substr(4, head.find(' ', 4) - 4));
    const std::string key = headerOf(head.substr(0, ending + 2), "sec-websocket-key:");
    const std::string answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
                               acceptOf(key) + "\r\n\r\n";
    start = ending + 4;
    write(answer.data(), answer.size());
    return true;
  }

  // The client's part, waiting.
  void connect(const std::string& wanted) {
    path = wanted;
    if (ssl) {
      int done;
      while ((done = SSL_connect(ssl)) != 1) {
        const int error = SSL_get_error(ssl, done);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) fail("expected a TLS handshake");
      }
    }
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    write(request.data(), request.size());
    for (;;) {
      fill();
      if (isClosed) fail("expected a WebSocket handshake");
      const std::string_view head(received.data(), end);
      const size_t ending = head.find("\r\n\r\n");
      if (ending == head.npos) continue;
      if (head.substr(0, 12) != "HTTP/1.1 101") fail("expected to be upgraded");
      start = ending + 4;
      return;
    }
  }

 private:
  const int fd;
  SSL* const ssl;
  const bool isClient;
  std::vector<char> received;
  size_t start = 0, end = 0;
  uint32_t maskState = 0x9e3779b9u;
  char out[1 << 17];

  // Any mask will do on loopback; a chain of xors and shifts is a fresh one each time.
  uint32_t nextMask() {
    maskState ^= maskState << 13;
    maskState ^= maskState >> 17;
    maskState ^= maskState << 5;
    return maskState;
  }

  static void applyMask(char* to, const char* from, size_t length, const char* mask) {
    uint64_t wide;
    memcpy(&wide, mask, 4);
    memcpy((char*)&wide + 4, mask, 4);
    size_t index = 0;
    for (; index + 8 <= length; index += 8) {
      uint64_t word;
      memcpy(&word, from + index, 8);
      word ^= wide;
      memcpy(to + index, &word, 8);
    }
    for (; index < length; index++) to[index] = from[index] ^ ((const char*)&wide)[index & 7];
  }

  static std::string headerOf(std::string_view head, std::string_view name) {
    for (size_t at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at + 2)) {
      const std::string_view line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
      if (line.size() < name.size() || strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
      size_t first = name.size();
      while (first < line.size() && line[first] == ' ') first++;
      return std::string(line.substr(first));
    }
    fail("expected a key in the handshake");
  }

  static std::string acceptOf(const std::string& key) {
    const std::string text = key + HANDSHAKE_SUFFIX;
    unsigned char digest[SHA_DIGEST_LENGTH], base64[64];
    SHA1((const unsigned char*)text.data(), text.size(), digest);
    return std::string((char*)base64, (size_t)EVP_EncodeBlock(base64, digest, SHA_DIGEST_LENGTH));
  }
};
