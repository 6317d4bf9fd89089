// The routes: which handler answers which request, and their description in the API document. Filled once at
// start, then read by any thread. Literal segments win over `{parameters}`: "/events/seats" and
// "/events/{id}" can coexist.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "http/route.h"

namespace stagedoor::http {

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
