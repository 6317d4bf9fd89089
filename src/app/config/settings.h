// The table of settings: name, member of Config, limits, text. The reader of all sources, --help,
// verify-config and docs/configuration.md use it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/config/config.h"

namespace stagedoor {

// The secret part of a value: none, the whole value, or the part after the role in name:role:secret, or after
// the name in name=secret.
enum class Secret { no, whole, after_role, after_name, unless_store };

using SettingValue =
    std::variant<std::string*, std::int64_t*, bool*, Millis*, Bytes*, Won*, std::vector<std::string>*>;

struct Setting {
  std::string_view name;  // "http.listen"
  SettingValue value;     // points into the Config of the table, and is valid as long as that lives
  std::string_view doc;   // one or two sentences, with the unit
  std::int64_t least = 0;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();  // for numbers, won, milliseconds and bytes
  std::vector<std::string_view> choices = {};                    // for strings; empty: any string
  Secret secret = Secret::no;
  // A list of NAME=VALUE: a comma without NAME= after it belongs to the value before it.
  bool has_names = false;

  std::string_view section() const { return name.substr(0, name.find('.')); }
  std::string_view key() const { return name.substr(name.find('.') + 1); }
};

// In the order of the documentation, grouped by section.
std::vector<Setting> settings_of(Config& config);

// "STAGEDOOR_HTTP_LISTEN" for "http.listen".
std::string environment_name(std::string_view setting);

// Assigns the text form (environment, flags; a list is separated by commas). If it is invalid, returns what
// to write instead and does not change the value.
std::optional<std::string> assign_text(const Setting& setting, std::string_view text);
std::optional<std::string> assign_list(const Setting& setting, std::vector<std::string> items);

// The allowed values, for people: "a duration such as 5m, from 1s to 1h".
std::string expected_form(const Setting& setting);

// The current value as TOML, with secrets masked.
std::string shown_value(const Setting& setting);

// The text of --help about these settings ({}: all of them), and docs/configuration.md.
std::string settings_help(const std::vector<std::string_view>& names = {});
std::string settings_markdown();

}  // namespace stagedoor
