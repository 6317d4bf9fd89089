#include "http/components.h"

namespace stagedoor::http {

std::pair<std::string, bool> Components::name_of(std::string_view full_name) {
  if (const auto known = names_.find(full_name); known != names_.end()) return {known->second, false};
  // "stagedoor::wallet::Body" → "Body", or if that is taken "wallet.Body", and so on outwards.
  std::string name;
  std::string_view rest = full_name;
  do {
    const std::size_t colon = rest.rfind("::");
    std::string part(colon == std::string_view::npos ? rest : rest.substr(colon + 2));
    for (char& c : part) {
      const bool plain =
          (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
      if (!plain) c = '_';
    }
    name = name.empty() ? part : part + "." + name;
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(0, colon);
  } while (!rest.empty() && schemas_.contains(name));
  names_.emplace(full_name, name);
  schemas_[name] = nullptr;  // reserves the name while its members are being described
  return {name, true};
}

}  // namespace stagedoor::http
