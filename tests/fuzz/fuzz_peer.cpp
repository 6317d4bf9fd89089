// Bytes → batch_from_bytes(): what an instance reads of another's batch. Whatever comes: no crash, BadBytes
// or a batch; a batch is written and read back the same.
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/ensure.h"
#include "state/peer_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stagedoor;
  std::optional<Batch> batch;
  try {
    batch = batch_from_bytes({reinterpret_cast<const char*>(data), size});
  } catch (const BadBytes&) {
    return 0;
  }
  const std::string written = to_bytes(*batch);
  ensure(to_bytes(batch_from_bytes(written)) == written, "what was written reads the same");
  return 0;
}
