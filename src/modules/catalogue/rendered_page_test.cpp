// Pages and slots: tags, compression, and when a page is rendered anew (R-X7, R-C8).
#include "modules/catalogue/rendered_page.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <thread>
#include <vector>

namespace stagedoor::catalogue {
namespace {

using namespace std::chrono_literals;

std::string unzip(const std::string& zipped) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zipped.data()));
  stream.avail_in = static_cast<uInt>(zipped.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

// A thing that changes, and its slot. Its page says which version it shows.
struct Thing {
  std::atomic<std::uint64_t> version{1};
  std::atomic<int> rendered{0};
  PageSlot slot;

  std::string ask(bool always_fresh, std::chrono::microseconds cost = 0us, TimePoint now = from_ms(0)) {
    return *slot.get({version, now, always_fresh},
                     [&] {
                       ++rendered;
                       const auto shown = version.load();
                       const auto begin = PageSlot::Clock::now();
                       while (PageSlot::Clock::now() - begin < cost) {
                       }
                       return Rendering{std::to_string(shown), from_ms(1000)};
                     })
                ->plain()
                .body;
  }
};

TEST(RenderedPage, its_tag_is_that_of_its_bytes) {
  const std::string text(1000, 'x');
  std::string other = text;
  other[999] = 'y';
  EXPECT_EQ(RenderedPage({text}).plain().tag, RenderedPage({text}).plain().tag);
  EXPECT_NE(RenderedPage({text}).plain().tag, RenderedPage({other}).plain().tag);
  EXPECT_NE(RenderedPage({"a"}).plain().tag, RenderedPage({std::string("a\0", 2)}).plain().tag);
}

TEST(RenderedPage, is_compressed_once_when_it_is_worth_it) {
  const RenderedPage small({std::string(1023, 'x')});
  EXPECT_EQ(&small.gzip(), &small.plain());
  const RenderedPage big({std::string(100'000, 'x')});
  EXPECT_EQ(unzip(*big.gzip().body), *big.plain().body);
  EXPECT_EQ(big.gzip().body, big.gzip().body) << "the same bytes, not made again";
  EXPECT_NE(big.gzip().tag, big.plain().tag) << "two forms, two strong tags";
  EXPECT_NE(big.gzip().headers.find("Content-Encoding: gzip\r\n"), std::string::npos);
}

TEST(PageSlot, renders_nothing_while_nothing_changes) {
  Thing thing;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(thing.ask(true), "1");
  EXPECT_EQ(thing.rendered, 1);
}

TEST(PageSlot, small_things_are_always_fresh) {
  Thing thing;
  for (int i = 2; i < 50; ++i) {
    ++thing.version;
    EXPECT_EQ(thing.ask(true, 100us), std::to_string(i));
  }
}

TEST(PageSlot, rendering_takes_at_most_a_tenth_of_the_time) {
  Thing thing;
  const auto begin = PageSlot::Clock::now();
  constexpr auto kCost = 1000us;
  while (PageSlot::Clock::now() - begin < 300ms) {
    ++thing.version;
    thing.ask(false, kCost);
  }
  const auto took = PageSlot::Clock::now() - begin;
  EXPECT_LE(thing.rendered.load() * kCost, took / 10 + 2 * kCost);
  EXPECT_GE(thing.rendered, 2) << "it is rendered again, though";
}

TEST(PageSlot, is_never_staler_than_100_ms_R_C8) {
  Thing thing;
  thing.ask(false, 20ms);  // so dear that a tenth of the time would be 200 ms
  const auto begin = PageSlot::Clock::now();
  ++thing.version;
  while (PageSlot::Clock::now() - begin < 100ms) {
  }
  EXPECT_EQ(thing.ask(false), "2");
}

TEST(PageSlot, renders_anew_when_a_window_opens) {
  Thing thing;
  thing.ask(false, 0us, from_ms(999));
  thing.ask(false, 0us, from_ms(999));
  EXPECT_EQ(thing.rendered, 1);
  thing.ask(false, 0us, from_ms(1000));
  EXPECT_EQ(thing.rendered, 2);
}

TEST(PageSlot, one_thread_renders_and_nobody_sees_an_older_page_than_before) {
  Thing thing;
  std::atomic<bool> over{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      unsigned long long newest = 0;
      while (!over) {
        const auto seen = std::stoull(thing.ask(false, 50us));
        EXPECT_GE(seen, newest);
        newest = seen;
      }
    });
  }
  for (int i = 0; i < 20'000; ++i) ++thing.version;
  const auto last = std::to_string(thing.version.load());
  while (thing.ask(true) != last) {
  }
  over = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(thing.ask(true), last);
}

}  // namespace
}  // namespace stagedoor::catalogue
