// One call: its handler, and what the API document says about it (openapi.h).
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/refusal.h"
#include "http/components.h"
#include "http/types.h"

namespace stagedoor::http {

using Schema = boost::json::value (*)(Components&);  // &json::schema<Dto>

// The proof that a call takes. Which one that is in each mode: modules/identity/call_rules.h.
enum class Access {
  open,
  named_user,      // none: the user in the body is believed
  claimed_user,    // who the user is, before there is a token
  user,            // who the user is
  user_and_place,  // the same, and their place's token
  place_token,     // a place's token (R-X4)
  stream_token,    // the same, also in the URL (R-Q3)
  operator_key
};

BOOST_DEFINE_ENUM_CLASS(ParameterPlace, path, query, header)

struct Parameter {
  std::string name = {};
  std::string description = {};
  ParameterPlace in = ParameterPlace::query;
  Schema schema = nullptr;  // nullptr: a string
  bool required = false;
};

// A value of an answer that another call takes.
struct Link {
  std::string id = {};  // of the other call
  std::string description = {};
  // Its parameters, or members of its body: name, and where the value stands ("data/id").
  std::vector<std::pair<std::string, std::string>> parameters = {};
  std::vector<std::pair<std::string, std::string>> body = {};
};

// The envelope of a success: {"success":true,"data":X}, a list with "nextCursor" beside it (R-X6; `schema` is
// that of one element), or none (metrics, pages).
BOOST_DEFINE_ENUM_CLASS(Envelope, data, page, none)

struct Success {
  int status = 200;
  std::string description = {};
  Schema schema = nullptr;  // nullptr: no body, or one that is not JSON
  Envelope envelope = Envelope::data;
  std::string content_type = "application/json";
  std::vector<Link> links = {};
};

// What a handler reads of a request before its body. api::bind() fills it in from what it reads.
struct Inputs {
  Access access = Access::open;
  std::string role = {};  // the operator's least role
  std::vector<Parameter> parameters = {};
};

// A handler with its inputs. Any handler converts to one that says nothing about them.
class CallHandler {
 public:
  CallHandler() = default;
  CallHandler(Handler handler, Inputs read) : inputs(std::move(read)), handler_(std::move(handler)) {}
  template <class Function>
  requires(!std::same_as<std::remove_cvref_t<Function>, CallHandler> &&
           std::convertible_to<Function, Handler>) CallHandler(Function&& function)
      : handler_(std::forward<Function>(function)) {}

  explicit operator bool() const { return bool(handler_); }
  void operator()(const Request& request, Reply reply) const { handler_(request, std::move(reply)); }

  Inputs inputs = {};

 private:
  Handler handler_;
};

struct Route {
  Method method = Method::GET;
  std::string path = {};  // "/events/{eventId}/dates"
  std::string id = {};    // "listDates": the name of the call in generated clients
  std::string summary = {};
  std::string tag = {};                    // groups the document; "" keeps the route out of it
  Access access = Access::open;            // of a route with `read`; that of a handler stands in its inputs
  std::vector<Parameter> parameters = {};  // besides those of the handler
  Schema body = nullptr;
  bool body_optional = false;
  std::vector<std::string> body_types = {"application/json"};
  std::vector<std::pair<std::string, std::string>> examples = {};  // of the body: name and JSON text
  std::vector<Success> successes = {};
  std::vector<Code> refusals = {};  // besides those of every call (openapi.cpp)
  CallHandler handler = {};
  Read read = {};  // instead of `handler`
  // Its answers say how stale this instance is, so it also gives them while it is stale.
  bool shows_staleness = false;
  std::string label = {};                      // the route's name in metrics and logs; `path` when empty
  std::optional<LimitClass> limit_class = {};  // else by method: GET reads, all others write

  // Whether its answers are for one caller only, so that nobody may store them (R-A11).
  bool is_personal() const { return handler.inputs.access != Access::open; }
};

}  // namespace stagedoor::http
