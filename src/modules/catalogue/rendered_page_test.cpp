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

void spin(std::chrono::microseconds time) {
  const auto begin = PageSlot::Clock::now();
  while (PageSlot::Clock::now() - begin < time) {
  }
}

// A thing that changes, and its slot. Its page says which version it shows. Without a worker.
struct Thing {
  std::atomic<std::uint64_t> version{1};
  std::atomic<int> rendered{0};
  SubmitJob submit;
  PageSlot slot;

  std::string ask(bool is_small, std::chrono::microseconds cost = 0us, TimePoint now = from_ms(0)) {
    return *slot.get({.version = version,
                      .now = now,
                      .asked_at = now,
                      .is_small = is_small,
                      .submit = submit,
                      .owner = {}},
                     [&, cost] {
                       ++rendered;
                       const auto shown = version.load();
                       spin(cost);
                       return Rendering{std::to_string(shown), from_ms(1000)};
                     })
                ->plain()
                .body;
  }
};

struct Ask {
  bool gzip = false;
  bool only_head = false;
  TimePoint at{};
};

// A large thing, whose jobs wait until the test does them.
struct LargeThing {
  std::atomic<std::uint64_t> version{1};
  std::vector<std::uint64_t> rendered;  // versions
  std::chrono::microseconds cost{0};
  std::vector<absl::AnyInvocable<void()>> jobs;
  SubmitJob submit = [this](absl::AnyInvocable<void()> job) { jobs.push_back(std::move(job)); };
  PageSlot slot;

  PageTicket ask(const Ask& ask) {
    return slot.get({.version = version,
                     .now = from_ms(0),
                     .asked_at = ask.at,
                     .gzip = ask.gzip,
                     .only_head = ask.only_head,
                     .submit = submit,
                     .owner = {}},
                    [this] {
                      rendered.push_back(version);
                      spin(cost);
                      return Rendering{std::to_string(version) + std::string(2000, 'x'), kNever};
                    });
  }
  // Asks, and waits if it has to; the page comes into the result when it is there.
  std::shared_ptr<PagePtr> wait(const Ask& how = {}) {
    auto got = std::make_shared<PagePtr>();
    auto ticket = ask(how);
    if (ticket.page) *got = ticket.page;
    else ticket.await([got](PagePtr page) { *got = std::move(page); });
    return got;
  }
  void work() {
    for (auto& job : std::exchange(jobs, {})) job();
  }
  static char shown(const PagePtr& page) { return page->plain().body->front(); }
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

TEST(RenderedPage, who_may_keep_it_stands_in_its_headers) {
  const RenderedPage page(
      {.body = std::string(2000, 'x'), .cache_control = "public, max-age=10", .version = 5});
  for (const auto* form : {&page.plain(), &page.gzip()}) {
    EXPECT_NE(form->headers.find("Cache-Control: public, max-age=10\r\n"), std::string::npos);
    EXPECT_NE(form->immutable_headers.find("Cache-Control: public, max-age=31536000, immutable\r\n"),
              std::string::npos);
    EXPECT_NE(form->immutable_headers.find("ETag: \"" + form->tag + '"'), std::string::npos);
  }
  EXPECT_EQ(RenderedPage({"a"}).plain().immutable_headers, "") << "it has no version";
}

TEST(RenderedPage, has_one_form_where_it_is_not_to_be_compressed) {
  const RenderedPage page({.body = std::string(2000, 'x'), .is_compressible = false});
  EXPECT_TRUE(page.has_gzip());
  EXPECT_EQ(&page.gzip(), &page.plain());
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

TEST(PageSlot, is_stale_by_ten_times_its_cost_at_most_R_C8) {
  Thing thing;
  const auto begin = PageSlot::Clock::now();
  thing.ask(false, 5ms);
  const auto cost = PageSlot::Clock::now() - begin;  // at least what the slot measured
  ++thing.version;
  while (PageSlot::Clock::now() - begin < 11 * cost) {
  }
  EXPECT_EQ(thing.ask(false), "2");
}

TEST(PageSlot, the_askers_of_a_large_page_wait_without_a_thread_and_it_is_made_once_R_A5) {
  LargeThing thing;
  const auto first = thing.wait();
  const auto second = thing.wait({.gzip = true});
  EXPECT_FALSE(*first || *second);
  EXPECT_TRUE(thing.rendered.empty()) << "an asker's thread has rendered";
  ASSERT_EQ(thing.jobs.size(), 1u);
  thing.work();
  ASSERT_TRUE(*first && *second);
  EXPECT_EQ(*first, *second);
  EXPECT_TRUE((*second)->has_gzip()) << "an I/O thread would compress";
  EXPECT_EQ(thing.rendered.size(), 1u);
  EXPECT_TRUE(thing.ask({}).page);
  EXPECT_TRUE(thing.ask({.gzip = true}).page);
  EXPECT_TRUE(thing.jobs.empty());
}

TEST(PageSlot, the_first_asker_after_a_change_waits_and_all_others_get_the_newest_page_R_A5) {
  LargeThing thing;
  thing.wait();
  thing.work();
  ++thing.version;
  spin(1ms);  // more than ten times the cost
  const auto first = thing.wait();
  EXPECT_FALSE(*first);
  for (int i = 0; i < 5; ++i) {
    const auto other = thing.wait();
    ASSERT_TRUE(*other);
    EXPECT_EQ(LargeThing::shown(*other), '1');
  }
  ASSERT_EQ(thing.jobs.size(), 1u);
  thing.work();
  EXPECT_EQ(LargeThing::shown(*first), '2');
  EXPECT_EQ(LargeThing::shown(thing.ask({}).page), '2');
}

TEST(PageSlot, a_dear_page_rests_ten_times_its_cost_R_C8) {
  LargeThing thing;
  thing.cost = 20ms;
  thing.wait();
  thing.work();
  for (int i = 0; i < 10; ++i) {
    ++thing.version;
    EXPECT_TRUE(*thing.wait()) << "nobody waits";
  }
  EXPECT_TRUE(thing.jobs.empty());
}

TEST(PageSlot, a_missing_form_is_made_without_rendering_again) {
  LargeThing thing;
  thing.wait();
  thing.work();
  const auto zipped = thing.wait({.gzip = true});
  EXPECT_FALSE(*zipped) << "an I/O thread would compress";
  thing.work();
  ASSERT_TRUE(*zipped && (*zipped)->has_gzip());
  EXPECT_EQ(thing.rendered.size(), 1u);
}

TEST(PageSlot, a_page_that_nobody_asked_for_in_a_minute_gives_its_memory_back_R_A5) {
  LargeThing thing;
  thing.wait({.gzip = true, .at = from_ms(0)});
  thing.work();
  thing.wait({.at = from_ms(1000)});
  const std::weak_ptr<const std::string> plain = thing.ask({.at = from_ms(1000)}).page->plain().body;
  const std::weak_ptr<const std::string> zipped = thing.ask({.at = from_ms(1000)}).page->gzip().body;
  const std::string tag = thing.ask({.at = from_ms(1000)}).page->gzip().tag;
  thing.slot.drop_unasked(from_ms(1000));
  EXPECT_FALSE(plain.expired());
  thing.slot.drop_unasked(from_ms(1001));
  EXPECT_TRUE(plain.expired() && zipped.expired());

  const auto head = thing.ask({.gzip = true, .only_head = true}).page;
  ASSERT_TRUE(head) << "tag and length are kept";
  EXPECT_EQ(head->gzip().tag, tag);
  EXPECT_EQ(head->plain().size, 2001u);
  const auto again = thing.wait();
  EXPECT_FALSE(*again);
  thing.work();
  ASSERT_TRUE(*again);
  EXPECT_EQ(*(*again)->plain().body, "1" + std::string(2000, 'x'));
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
