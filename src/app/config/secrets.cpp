#include "app/config/secrets.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "adapters/system/random.h"
#include "core/base64url.h"

namespace stagedoor {
namespace {

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kInMemory = ":memory:";

std::string random_secret() {
  const std::string bytes = system::system_random(32);
  return base64url_encode({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

[[noreturn]] void cannot(const std::string& what, const std::string& file) {
  throw std::runtime_error("cannot " + what + " " + file + ": " + std::strerror(errno) +
                           ". Make the folder writable for this user, or set auth.keys and admin.keys.");
}

// Other instances of the store would not know a secret that one instance creates.
[[noreturn]] void need_the_same(const std::string& setting, const std::string& example) {
  throw std::runtime_error(
      setting + " is empty; all instances of one store need the same value, so set it: " + example);
}

std::vector<std::string> read_lines(const std::string& file) {
  struct stat status {};
  std::ifstream in(file);
  if (!in || ::stat(file.c_str(), &status) != 0) cannot("read", file);
  if (status.st_mode & (S_IRWXG | S_IRWXO))
    throw std::runtime_error(
        file +
        " can be read or written by others. Change that with chmod 600, and make new keys "
        "if somebody may have read it.");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    const std::string_view secret = std::string_view(line).substr(line.rfind(':') + 1);
    if (secret.size() < kSecretLeast)
      throw std::runtime_error(file + " contains a key that is shorter than " + std::to_string(kSecretLeast) +
                               " characters. Use the output of openssl rand -hex 32.");
    lines.push_back(line);
  }
  if (lines.empty())
    throw std::runtime_error(file + " contains no key. Restore the file, or delete it to create a new key.");
  return lines;
}

// Writes a temporary file, syncs it, renames it and syncs the folder: after a crash the file is complete or
// absent, and complete once this has returned.
void write_private(const std::string& file, const std::string& text) {
  const std::string beside = file + ".new";
  ::unlink(beside.c_str());  // of a start that was interrupted
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) cannot("write", beside);
  const bool written =
      ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  ::close(fd);
  if (!written || ::rename(beside.c_str(), file.c_str()) != 0) cannot("write", file);
  const int folder =
      ::open(std::filesystem::absolute(file).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool is_safe = folder >= 0 && ::fsync(folder) == 0;
  if (folder >= 0) ::close(folder);
  if (!is_safe) cannot("sync the folder of", file);
}

// The lines of the file. A missing file is created with `first_line()`, which is then also returned
// separately.
template <class FirstLine>
std::pair<std::vector<std::string>, std::optional<std::string>> kept(const std::string& file,
                                                                     const char* comment,
                                                                     FirstLine first_line) {
  if (::access(file.c_str(), F_OK) == 0) return {read_lines(file), std::nullopt};
  std::string line = first_line();
  write_private(file, std::string(comment) + line + "\n");
  return {{line}, line};
}

std::vector<std::string> read_operators(const std::string& file) {
  std::vector<std::string> keys = read_lines(file);
  if (!std::ranges::all_of(keys, is_operator_key))
    throw std::runtime_error(file + " has a line that is not name:role:secret.");
  return keys;
}

std::string first_operator() { return "owner:owner:" + random_secret(); }

}  // namespace

std::optional<std::string> store_file(const Config& config) {
  const std::string_view url = config.store.url;
  if (!url.starts_with(kSqlite)) return std::nullopt;
  const std::string_view path = url.substr(kSqlite.size());
  if (path == kInMemory) return std::nullopt;
  return std::string(path);
}

std::vector<std::string> signing_keys(const Config& config, const std::function<bool()>& has_places) {
  if (!config.auth.keys.empty()) return config.auth.keys;
  if (config.store.is_postgres()) need_the_same("auth.keys", "openssl rand -hex 32");
  const auto store = store_file(config);
  if (!store) return {random_secret()};
  const std::string file = *store + ".keys";
  if (::access(file.c_str(), F_OK) != 0 && has_places())
    throw std::runtime_error(
        file +
        " is missing, and the store has places whose tokens were signed with its keys. Restore the "
        "file. If it is lost, set auth.keys to a new key: all tokens are void then.");
  return kept(file, "# Keys that sign tokens, newest first. Without them, tokens given out prove nothing.\n",
              random_secret)
      .first;
}

StoredKeys reread_keys(const Config& config) {
  StoredKeys keys;
  const auto store = store_file(config);
  if (!config.auth.keys.empty()) keys.signing = config.auth.keys;
  else if (store) keys.signing = read_lines(*store + ".keys");
  if (!config.admin.keys.empty()) keys.operators = config.admin.keys;
  else if (store) keys.operators = read_operators(*store + ".operator");
  return keys;
}

OperatorSecrets operator_secrets(const Config& config) {
  if (!config.admin.keys.empty()) return {config.admin.keys, std::nullopt};
  if (config.store.is_postgres()) need_the_same("admin.keys", "name:owner:secret");
  const auto store = store_file(config);
  if (!store) {
    std::string key = first_operator();
    return {{key}, key};
  }
  auto [keys, made] =
      kept(*store + ".operator", "# Operator keys, name:role:secret, used when admin.keys is not set.\n",
           first_operator);
  if (!made) keys = read_operators(*store + ".operator");
  return {std::move(keys), std::move(made)};
}

}  // namespace stagedoor
