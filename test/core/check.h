// The harness of the core tests: named tests, checks, a seed, a summary.
//
// A check that fails is reported and the test goes on; REQUIRE leaves the function it stands in.
// Checks may be made by any thread. `TEST_BINARY [PART OF A NAME]` runs the tests of that name; the
// environment's SEED repeats a random run.
#ifndef TAPIO_TEST_CORE_CHECK_H_
#define TAPIO_TEST_CORE_CHECK_H_

#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <type_traits>
#include <vector>

namespace tapio::test {

struct Test {
  const char* name;
  void (*run)();
};

inline std::vector<Test>& Tests() {
  static std::vector<Test> tests;
  return tests;
}

inline std::atomic<std::uint32_t>& Failures() {
  static std::atomic<std::uint32_t> failures{0};
  return failures;
}

inline std::uint64_t Seed() {
  static const std::uint64_t seed = [] {
    const char* text = std::getenv("SEED");
    return text != nullptr ? std::strtoull(text, nullptr, 0) : std::random_device{}();
  }();
  return seed;
}

// How much longer than usual random tests run; the environment's STRESS_MULTIPLIER, for releases.
inline double Multiplier() {
  static const double multiplier = [] {
    const char* text = std::getenv("STRESS_MULTIPLIER");
    return text != nullptr ? std::strtod(text, nullptr) : 1.0;
  }();
  return multiplier;
}

// splitmix64: small, fast, and the same numbers everywhere.
class Random {
 public:
  explicit Random(std::uint64_t stream = 0) : state_(Seed() + stream * 0x9e3779b97f4a7c15) {}

  std::uint64_t Next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint32_t Below(std::uint32_t limit) { return static_cast<std::uint32_t>(Next() % limit); }
  bool OneIn(std::uint32_t n) { return Below(n) == 0; }

 private:
  std::uint64_t state_;
};

inline bool Report(bool holds, const char* file, int line, const char* what) {
  if (!holds && Failures().fetch_add(1) < 20) {
    std::fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
  }
  return holds;
}

template <typename T>
auto Printable(T value) {
  if constexpr (std::is_enum_v<T>) {
    return static_cast<std::int64_t>(value);
  } else {
    return value;
  }
}

template <typename A, typename B>
bool ReportEqual(A a, B b, const char* file, int line, const char* what) {
  const auto left = Printable(a);
  const auto right = Printable(b);
  const bool holds = left == static_cast<decltype(left)>(right);
  if (!Report(holds, file, line, what) && Failures().load() <= 20) {
    std::fprintf(stderr, "    %" PRId64 " is not %" PRId64 "\n", static_cast<std::int64_t>(left),
                 static_cast<std::int64_t>(right));
  }
  return holds;
}

inline int RunAll(int argc, char** argv) {
  const char* slash = std::strrchr(argv[0], '/');
  const char* program = slash != nullptr ? slash + 1 : argv[0];
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::printf("%s: SEED=%" PRIu64 "\n", program, Seed());
  int passed = 0;
  int failed = 0;
  for (const Test& test : Tests()) {
    if (argc > 1 && std::strstr(test.name, argv[1]) == nullptr) continue;
    Failures() = 0;
    const auto since = std::chrono::steady_clock::now();
    test.run();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - since;
    const bool ok = Failures() == 0;
    ++(ok ? passed : failed);
    if (!ok || took.count() > 1) {
      std::printf("  %-8s%s (%.1f s)\n", ok ? "ok" : "FAILED", test.name, took.count());
    }
  }
  std::printf("%s: %d passed, %d failed\n", program, passed, failed);
  return failed == 0 && passed != 0 ? 0 : 1;
}

}  // namespace tapio::test

#define TEST(name)                                             \
  static void name();                                          \
  [[maybe_unused]] static const bool name##Added =             \
      (::tapio::test::Tests().push_back({#name, name}), true); \
  static void name()

#define CHECK(condition) ::tapio::test::Report((condition), __FILE__, __LINE__, #condition)
#define CHECK_EQ(a, b) ::tapio::test::ReportEqual((a), (b), __FILE__, __LINE__, #a " == " #b)
#define REQUIRE(condition) \
  if (!CHECK(condition)) return
#define REQUIRE_EQ(a, b) \
  if (!CHECK_EQ(a, b)) return

int main(int argc, char** argv) { return ::tapio::test::RunAll(argc, argv); }

#endif  // TAPIO_TEST_CORE_CHECK_H_
