#include "http/router.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/ensure.h"

namespace stagedoor::http {
namespace {

constexpr std::size_t kNoRoute = static_cast<std::size_t>(-1);

// Takes the first segment, without its leading slash, from the front of `path`.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

}  // namespace

// A node in the tree of path segments.
struct Router::Node {
  std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;
  std::unique_ptr<Node> parameter;
  std::array<std::size_t, kMethods> routes;  // by method
  std::vector<std::string> parameter_names[kMethods];
  bool has_routes = false;

  Node() { routes.fill(kNoRoute); }

  // The node that `rest` ends at and that has routes; literals first, then the parameter. Fills `parameters`.
  const Node* find(std::string_view rest, std::array<std::string_view, kPathParametersMax>& parameters,
                   std::size_t depth) const {
    if (rest.empty()) return has_routes ? this : nullptr;
    const std::string_view segment = take_segment(rest);
    for (const auto& [text, node] : literals) {
      if (text != segment) continue;
      if (const Node* found = node->find(rest, parameters, depth)) return found;
      break;
    }
    if (!parameter || segment.empty()) return nullptr;
    parameters[depth] = segment;
    return parameter->find(rest, parameters, depth + 1);
  }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Route route) {
  ensure(route.path.starts_with('/') && !route.handler != !route.read, "a route needs a path and a handler");
  for (const Success& success : route.successes)
    ensure(route.read || route.shows_staleness || success.content_type != "text/event-stream",
           "an event stream is answered at once");
  if (route.read)
    route.handler = {[read = route.read](const Request& request, Reply reply) { reply(read(request)); },
                     {.access = route.access}};
  if (route.label.empty()) route.label = route.path;
  if (!route.limit_class)
    route.limit_class = route.method == Method::GET ? LimitClass::read : LimitClass::write;
  if (decorate_) route.handler = {decorate_(route), std::move(route.handler.inputs)};
  Node* node = root_.get();
  std::vector<std::string> names;
  std::string_view rest = route.path;
  while (!rest.empty()) {
    const std::string_view segment = take_segment(rest);
    if (segment.starts_with('{')) {
      ensure(segment.ends_with('}') && segment.size() > 2, "a path parameter is a whole segment");
      names.emplace_back(segment.substr(1, segment.size() - 2));
      if (!node->parameter) node->parameter = std::make_unique<Node>();
      node = node->parameter.get();
      continue;
    }
    const auto known = std::find_if(node->literals.begin(), node->literals.end(),
                                    [&](const auto& literal) { return literal.first == segment; });
    node = known != node->literals.end()
               ? known->second.get()
               : node->literals.emplace_back(segment, std::make_unique<Node>()).second.get();
  }
  ensure(names.size() <= kPathParametersMax, "too many parameters in one path");
  const auto method = static_cast<std::size_t>(route.method);
  ensure(node->routes[method] == kNoRoute, "two routes for one method and path");
  node->routes[method] = routes_.size();
  node->parameter_names[method] = std::move(names);
  node->has_routes = true;
  routes_.push_back(std::make_unique<Route>(std::move(route)));
}

Router::Found Router::nothing() const {
  return {.index = routes_.size(),
          .refusal = {.code = Code::NOT_FOUND, .message = "There is nothing at this path"}};
}

Router::Found Router::find(Request& request) const {
  const std::string_view path = request.path;
  const Node* node = path.starts_with('/') ? root_->find(path, request.parameters, 0) : nullptr;
  if (!node) return nothing();
  auto method = static_cast<std::size_t>(request.method);
  if (node->routes[method] == kNoRoute && request.method == Method::HEAD)
    method = static_cast<std::size_t>(Method::GET);
  if (const std::size_t index = node->routes[method]; index != kNoRoute) {
    request.parameter_names = node->parameter_names[method];
    request.limit_class = *routes_[index]->limit_class;
    return {.route = routes_[index].get(), .index = index};
  }
  std::string allow;
  for (std::size_t i = 0; i < kMethods; ++i) {
    const bool by_get = i == static_cast<std::size_t>(Method::HEAD) &&
                        node->routes[static_cast<std::size_t>(Method::GET)] != kNoRoute;
    if (node->routes[i] == kNoRoute && !by_get) continue;
    if (!allow.empty()) allow += ", ";
    allow += to_string(static_cast<Method>(i));
  }
  return {.index = routes_.size(),
          .refusal = {
              .code = Code::METHOD_NOT_ALLOWED,
              .message = fmt::format("{} is not allowed here; allowed: {}", to_string(request.method), allow),
              .headers = {{"Allow", allow}}}};
}

}  // namespace stagedoor::http
