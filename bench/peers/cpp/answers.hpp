// The venue's side of the order path, as bench/rig/venue-answers.ts: every command is accepted, every order rests. For the
// bytes of an order message the ack and one push of the `orders` channel an order. Never inside what is timed.
#pragma once
#include <string>
#include <string_view>
#include <unordered_map>
#include "feed.hpp"

class Answers {
 public:
  std::string ack;
  std::vector<std::string> pushes;

  explicit Answers(const Feed& feed) : instruments(feed.instruments) {}

  void answer(std::string_view batch) {
    nowMs++;
    pushes.clear();
    const std::string_view op = value(batch, "\"op\":\"");
    const bool isAmend = op.find("amend") != op.npos, isCancel = op.find("cancel") != op.npos;
    const std::string time = std::to_string(nowMs);
    ack.assign("{\"id\":\"").append(value(batch, "\"id\":\"")).append("\",\"op\":\"").append(op);
    ack.append("\",\"code\":\"0\",\"msg\":\"\",\"data\":[");
    const size_t args = batch.find("\"args\":[");
    for (size_t open = batch.find('{', args); open != batch.npos; open = batch.find('{', open)) {
      const size_t close = batch.find('}', open);
      if (!pushes.empty()) ack.push_back(',');
      item(batch.substr(open, close - open), isAmend, isCancel, time);
      open = close;
    }
    ack.append("],\"inTime\":\"").append(time).append("000\",\"outTime\":\"").append(time).append("000\"}");
  }

 private:
  struct Order {
    std::string price, size, side;
  };
  const std::vector<Instrument>& instruments;
  std::unordered_map<std::string, Order> orders;
  int64_t nowMs = 1763676600000;

  static std::string_view value(std::string_view text, std::string_view key) {
    const size_t at = text.find(key);
    if (at == text.npos) return {};
    return text.substr(at + key.size(), text.find('"', at + key.size()) - at - key.size());
  }

  void item(std::string_view text, bool isAmend, bool isCancel, const std::string& time) {
    const std::string_view id = value(text, "\"clOrdId\":\"");
    if (id.size() != 19) fail("expected client order ids of 19 digits");
    // As many orders as there are slots: a slot's next generation takes its place.
    Order& order = orders[std::string(id.substr(9, 4))];
    if (isAmend) {
      const std::string_view price = value(text, "\"newPx\":\""), size = value(text, "\"newSz\":\"");
      if (!price.empty()) order.price = price;
      if (!size.empty()) order.size = size;
    } else if (!isCancel) {
      order = {std::string(value(text, "\"px\":\"")), std::string(value(text, "\"sz\":\"")), std::string(value(text, "\"side\":\""))};
    }
    const std::string_view request = value(text, "\"reqId\":\"");
    ack.append("{\"ordId\":\"31").append(id).append("\",\"clOrdId\":\"").append(id).append("\",\"tag\":\"BENCHTAG\",\"ts\":\"");
    ack.append(time).append("\",\"reqId\":\"").append(isAmend ? request : "").append("\",\"sCode\":\"0\",\"sMsg\":\"\"}");
    std::string push = "{\"arg\":{\"channel\":\"orders\",\"instType\":\"ANY\",\"uid\":\"44*********584\"},\"data\":[{\"instType\":\"SWAP\",\"instId\":\"";
    push.append(instrumentOf(text)).append("\",\"ccy\":\"\",\"ordId\":\"31").append(id).append("\",\"clOrdId\":\"").append(id);
    push.append("\",\"tag\":\"BENCHTAG\",\"px\":\"").append(order.price).append("\",\"sz\":\"").append(order.size);
    push.append("\",\"notionalUsd\":\"\",\"ordType\":\"post_only\",\"side\":\"").append(order.side == "buy" ? "buy" : "sell");
    push.append("\",\"posSide\":\"net\",\"tdMode\":\"cross\",\"accFillSz\":\"0\",\"fillPx\":\"\",\"tradeId\":\"\",\"fillSz\":\"0\",\"fillPnl\":\"0\","
                "\"fillTime\":\"\",\"fillFee\":\"0\",\"fillFeeCcy\":\"\",\"execType\":\"\",\"state\":\"");
    push.append(isCancel ? "canceled" : "live");
    push.append("\",\"avgPx\":\"0\",\"lever\":\"3\",\"tpTriggerPx\":\"\",\"slTriggerPx\":\"\",\"feeCcy\":\"USDT\",\"fee\":\"0\",\"rebateCcy\":\"USDT\","
                "\"rebate\":\"0\",\"pnl\":\"0\",\"source\":\"\",\"cancelSource\":\"");
    push.append(isCancel ? "1" : "").append("\",\"category\":\"normal\",\"uTime\":\"").append(time);
    push.append("\",\"cTime\":\"1763676600000\",\"reqId\":\"").append(isAmend ? request : "").append("\",\"amendResult\":\"");
    push.append(isAmend ? "0" : "");
    push.append("\",\"reduceOnly\":\"false\",\"quickMgnType\":\"\",\"algoClOrdId\":\"\",\"code\":\"0\",\"msg\":\"\"}]}");
    pushes.push_back(std::move(push));
  }

  const std::string& instrumentOf(std::string_view text) const {
    const std::string_view key = "\"instIdCode\":";
    const size_t at = text.find(key);
    const uint32_t code = at == text.npos ? 0 : (uint32_t)atoi(text.data() + at + key.size());
    for (const Instrument& each : instruments) {
      if (each.code == code) return each.id;
    }
    fail("expected a known instIdCode");
  }
};
