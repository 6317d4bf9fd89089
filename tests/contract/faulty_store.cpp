#include "faulty_store.h"

namespace stagedoor::contract {

template <class Call>
auto FaultyStore::count(Call&& call) {
  const bool fails = ++calls_ == fail_at_;
  if (fails && moment_ == Moment::before) throw StoreUnavailable("planted fault before the effect");
  if constexpr (std::is_void_v<decltype(call())>) {
    call();
    if (fails) throw StoreUnavailable("planted fault after the effect");
  } else {
    auto result = call();
    if (fails) throw StoreUnavailable("planted fault after the effect");
    return result;
  }
}

class FaultyStore::FaultyTransaction final : public Transaction {
 public:
  FaultyTransaction(FaultyStore& store, std::unique_ptr<Transaction> transaction)
      : store_(store), transaction_(std::move(transaction)) {}

  void load(const Keys& keys, View& view) override {
    store_.count([&] { transaction_->load(keys, view); });
  }
  void apply(const Batch& batch) override {
    store_.count([&] { transaction_->apply(batch); });
  }
  void commit() override {
    store_.count([&] { transaction_->commit(); });
  }

 private:
  FaultyStore& store_;
  std::unique_ptr<Transaction> transaction_;
};

std::unique_ptr<Transaction> FaultyStore::begin() {
  return std::make_unique<FaultyTransaction>(*this, count([&] { return store_.begin(); }));
}

}  // namespace stagedoor::contract
