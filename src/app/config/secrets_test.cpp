#include "app/config/secrets.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace stagedoor {
namespace {

const auto kNoPlaces = [] { return false; };

class Secrets : public testing::Test {
 protected:
  Secrets() {
    folder = std::filesystem::temp_directory_path() / ("stagedoor-secrets-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    config.store.url = "sqlite:" + (folder / "a.db").string();
  }
  ~Secrets() override { std::filesystem::remove_all(folder); }

  std::filesystem::path folder;
  Config config;
};

// R-K3
TEST_F(Secrets, are_made_once_and_kept_beside_the_store) {
  const auto keys = signing_keys(config, kNoPlaces);
  EXPECT_EQ(keys, signing_keys(config, kNoPlaces));
  EXPECT_GE(keys.front().size(), 43u);
  const auto first = operator_secrets(config);
  ASSERT_TRUE(first.made.has_value());
  EXPECT_TRUE(first.made->starts_with("owner:owner:"));
  const auto second = operator_secrets(config);
  EXPECT_FALSE(second.made.has_value());
  EXPECT_EQ(second.keys, first.keys);
}

// R-M1: a key that one instance made for itself would make its tokens unknown on the others.
TEST_F(Secrets, of_instances_of_one_store_are_named_not_made) {
  config.store.url = "postgresql:///d?host=/run";
  EXPECT_THROW(signing_keys(config, kNoPlaces), std::runtime_error);
  EXPECT_THROW(operator_secrets(config), std::runtime_error);
  config.auth.keys = {"0123456789abcdef0123456789abcdef"};
  config.admin.keys = {"anna:owner:0123456789abcdef"};
  EXPECT_EQ(signing_keys(config, kNoPlaces), config.auth.keys);
  EXPECT_EQ(operator_secrets(config).keys, config.admin.keys);
}

TEST_F(Secrets, are_readable_by_their_owner_only) {
  signing_keys(config, kNoPlaces);
  struct stat status {};
  ASSERT_EQ(::stat((folder / "a.db.keys").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
}

TEST_F(Secrets, of_the_settings_come_first) {
  config.auth.keys = {"new", "old"};
  config.admin.keys = {"ann:viewer:x"};
  EXPECT_EQ(signing_keys(config, kNoPlaces), config.auth.keys);
  EXPECT_EQ(operator_secrets(config).keys, config.admin.keys);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(Secrets, say_what_to_do_when_the_file_is_empty) {
  std::ofstream(folder / "a.db.keys") << "# nothing\n";
  ASSERT_EQ(::chmod((folder / "a.db.keys").c_str(), 0600), 0);
  try {
    signing_keys(config, kNoPlaces);
    FAIL() << "an empty file is no key";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("delete it to create a new key"), std::string::npos)
        << error.what();
  }
}

std::string refusal(const Config& config, const std::function<bool()>& has_places) {
  try {
    signing_keys(config, has_places);
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

TEST_F(Secrets, are_not_replaced_when_the_store_has_places) {
  EXPECT_NE(refusal(config, [] { return true; }).find("a.db.keys is missing"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  const auto keys = signing_keys(config, kNoPlaces);
  EXPECT_EQ(signing_keys(config, [] { return true; }), keys);
}

TEST_F(Secrets, that_others_can_read_or_that_are_short_are_refused) {
  signing_keys(config, kNoPlaces);
  for (const mode_t mode : {0640, 0604, 0602, 0666}) {
    ASSERT_EQ(::chmod((folder / "a.db.keys").c_str(), mode), 0);
    EXPECT_NE(refusal(config, kNoPlaces).find("chmod 600"), std::string::npos) << mode;
  }
  ASSERT_EQ(::chmod((folder / "a.db.keys").c_str(), 0600), 0);
  EXPECT_EQ(refusal(config, kNoPlaces), "");
  std::ofstream(folder / "a.db.keys", std::ios::app) << "short\n";
  EXPECT_NE(refusal(config, kNoPlaces).find("shorter than 16"), std::string::npos);
}

TEST_F(Secrets, are_not_written_where_somebody_has_put_a_link) {
  std::filesystem::create_symlink(folder / "elsewhere", folder / "a.db.keys.new");
  EXPECT_EQ(refusal(config, kNoPlaces), "");
  EXPECT_FALSE(std::filesystem::exists(folder / "elsewhere"));
  EXPECT_FALSE(std::filesystem::is_symlink(folder / "a.db.keys"));
}

}  // namespace
}  // namespace stagedoor
