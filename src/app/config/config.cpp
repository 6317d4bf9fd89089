#include "app/config/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "app/config/settings.h"

extern "C" char** environ;

namespace stagedoor {
namespace {

constexpr std::string_view kPrefix = "STAGEDOOR_";
constexpr std::string_view kTestPrefix = "STAGEDOOR_TEST_";  // belongs to the test programs

class Loader {
 public:
  explicit Loader(LoadedConfig& loaded) : loaded_(loaded), settings_(settings_of(loaded.config)) {
    for (const auto& setting : settings_) {
      names_.push_back(setting.name);
      loaded_.origins.emplace(setting.name, "default");
    }
  }

  void read_file(const ConfigSources::File& file) {
    toml::parse_result parsed = toml::parse(file.text, file.name);
    if (!parsed) {
      const auto& error = parsed.error();
      add_error(at(file, error.source()), fmt::format("invalid TOML: {}", error.description()));
      return;
    }
    for (const auto& [section, node] : parsed.table()) {
      const std::string where = at(file, node.source());
      const auto* table = node.as_table();
      if (!table) {
        add_error(where, unknown(section.str(), toml_form));
        continue;
      }
      const std::string prefix = std::string(section.str()) + '.';
      if (!has_section(prefix)) {
        add_error(where, unknown_section(section.str()));
        continue;
      }
      for (const auto& [key, value] : *table) {
        read_node(at(file, value.source()), prefix + std::string(key.str()), value);
      }
    }
  }

  void read_environment(const std::vector<std::pair<std::string, std::string>>& environment) {
    std::vector<std::string> known;
    for (const auto& setting : settings_) known.push_back(environment_name(setting.name));
    for (const auto& [name, text] : environment) {
      if (!name.starts_with(kPrefix) || name.starts_with(kTestPrefix)) continue;
      const std::string where = "environment " + name;
      const auto found = std::ranges::find(known, name);
      if (found == known.end()) {
        const auto nearest = nearest_name(name, {known.begin(), known.end()});
        add_error(where,
                  nearest ? fmt::format("unknown setting; write {}", *nearest) : std::string(kUnknownHint));
        continue;
      }
      const Setting& setting = settings_[static_cast<std::size_t>(found - known.begin())];
      take(where, setting, assign_text(setting, text));
    }
  }

  void read_flags(const std::vector<std::pair<std::string, std::string>>& flags) {
    std::map<std::string_view, std::vector<std::string>> lists;  // a list may be given in several flags
    for (const auto& [name, text] : flags) {
      const std::string where = "flag --" + name;
      const Setting* setting = find(name);
      if (!setting) {
        add_error(where,
                  unknown(name, [](std::string_view nearest) { return fmt::format("--{}=…", nearest); }));
        continue;
      }
      take(where, *setting, assign_text(*setting, text));
      if (auto* const* list = std::get_if<std::vector<std::string>*>(&setting->value)) {
        auto& all = lists[setting->name];
        all.insert(all.end(), (*list)->begin(), (*list)->end());
        **list = all;
      }
    }
  }

 private:
  static constexpr std::string_view kUnknownHint = "unknown setting; `stagedoor serve --help` lists them";

  static std::string at(const ConfigSources::File& file, const toml::source_region& region) {
    return fmt::format("{}:{}", file.name, region.begin.line);
  }

  static std::string toml_form(std::string_view name) {
    const auto dot = name.find('.');
    return fmt::format("{} = … under [{}]", name.substr(dot + 1), name.substr(0, dot));
  }

  const Setting* find(std::string_view name) const {
    const auto found = std::ranges::find(settings_, name, &Setting::name);
    return found == settings_.end() ? nullptr : &*found;
  }

  bool has_section(std::string_view prefix) const {
    return std::ranges::any_of(names_, [&](std::string_view name) { return name.starts_with(prefix); });
  }

  template <class Form>
  std::string unknown(std::string_view name, Form form) const {
    auto nearest = nearest_name(name, names_);
    if (!nearest) {  // the right key in the wrong section, or without one
      const auto key = name.substr(name.rfind('.') + 1);
      const auto found = std::ranges::find(settings_, key, &Setting::key);
      if (found != settings_.end()) nearest = found->name;
    }
    return nearest ? fmt::format("unknown setting {}; write {}", name, form(*nearest))
                   : std::string(kUnknownHint);
  }

  std::string unknown_section(std::string_view section) const {
    std::vector<std::string_view> sections;
    for (const auto& setting : settings_) sections.push_back(setting.section());
    const auto nearest = nearest_name(section, sections);
    return nearest
               ? fmt::format("unknown section [{}]; write [{}]", section, *nearest)
               : fmt::format("unknown section [{}]; `stagedoor serve --help` lists the settings", section);
  }

  void read_node(const std::string& where, const std::string& name, const toml::node& node) {
    const Setting* setting = find(name);
    if (!setting) {
      add_error(where, unknown(name, toml_form));
      return;
    }
    take(where, *setting, assign_node(*setting, node));
  }

  // TOML has types, so a number in quotes or a duration without quotes is an error.
  static std::optional<std::string> assign_node(const Setting& setting, const toml::node& node) {
    const bool wants_number =
        std::holds_alternative<std::int64_t*>(setting.value) || std::holds_alternative<Won*>(setting.value);
    const bool wants_bool = std::holds_alternative<bool*>(setting.value);
    const bool wants_list = std::holds_alternative<std::vector<std::string>*>(setting.value);
    if (const auto number = node.value_exact<std::int64_t>(); number && wants_number) {
      return assign_text(setting, std::to_string(*number));
    }
    if (const auto boolean = node.value_exact<bool>(); boolean && wants_bool) {
      return assign_text(setting, *boolean ? "true" : "false");
    }
    if (const auto* array = node.as_array(); array && wants_list) {
      std::vector<std::string> items;
      for (const auto& item : *array) {
        auto text = item.value_exact<std::string>();
        if (!text) return "write a list of strings, such as [\"a\", \"b\"]";
        items.push_back(std::move(*text));
      }
      return assign_list(setting, std::move(items));
    }
    if (wants_list) return "write a list of strings, such as [\"a\", \"b\"]";
    if (const auto text = node.value_exact<std::string>(); text && !wants_number && !wants_bool) {
      return assign_text(setting, *text);
    }
    return fmt::format("write {}{}", expected_form(setting),
                       wants_number || wants_bool ? ", without quotes" : ", in quotes");
  }

  void take(const std::string& where, const Setting& setting, const std::optional<std::string>& wrong) {
    if (wrong) {
      add_error(where, fmt::format("{} has an invalid value; {}", setting.name, *wrong));
    } else {
      loaded_.origins[std::string(setting.name)] = where;
    }
  }

  void add_error(std::string where, std::string message) {
    loaded_.errors.push_back({std::move(where), std::move(message)});
  }

  LoadedConfig& loaded_;
  std::vector<Setting> settings_;
  std::vector<std::string_view> names_;
};

// The edit distance (insert, delete, replace) of two words.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// 0, or the errno of the failure.
int read_whole_file(const std::string& path, std::string& text) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file) return errno;
  char block[4096];
  while (const std::size_t size = std::fread(block, 1, sizeof block, file.get())) text.append(block, size);
  return std::ferror(file.get()) ? errno : 0;
}

}  // namespace

std::optional<std::string_view> nearest_name(std::string_view wrong,
                                             const std::vector<std::string_view>& names) {
  std::optional<std::string_view> best;
  std::size_t best_distance = std::max<std::size_t>(2, wrong.size() / 3) + 1;
  for (const auto name : names) {
    const std::size_t distance = edit_distance(wrong, name);
    if (distance < best_distance) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

LoadedConfig load_config(const ConfigSources& sources) {
  LoadedConfig loaded;
  Loader loader(loaded);
  if (sources.file) loader.read_file(*sources.file);
  loader.read_environment(sources.environment);
  loader.read_flags(sources.flags);
  check_config_rules(loaded);
  return loaded;
}

LoadedConfig load_config_of_process(const std::string& path,
                                    std::vector<std::pair<std::string, std::string>> flags) {
  ConfigSources sources;
  sources.flags = std::move(flags);
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view line = *entry;
    const auto equals = line.find('=');
    if (equals != std::string_view::npos)
      sources.environment.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  const std::string name = path.empty() ? "stagedoor.toml" : path;
  std::string text;
  const int error = read_whole_file(name, text);
  if (error == 0) sources.file = {name, std::move(text)};
  LoadedConfig loaded = load_config(sources);
  if (error != 0 && (error != ENOENT || !path.empty())) {
    loaded.errors.insert(loaded.errors.begin(),
                         {name, fmt::format("cannot be read: {}", std::strerror(error))});
  }
  return loaded;
}

std::string describe_errors(const std::vector<ConfigError>& errors) {
  std::string out;
  for (const auto& error : errors) out += fmt::format("{}: {}\n", error.where, error.message);
  return out;
}

std::string describe_config(const LoadedConfig& loaded) {
  Config config = loaded.config;
  std::string out;
  std::string_view section;
  for (const auto& setting : settings_of(config)) {
    if (setting.section() != section)
      out += fmt::format("{}[{}]\n", section.empty() ? "" : "\n", setting.section());
    section = setting.section();
    const auto origin = loaded.origins.find(setting.name);
    out += fmt::format("{:<48} # {}\n", fmt::format("{} = {}", setting.key(), shown_value(setting)),
                       origin == loaded.origins.end() ? "default" : origin->second);
  }
  return out;
}

}  // namespace stagedoor
