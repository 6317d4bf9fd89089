#include "core/refusal.h"

#include <stdexcept>

namespace stagedoor {

void throw_exception_from_error(const Refusal& refusal, const boost::source_location& where) {
  throw std::logic_error("value() of a refused result in " + where.to_string() + ": " + refusal.message);
}

}  // namespace stagedoor
