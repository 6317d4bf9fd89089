#include "crowd/seat_map.h"

#include <boost/json/basic_parser_impl.hpp>
#include <string>

namespace stagedoor::crowd {
namespace {

// The parser's handler. The depth of an object says what it is: 1 the answer, 2 its data, 3 a seat, 4 the
// seat's property.
class Handler {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);
  using error_code = boost::json::error_code;
  using string_view = boost::json::string_view;

  explicit Handler(std::vector<FreeSeat>& free) : free_(free) {}
  bool saw_seats() const { return saw_seats_; }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    if (++depth_ == 3) {
      seat_ = {};
      available_ = false;
    }
    return true;
  }
  bool on_object_end(std::size_t, error_code&) {
    if (depth_-- == 3 && available_ && seat_.id > 0) free_.push_back(seat_);
    return true;
  }
  bool on_array_begin(error_code&) {
    saw_seats_ |= depth_ == 2 && text_ == "seat";
    return true;
  }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_key_part(string_view part, std::size_t, error_code& error) {
    return on_string_part(part, 0, error);
  }
  bool on_key(string_view part, std::size_t, error_code&) {
    finish_text(part);
    const std::string_view key = text_;
    next_ = depth_ == 3 && key == "id"       ? Next::id
            : depth_ == 3 && key == "status" ? Next::status
            : depth_ == 4 && key == "price"  ? Next::price
                                             : Next::other;
    return true;
  }
  bool on_string_part(string_view part, std::size_t, error_code&) {
    partial_.append(part.data(), part.size());
    return true;
  }
  bool on_string(string_view part, std::size_t, error_code&) {
    finish_text(part);
    if (next_ == Next::status) available_ = text_ == "AVAILABLE";
    return true;
  }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t value, string_view, error_code&) {
    if (next_ == Next::id) seat_.id = value;
    if (next_ == Next::price) seat_.price = value;
    return true;
  }
  bool on_uint64(std::uint64_t, string_view, error_code&) { return true; }
  bool on_double(double, string_view, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

 private:
  enum class Next { other, id, status, price };

  // The parser may deliver a string in parts. `text_` views the whole string; in place if it came in one
  // part.
  void finish_text(string_view part) {
    if (partial_.empty()) {
      text_ = std::string_view(part.data(), part.size());
      return;
    }
    whole_ = partial_.append(part.data(), part.size());
    partial_.clear();
    text_ = whole_;
  }

  std::vector<FreeSeat>& free_;
  int depth_ = 0;
  FreeSeat seat_;
  bool available_ = false;
  bool saw_seats_ = false;
  Next next_ = Next::other;
  std::string partial_;
  std::string whole_;
  std::string_view text_;
};

}  // namespace

bool read_free_seats(std::string_view json, std::vector<FreeSeat>& free) {
  free.clear();
  boost::json::basic_parser<Handler> parser({}, free);
  boost::json::error_code error;
  const std::size_t read = parser.write_some(false, json.data(), json.size(), error);
  return !error && read == json.size() && parser.done() && parser.handler().saw_seats();
}

}  // namespace stagedoor::crowd
