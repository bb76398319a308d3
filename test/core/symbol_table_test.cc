#include "core/symbol_table.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

using tapio::SymbolTable;
using tapio::test::Random;

TEST(IdsCountUpFromOneAndStay) {
  SymbolTable table;
  CHECK_EQ(table.Intern("a"), 1);
  CHECK_EQ(table.Intern("b"), 2);
  CHECK_EQ(table.Intern("a"), 1);
  CHECK_EQ(table.Intern(""), 3);
  CHECK_EQ(table.Intern(std::string_view("a\0b", 3)), 4);
  CHECK_EQ(table.Intern(std::string_view("a\0c", 3)), 5);
  CHECK(*table.Find(1) == "a");
  CHECK(table.Find(3)->empty());
  CHECK(*table.Find(4) == std::string("a\0b", 3));
}

TEST(UnknownIds) {
  SymbolTable table;
  CHECK(table.Find(0) == nullptr);
  CHECK(table.Find(1) == nullptr);
  table.Intern("x");
  CHECK(table.Find(1) != nullptr);
  CHECK(table.Find(2) == nullptr);
  CHECK(table.Find(UINT32_MAX) == nullptr);
}

TEST(TooLongIsRefused) {
  SymbolTable table;
  CHECK_EQ(table.Intern(std::string(SymbolTable::kMaxBytes + 1, 'x')), 0);
  CHECK_EQ(table.Intern(std::string(SymbolTable::kMaxBytes, 'x')), 1);
  CHECK_EQ(table.Find(1)->size(), SymbolTable::kMaxBytes);
}

TEST(CountIsBounded) {
  SymbolTable table;
  for (std::uint32_t i = 1; i <= SymbolTable::kMaxCount; ++i) {
    REQUIRE_EQ(table.Intern(std::to_string(i)), i);
  }
  const std::string* first = table.Find(1);
  CHECK_EQ(table.Intern("one more"), 0);
  CHECK_EQ(table.Intern("1"), 1);
  CHECK_EQ(table.Intern(std::to_string(SymbolTable::kMaxCount)), SymbolTable::kMaxCount);
  CHECK(table.Find(1) == first && *first == "1");
  CHECK(table.Find(SymbolTable::kMaxCount + 1) == nullptr);
}

TEST(BytesAreBounded) {
  SymbolTable table;
  constexpr std::uint32_t kFitting = SymbolTable::kMaxTotalBytes / SymbolTable::kMaxBytes;
  static_assert(kFitting < SymbolTable::kMaxCount);
  const auto text = [](std::uint32_t i) {
    std::string result = std::to_string(i);
    result.resize(SymbolTable::kMaxBytes, '.');
    return result;
  };
  for (std::uint32_t i = 1; i <= kFitting; ++i) REQUIRE_EQ(table.Intern(text(i)), i);
  CHECK_EQ(table.Intern("x"), 0);
  CHECK_EQ(table.Intern(text(kFitting)), kFitting);
  CHECK_EQ(table.Intern(""), kFitting + 1);  // takes no bytes
}

TEST(ThreadsAgree) {
  constexpr std::uint32_t kTexts = 2000;
  constexpr int kThreads = 4;
  SymbolTable table;
  std::vector<std::vector<std::uint32_t>> ids(kThreads, std::vector<std::uint32_t>(kTexts));
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Random random(static_cast<std::uint64_t>(t) + 1);
      for (int i = 0; i < 20'000; ++i) {
        const std::uint32_t text = random.Below(kTexts);
        const std::uint32_t id = table.Intern("text " + std::to_string(text));
        std::uint32_t& known = ids[static_cast<std::size_t>(t)][text];
        CHECK(known == 0 || known == id);
        known = id;
        const std::string* found = table.Find(id);
        CHECK(found != nullptr && *found == "text " + std::to_string(text));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::uint32_t text = 0; text < kTexts; ++text) {
    std::uint32_t known = 0;
    for (const auto& of_thread : ids) {
      if (of_thread[text] == 0) continue;
      CHECK(known == 0 || known == of_thread[text]);
      known = of_thread[text];
    }
  }
}
