#include "modules/catalogue/rendered_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string_view>

#include "core/gzip.h"

namespace stagedoor::catalogue {
namespace {

constexpr int kRestPerCost = 10;  // rendering takes at most a tenth of the time
// While a page is made again, the present one is given out up to this age, in rests.
constexpr int kRestsWhileMaking = 2;
constexpr std::chrono::nanoseconds kAgeWhileMaking = std::chrono::milliseconds(100);
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

constexpr std::string_view kImmutable = "public, max-age=31536000, immutable";

std::string headers_of(std::string_view tag, std::string_view cache_control, std::string_view more) {
  return fmt::format("ETag: \"{}\"\r\nCache-Control: {}\r\nVary: Accept-Encoding\r\n{}", tag, cache_control,
                     more);
}

}  // namespace

RenderedPage::RenderedPage(Rendering rendering)
    : cache_control_(rendering.cache_control),
      version_(rendering.version),
      has_one_form_(!rendering.is_compressible || rendering.body.size() < kGzipMin),
      valid_until_(rendering.valid_until) {
  rendering.body.shrink_to_fit();
  plain_.body = std::make_shared<const std::string>(std::move(rendering.body));
  plain_.size = plain_.body->size();
  set_headers(plain_, tag_of(*plain_.body), "");
}

void RenderedPage::set_headers(Form& form, std::string tag, std::string_view more) const {
  form.tag = std::move(tag);
  form.headers = headers_of(form.tag, cache_control_, more);
  if (version_ != 0) form.immutable_headers = headers_of(form.tag, kImmutable, more);
}

const RenderedPage::Form& RenderedPage::gzip() const {
  if (has_one_form_) return plain_;
  std::call_once(compressed_, [this] {
    gzip_.body = std::make_shared<const std::string>(stagedoor::gzip(*plain_.body, 1));
    gzip_.size = gzip_.body->size();
    set_headers(gzip_, plain_.tag + "-gz", "Content-Encoding: gzip\r\n");
    is_compressed_.store(true, std::memory_order_release);
  });
  return gzip_;
}

bool RenderedPage::has_gzip() const {
  return has_one_form_ || is_compressed_.load(std::memory_order_acquire);
}

PagePtr RenderedPage::without_bytes() const {
  const std::shared_ptr<RenderedPage> head(new RenderedPage());
  head->plain_ = plain_;
  head->plain_.body.reset();
  head->version_ = version_;
  head->has_one_form_ = has_one_form_;
  head->valid_until_ = valid_until_;
  if (is_compressed_.load(std::memory_order_acquire)) {
    std::call_once(head->compressed_, [&] {
      head->gzip_ = gzip_;
      head->gzip_.body.reset();
      head->is_compressed_ = true;
    });
  }
  return head;
}

PagePtr PageSlot::usable(const Request& request) {
  const auto state = state_.lock();
  state->asked_at = request.asked_at;
  const PagePtr& page = state->page;
  if (!page || (!request.only_head && !page->has_bytes())) return nullptr;
  if (request.gzip && !page->has_gzip()) {
    if (!page->has_bytes() || (!request.is_small && request.submit)) return nullptr;
    page->gzip();
  }
  const bool is_valid = request.now < page->valid_until();
  if (is_valid && state->version == request.version.load(std::memory_order_acquire)) return page;
  if (request.is_small) return nullptr;
  const auto age = Clock::now() - state->begin;
  const auto rest = state->cost * kRestPerCost;
  if (is_valid && age < rest) return page;
  return state->is_being_made && age < std::max(rest * kRestsWhileMaking, kAgeWhileMaking) ? page : nullptr;
}

void PageSlot::keep(PagePtr page, std::uint64_t version, Clock::time_point begin) {
  const auto cost = Clock::now() - begin;
  const auto state = state_.lock();
  state->page = std::move(page);
  state->version = version;
  state->begin = begin;
  state->cost = cost;
}

void PageSlot::await(Asker asker, const Order& order) {
  {
    const auto state = state_.lock();
    state->askers.push_back(std::move(asker));
    if (std::exchange(state->is_being_made, true)) return;
  }
  order.submit([this, order] { make(order); });
}

void PageSlot::make(const Order& order) {
  try {
    make_once(order);
  } catch (...) {  // no memory: the askers must not wait for ever
    std::vector<Asker> askers;
    {
      const auto state = state_.lock();
      state->is_being_made = false;
      askers.swap(state->askers);
    }
    for (Asker& asker : askers) asker.waiter(nullptr);
    throw;
  }
}

void PageSlot::make_once(const Order& order) {
  const std::uint64_t version = order.version->load(std::memory_order_acquire);
  PagePtr page;
  bool gzip = false;
  std::chrono::nanoseconds cost{0};
  {
    const auto state = state_.lock();
    for (const Asker& asker : state->askers) gzip = gzip || asker.gzip;
    const bool is_current = state->page && state->page->has_bytes() && state->version == version &&
                            order.now < state->page->valid_until();
    if (is_current) {  // it lacks only the compressed form
      page = state->page;
      cost = state->cost;
    }
  }
  const auto begin = Clock::now();
  if (!page) page = std::make_shared<const RenderedPage>(order.render());
  if (gzip) page->gzip();
  cost += Clock::now() - begin;

  std::vector<Asker> answered;
  bool is_complete = false;
  {
    const auto state = state_.lock();
    state->page = page;
    state->version = version;
    state->begin = begin;
    state->cost = cost;
    // Askers for the compressed form may have come meanwhile.
    const auto later = std::partition(state->askers.begin(), state->askers.end(),
                                      [&](const Asker& asker) { return !asker.gzip || page->has_gzip(); });
    answered.assign(std::make_move_iterator(state->askers.begin()), std::make_move_iterator(later));
    state->askers.erase(state->askers.begin(), later);
    is_complete = state->askers.empty();
    state->is_being_made = !is_complete;
  }
  for (Asker& asker : answered) asker.waiter(page);
  if (!is_complete) order.submit([this, order] { make(order); });
}

void PageSlot::drop_unasked(TimePoint before) {
  const auto state = state_.lock();
  if (state->page && state->page->has_bytes() && state->asked_at < before && !state->is_being_made)
    state->page = state->page->without_bytes();
}

}  // namespace stagedoor::catalogue
