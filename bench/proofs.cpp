// bench_proofs: an identity provider's keys and proofs of new users, for ./x bench identity. Writes
// keys.json, and for each algorithm a file of its name with lines "user, tab, proof", which bench_load reads.
//
//   bench_proofs --folder /tmp/proofs --count 10000
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "support/issuer.h"

using stagedoor::test::Issuer;

namespace {

struct Options {
  std::filesystem::path folder;
  std::size_t count = 1000;
  std::string issuer = "https://id.example", audience = "tickets";
};

// A user of this number and key.
std::string user_id(std::size_t number, std::size_t key) {
  return fmt::format("{:08x}-0000-4000-8000-{:012x}", key + 1, number);
}

std::vector<std::string> lines_of(const Issuer& issuer, const Options& options, std::size_t key) {
  std::vector<std::string> lines(options.count);
  const std::time_t now = std::time(nullptr);
  const auto sign = [&](std::size_t begin, std::size_t step) {
    for (std::size_t i = begin; i < lines.size(); i += step) {
      const std::string user = user_id(i, key);
      lines[i] =
          fmt::format("{}\t{}\n", user,
                      issuer.sign(fmt::format(R"({{"iss":"{}","aud":"{}","sub":"{}","iat":{},"exp":{}}})",
                                              options.issuer, options.audience, user, now, now + 86'400)));
    }
  };
  const std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::jthread> all;
  for (std::size_t i = 0; i < threads; ++i) all.emplace_back(sign, i, threads);
  all.clear();
  return lines;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Keys of an identity provider, and proofs of new users.");
  app.add_option("--folder", options.folder)->required();
  app.add_option("--count", options.count, "proofs of each algorithm");
  app.add_option("--issuer", options.issuer);
  app.add_option("--audience", options.audience);
  CLI11_PARSE(app, argc, argv);

  const Issuer issuers[] = {Issuer::rsa("RS256"), Issuer::p256("ES256"), Issuer::ed25519("EdDSA")};
  std::ofstream(options.folder / "keys.json")
      << stagedoor::test::set_of({issuers[0].jwk(), issuers[1].jwk(), issuers[2].jwk()});
  for (std::size_t key = 0; key < std::size(issuers); ++key) {
    std::ofstream file(options.folder / issuers[key].algorithm());
    for (const std::string& line : lines_of(issuers[key], options, key)) file << line;
    if (!file.flush()) {
      std::cerr << "bench_proofs: cannot write to " << options.folder << '\n';
      return 2;
    }
  }
}
