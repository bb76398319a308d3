// Our ring beside other rings, without Node. Prints one row as JSON on each line; `npm run
// bench:core` runs it.
//
//   core_bench [ROW...]           all rows, or those whose names have one of these parts
//   core_bench --scaling THREADS  one to THREADS producers with as many consumers
//   REPEATS=n                     how often each ring has a turn, 7
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "contenders.h"
#include "runs.h"

namespace tapio::bench {
namespace {

// A ring that hangs is stopped after so many seconds.
constexpr unsigned kLimitSeconds = 120;
constexpr std::size_t kSlots = 1024;
// Of 256 B more than a core's own caches hold: what lies long enough then comes from the cache that
// the cores share, which may cost a fraction of fetching it out of the other core.
constexpr std::size_t kManySlots = 16384;

struct Row {
  std::string name;
  std::string title;
  Load load;
  std::size_t slots = kSlots;
};

struct Entry {
  const char* name;
  bool ours;
  std::function<Sample(const Load&)> measure;
};

template <template <typename> class Contender, std::size_t kBytes>
void AddEntry(std::vector<Entry>& entries, const Load& load) {
  using C = Contender<Record<kBytes>>;
  const bool many_threads = load.producers > 1 || load.consumers > 1;
  if (many_threads && !C::kManyThreads) return;
  entries.push_back({C::kName, C::kOurs,
                     [](const Load& each) { return Run<Contender, kBytes>(each).Measure(); }});
}

template <std::size_t kBytes>
std::vector<Entry> Entries(const Load& load) {
  std::vector<Entry> entries;
  AddEntry<Tapio, kBytes>(entries, load);
  AddEntry<Vyukov, kBytes>(entries, load);
  AddEntry<Xenium, kBytes>(entries, load);
  AddEntry<Moodycamel, kBytes>(entries, load);
  AddEntry<BoostQueue, kBytes>(entries, load);
  AddEntry<Tbb, kBytes>(entries, load);
  AddEntry<CkMpmc, kBytes>(entries, load);
  AddEntry<Spsc, kBytes>(entries, load);
  AddEntry<ReaderWriter, kBytes>(entries, load);
  AddEntry<BoostSpsc, kBytes>(entries, load);
  AddEntry<CkSpsc, kBytes>(entries, load);
  return entries;
}

void Print(const Row& row, const std::vector<Entry>& entries,
           const std::vector<std::vector<Sample>>& samples) {
  std::printf(R"({"name":"%s","title":"%s","contenders":[)", row.name.c_str(), row.title.c_str());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::printf(R"(%s{"name":"%s","ours":%s,"samples":[)", i == 0 ? "" : ",", entries[i].name,
                entries[i].ours ? "true" : "false");
    for (std::size_t k = 0; k < samples[i].size(); ++k)
      std::printf("%s%.3f", k == 0 ? "" : ",", samples[i][k].ns);
    std::printf(R"(],"cpuSeconds":[)");
    for (std::size_t k = 0; k < samples[i].size(); ++k)
      std::printf("%s%.6f", k == 0 ? "" : ",", samples[i][k].cpu_seconds);
    std::printf("]}");
  }
  std::printf("]}\n");
  std::fflush(stdout);
}

void Measure(const Row& row, const std::vector<Entry>& entries, int repeats) {
  Capacity() = row.slots;
  std::vector<std::vector<Sample>> samples(entries.size());
  // The first turn warms up.
  for (int repeat = -1; repeat < repeats; ++repeat) {
    for (std::size_t turn = 0; turn < entries.size(); ++turn) {
      const std::size_t i = (turn + static_cast<std::size_t>(repeat + 1)) % entries.size();
      std::fprintf(stderr, "%s: repeat %d of %d: %s\n", row.name.c_str(), repeat + 1, repeats,
                   entries[i].name);
      alarm(kLimitSeconds);
      const Sample sample = entries[i].measure(row.load);
      if (repeat >= 0) samples[i].push_back(sample);
    }
  }
  alarm(0);
  Print(row, entries, samples);
}

std::string Bytes(std::size_t bytes) { return std::to_string(bytes) + " B"; }

template <std::size_t kBytes>
void MeasureSize(const std::vector<std::string>& names, int repeats) {
  const std::string size = std::to_string(kBytes);
  std::vector<Row> rows = {
      {"core-" + size + "-pair",
       Bytes(kBytes) + ", put and taken in one thread",
       {0, 0, false, 1'000'000}},
      {"core-" + size + "-1p1c",
       Bytes(kBytes) + ", one producer and one consumer",
       {1, 1, false, 2'000'000}},
      {"core-" + size + "-batch",
       Bytes(kBytes) + ", one producer and one consumer, 100 at a time",
       {1, 1, true, 4'000'000}},
      {"core-" + size + "-4p4c",
       Bytes(kBytes) + ", 4 producers and 4 consumers",
       {4, 4, false, 1'000'000}},
  };
  if (kBytes == 256) {
    for (const Row& row : {rows[1], rows[2]}) {
      rows.push_back({row.name + "-large", row.title + ", " + std::to_string(kManySlots) + " slots",
                      row.load, kManySlots});
    }
  }
  for (const Row& row : rows) {
    bool wanted = names.empty();
    for (const std::string& name : names) wanted |= row.name.find(name) != std::string::npos;
    if (wanted) Measure(row, Entries<kBytes>(row.load), repeats);
  }
}

template <std::size_t kBytes>
void MeasureScaling(int threads, int repeats) {
  for (int n = 1; n <= threads; n = n < 4 ? n + 1 : n + n / 2) {
    const std::uint64_t records = 2'000'000 / (static_cast<std::uint64_t>(n) * kMostAtOnce) *
                                  (static_cast<std::uint64_t>(n) * kMostAtOnce);
    const Row row{"scaling-" + std::to_string(kBytes) + "-" + std::to_string(n),
                  Bytes(kBytes) + ", " + std::to_string(n) + " producers and as many consumers",
                  {n, n, false, records}};
    Measure(row, Entries<kBytes>(row.load), repeats);
  }
}

int Main(int argc, char** argv) {
  const char* text = std::getenv("REPEATS");
  const int repeats = text == nullptr ? 7 : std::max(1, std::atoi(text));
  if (argc == 3 && std::strcmp(argv[1], "--scaling") == 0) {
    const int threads = std::min(std::max(1, std::atoi(argv[2])), 60);
    MeasureScaling<64>(threads, repeats);
    MeasureScaling<256>(threads, repeats);
    return 0;
  }
  const std::vector<std::string> names(argv + 1, argv + argc);
  MeasureSize<8>(names, repeats);
  MeasureSize<64>(names, repeats);
  MeasureSize<256>(names, repeats);
  return 0;
}

}  // namespace
}  // namespace tapio::bench

int main(int argc, char** argv) { return tapio::bench::Main(argc, argv); }
