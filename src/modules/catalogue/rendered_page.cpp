#include "modules/catalogue/rendered_page.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "core/ensure.h"

namespace stagedoor::catalogue {
namespace {

constexpr std::chrono::nanoseconds kStaleMax = std::chrono::milliseconds(100);
constexpr int kRestPerCost = 10;  // rendering takes at most a tenth of the time
constexpr std::size_t kGzipMin = 1024;

// A tag computed from the bytes, so that it is stable across restarts and instances: 64 bits, eight bytes per
// step (a seat map has megabytes). Clients do not choose the bytes, so it need not resist forgery.
std::string tag_of(std::string_view bytes) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  std::uint64_t hash = bytes.size() * kOdd;
  const auto mix = [&](std::uint64_t word) {
    hash = (hash ^ word) * kOdd;
    hash ^= hash >> 29;
  };
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + at, 8);
    mix(word);
  }
  std::uint64_t rest = 0;
  std::memcpy(&rest, bytes.data() + at, bytes.size() - at);
  mix(rest);
  mix(hash >> 32);
  return fmt::format("{:016x}", hash);
}

std::string headers_of(std::string_view tag, std::string_view more) {
  return fmt::format("ETag: \"{}\"\r\nCache-Control: no-cache\r\nVary: Accept-Encoding\r\n{}", tag, more);
}

std::string compress(const std::string& body) {
  z_stream stream{};
  ensure(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) == Z_OK, "zlib starts");
  std::string out(deflateBound(&stream, static_cast<uLong>(body.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));  // zlib does not write to it
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ensure(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib compresses in one step");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  out.shrink_to_fit();
  return out;
}

}  // namespace

RenderedPage::RenderedPage(Rendering rendering) : valid_until_(rendering.valid_until) {
  rendering.body.shrink_to_fit();
  plain_.body = std::make_shared<const std::string>(std::move(rendering.body));
  plain_.tag = tag_of(*plain_.body);
  plain_.headers = headers_of(plain_.tag, "");
}

const RenderedPage::Form& RenderedPage::gzip() const {
  if (plain_.body->size() < kGzipMin) return plain_;
  std::call_once(compressed_, [this] {
    const auto begin = std::chrono::steady_clock::now();
    gzip_.body = std::make_shared<const std::string>(compress(*plain_.body));
    gzip_.tag = plain_.tag + "-gz";
    gzip_.headers = headers_of(gzip_.tag, "Content-Encoding: gzip\r\n");
    gzip_cost_ = std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count();
  });
  return gzip_;
}

std::shared_ptr<const RenderedPage> PageSlot::current(const Request& request) const {
  const auto newest = newest_.lock();
  if (!newest->page || request.now >= newest->page->valid_until()) return nullptr;
  if (newest->version == request.version.load(std::memory_order_acquire)) return newest->page;
  if (request.always_fresh) return nullptr;
  const auto rest = std::min((newest->cost + newest->page->gzip_cost()) * kRestPerCost, kStaleMax);
  return Clock::now() - newest->begin < rest ? newest->page : nullptr;
}

std::shared_ptr<const RenderedPage> PageSlot::stale_but_acceptable(const Request& request) const {
  const auto newest = newest_.lock();
  const bool is_good = newest->page && !request.always_fresh && request.now < newest->page->valid_until();
  return is_good && Clock::now() - newest->begin < kStaleMax ? newest->page : nullptr;
}

void PageSlot::keep(std::shared_ptr<const RenderedPage> page, std::uint64_t version,
                    Clock::time_point begin) {
  const auto cost = Clock::now() - begin;
  *newest_.lock() = {std::move(page), version, begin, cost};
}

}  // namespace stagedoor::catalogue
