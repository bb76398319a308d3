// One measurement of one ring: threads that put and take, and the check that every record came out
// once.
#ifndef TAPIO_BENCH_CORE_RUNS_H_
#define TAPIO_BENCH_CORE_RUNS_H_

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "contenders.h"
#include "record.h"

namespace tapio::bench {

struct Sample {
  double ns;           // for each record
  double cpu_seconds;  // of all threads, for each million records
};

// 0 producers: one thread that puts and takes in turn.
struct Load {
  int producers;
  int consumers;
  bool many;              // batches of kMostAtOnce
  std::uint64_t records;  // a multiple of producers * kMostAtOnce
};

inline double ProcessCpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// After an answer of full or empty: on a machine with fewer cores than threads spinning alone would
// time the scheduler.
class Patience {
 public:
  void Wait() {
    constexpr int kSpins = 64;
    if (++spins_ < kSpins) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    } else {
      spins_ = 0;
      std::this_thread::yield();
    }
  }
  void Reset() { spins_ = 0; }

 private:
  int spins_ = 0;
};

[[noreturn]] inline void Fail(const char* name, const char* what) {
  std::fprintf(stderr, "%s: %s\n", name, what);
  std::exit(1);
}

template <template <typename> class Contender, std::size_t kBytes>
class Run {
  using T = Record<kBytes>;
  using C = Contender<T>;

 public:
  explicit Run(const Load& load) : load_(load), queue_(std::make_unique<typename C::Queue>()) {}

  Sample Measure() {
    const double cpu = ProcessCpuSeconds();
    const auto begin = std::chrono::steady_clock::now();
    if (load_.producers == 0) {
      tallies_.resize(1);
      PutAndTake(tallies_[0]);
    } else {
      tallies_.resize(static_cast<std::size_t>(load_.consumers));
      std::vector<std::thread> threads;
      for (int i = 0; i < load_.consumers; ++i)
        threads.emplace_back([this, i] { Take(tallies_[static_cast<std::size_t>(i)]); });
      for (int i = 0; i < load_.producers; ++i) threads.emplace_back([this, i] { Put(i); });
      for (std::thread& thread : threads) thread.join();
    }
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - begin;
    Check();
    return {time.count() / static_cast<double>(load_.records),
            (ProcessCpuSeconds() - cpu) * 1e6 / static_cast<double>(load_.records)};
  }

 private:
  void PutAndTake(Tally& tally) {
    typename C::End end(*queue_);
    T in{}, out;
    for (std::uint64_t i = 0; i < load_.records; ++i) {
      Fill(in, 0, i);
      if (!end.Put(in) || !end.Take(out)) Fail(C::kName, "full or empty in one thread");
      tally.Add(out);
    }
  }

  void Put(int producer) {
    typename C::End end(*queue_);
    const auto id = static_cast<std::uint64_t>(producer);
    const std::uint64_t records = load_.records / static_cast<std::uint64_t>(load_.producers);
    auto batch = std::make_unique<T[]>(kMostAtOnce);
    Patience patience;
    for (std::uint64_t done = 0; done < records;) {
      if (!load_.many) {
        Fill(batch[0], id, done);
        while (!end.Put(batch[0])) patience.Wait();
        ++done;
      } else {
        for (std::size_t i = 0; i < kMostAtOnce; ++i) Fill(batch[i], id, done + i);
        for (std::size_t stored = 0; stored < kMostAtOnce;) {
          const std::size_t more = end.PutMany(&batch[stored], kMostAtOnce - stored);
          if (more == 0) patience.Wait();
          stored += more;
        }
        done += kMostAtOnce;
      }
      patience.Reset();
    }
  }

  void Take(Tally& result) {
    typename C::End end(*queue_);
    auto batch = std::make_unique<T[]>(kMostAtOnce);
    Tally tally;  // of this thread's stack: the results lie side by side
    Patience patience;
    std::uint64_t unreported = 0;
    const auto report = [&] {
      taken_.fetch_add(unreported, std::memory_order_relaxed);
      unreported = 0;
    };
    for (;;) {
      const std::size_t count =
          load_.many ? end.TakeMany(batch.get(), kMostAtOnce) : (end.Take(batch[0]) ? 1U : 0U);
      for (std::size_t i = 0; i < count; ++i) tally.Add(batch[i]);
      unreported += count;
      if (count != 0) {
        patience.Reset();
        // A consumer alone knows when it is done; several have to tell each other.
        if (load_.consumers == 1 && tally.count == load_.records) break;
        if (unreported >= 1024) report();
        continue;
      }
      if (unreported != 0) report();
      if (taken_.load(std::memory_order_relaxed) == load_.records) break;
      patience.Wait();
    }
    result = tally;
  }

  void Check() const {
    Tally total;
    for (const Tally& tally : tallies_) {
      total.count += tally.count;
      total.sum += tally.sum;
      if (tally.torn) Fail(C::kName, "a record is torn");
      if (tally.out_of_order) Fail(C::kName, "records of one producer changed places");
    }
    const auto producers = static_cast<std::uint64_t>(std::max(1, load_.producers));
    const std::uint64_t each = load_.records / producers;
    if (total.count != load_.records || total.sum != producers * (each * (each - 1) / 2))
      Fail(C::kName, "records were lost or doubled");
  }

  const Load load_;
  const std::unique_ptr<typename C::Queue> queue_;
  std::vector<Tally> tallies_;
  std::atomic<std::uint64_t> taken_{0};
};

}  // namespace tapio::bench

#endif  // TAPIO_BENCH_CORE_RUNS_H_
