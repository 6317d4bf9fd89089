#include "core/failure.h"

#include <stdexcept>

namespace stagedoor {

void throw_exception_from_error(const Failure& failure, const boost::source_location& where) {
  throw std::logic_error("value() of a refused result in " + where.to_string() + ": " + failure.message);
}

}  // namespace stagedoor
