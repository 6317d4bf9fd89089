// The routes: which handler answers which request, and their description in the API document. Filled once at
// start, then read by any thread. Literal segments win over `{parameters}`: "/events/seats" and
// "/events/{id}" can coexist.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/refusal.h"
#include "http/components.h"
#include "http/types.h"

namespace stagedoor::http {

using Schema = boost::json::value (*)(Components&);  // &json::schema<Dto>

BOOST_DEFINE_ENUM_CLASS(ParameterPlace, query, header)

struct Parameter {
  std::string name = {};
  std::string description = {};
  ParameterPlace in = ParameterPlace::query;
  Schema schema = nullptr;  // nullptr: a string
  bool required = false;
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
};

struct Route {
  Method method = Method::GET;
  std::string path = {};  // "/events/{eventId}/dates"
  std::string summary = {};
  std::string tag = {};  // groups the document; "" keeps the route out of it
  std::vector<Parameter> parameters = {};
  Schema body = nullptr;
  bool body_optional = false;
  std::vector<Success> successes = {};
  std::vector<Code> refusals =
      {};  // besides those of every call (INVALID_REQUEST, RATE_LIMITED, OVERLOADED, INTERNAL)
  Handler handler = {};
  Read read = {};          // instead of `handler`; the only ones that may answer with an event stream
  std::string label = {};  // the route's name in metrics and logs; `path` when empty
  std::optional<LimitClass> limit_class = {};  // else by method: GET reads, all others write
};

class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  // Wraps the handler of every route that is added from now on.
  using Decorate = std::function<Handler(const Route&)>;
  void decorate(Decorate decorate) { decorate_ = std::move(decorate); }

  // A second route for the same method and path, or a malformed path, is a bug: ensure().
  void add(Route route);

  struct Found {
    const Route* route = nullptr;  // nullptr: refuse with `refusal`
    std::size_t index = 0;         // of the route in routes(); routes().size() when there is none
    Refusal refusal = {};          // NOT_FOUND, or METHOD_NOT_ALLOWED with Allow
  };
  // Finds the route and sets the request's parameters and limit_class. HEAD uses the GET route if it has no
  // route of its own.
  Found find(Request& request) const;

  // What find() returns for a path without routes.
  Found nothing() const;

  // In the order of add(); addresses stay valid while the router lives.
  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  struct Node;
  struct Leaf;

  std::vector<std::unique_ptr<Route>> routes_;
  std::unique_ptr<Node> root_;
  Decorate decorate_;
};

}  // namespace stagedoor::http
