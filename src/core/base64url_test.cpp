#include "core/base64url.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace stagedoor {
namespace {

std::vector<std::uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

TEST(Base64Url, is_that_of_rfc_4648_without_padding) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kVectors{{{"", ""},
                                                                                   {"f", "Zg"},
                                                                                   {"fo", "Zm8"},
                                                                                   {"foo", "Zm9v"},
                                                                                   {"foob", "Zm9vYg"},
                                                                                   {"fooba", "Zm9vYmE"},
                                                                                   {"foobar", "Zm9vYmFy"},
                                                                                   {"\xfb\xef\xff", "--__"}}};
  for (const auto& [plain, text] : kVectors) {
    EXPECT_EQ(base64url_encode(bytes_of(plain)), text);
    std::vector<std::uint8_t> bytes(plain.size());
    EXPECT_TRUE(base64url_decode(text, bytes)) << text;
    EXPECT_EQ(bytes, bytes_of(plain));
  }
}

// A second text of the same bytes would be a second token.
TEST(Base64Url, takes_one_text_for_any_bytes) {
  for (std::size_t size = 1; size <= 7; ++size) {
    std::vector<std::uint8_t> plain(size);
    for (std::size_t i = 0; i < size; ++i) plain[i] = static_cast<std::uint8_t>(i * 89 + size * 37);
    const std::string text = base64url_encode(plain);
    for (std::size_t at = 0; at < text.size(); ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string changed = text;
        changed[at] = static_cast<char>(c);
        std::vector<std::uint8_t> bytes(size);
        if (changed == text || !base64url_decode(changed, bytes)) continue;
        EXPECT_NE(bytes, plain) << text << " and " << changed;
        EXPECT_EQ(base64url_encode(bytes), changed);
      }
    }
  }
}

TEST(Base64Url, refuses_a_text_of_another_length) {
  std::array<std::uint8_t, 4> bytes{};
  for (const std::string_view text : {"", "Zm9vY", "Zm9vYg=", "Zm9vYg==", "Zm9vYmE"})
    EXPECT_FALSE(base64url_decode(text, bytes)) << text;
}

}  // namespace
}  // namespace stagedoor
