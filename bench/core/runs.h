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

// Producers stop after this time: a ring whose users wait for one that was preempted may crawl when
// there are more threads than cores.
inline constexpr std::chrono::seconds kPatienceSeconds{2};

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
  // Whether the time is up.
  bool Wait(std::chrono::steady_clock::time_point deadline) {
    constexpr int kSpins = 64;
    if (++spins_ < kSpins) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
      return false;
    }
    spins_ = 0;
    std::this_thread::yield();
    return std::chrono::steady_clock::now() > deadline;
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
    deadline_ = begin + kPatienceSeconds;
    if (load_.producers == 0) {
      tallies_.resize(1);
      PutAndTake(tallies_[0]);
    } else {
      tallies_.resize(static_cast<std::size_t>(load_.consumers));
      put_.resize(static_cast<std::size_t>(load_.producers));
      std::vector<std::thread> threads;
      for (int i = 0; i < load_.consumers; ++i)
        threads.emplace_back([this, i] { Take(tallies_[static_cast<std::size_t>(i)]); });
      for (int i = 0; i < load_.producers; ++i)
        threads.emplace_back([this, i] { Put(i, put_[static_cast<std::size_t>(i)]); });
      for (std::thread& thread : threads) thread.join();
    }
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - begin;
    const auto records = static_cast<double>(Check());
    return {time.count() / records, (ProcessCpuSeconds() - cpu) * 1e6 / records};
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

  void Put(int producer, std::uint64_t& put) {
    typename C::End end(*queue_);
    const auto id = static_cast<std::uint64_t>(producer);
    const std::uint64_t records = load_.records / static_cast<std::uint64_t>(load_.producers);
    const std::size_t step = load_.many ? kMostAtOnce : 1;
    auto batch = std::make_unique<T[]>(kMostAtOnce);
    Patience patience;
    std::uint64_t done = 0;
    for (bool late = false; done < records && !late;) {
      for (std::size_t i = 0; i < step; ++i) Fill(batch[i], id, done + i);
      for (std::size_t stored = 0; stored < step && !late;) {
        const std::size_t more =
            load_.many ? end.PutMany(&batch[stored], step - stored) : (end.Put(batch[0]) ? 1U : 0U);
        stored += more;
        done += more;
        if (more == 0) late = patience.Wait(deadline_);
      }
      patience.Reset();
      if (done % 256 == 0 && std::chrono::steady_clock::now() > deadline_) late = true;
    }
    put = done;
    put_total_.fetch_add(done, std::memory_order_relaxed);
    // Release pairs with the acquire in Take: who sees all producers gone sees their totals.
    producers_gone_.fetch_add(1, std::memory_order_release);
  }

  void Take(Tally& result) {
    typename C::End end(*queue_);
    auto batch = std::make_unique<T[]>(kMostAtOnce);
    Tally tally;  // of this thread's stack: the results lie side by side
    Patience patience;
    std::uint64_t unreported = 0;
    for (;;) {
      const std::size_t count =
          load_.many ? end.TakeMany(batch.get(), kMostAtOnce) : (end.Take(batch[0]) ? 1U : 0U);
      for (std::size_t i = 0; i < count; ++i) tally.Add(batch[i]);
      unreported += count;
      if (count != 0) {
        patience.Reset();
        continue;
      }
      if (unreported != 0) taken_.fetch_add(unreported, std::memory_order_relaxed);
      unreported = 0;
      if (producers_gone_.load(std::memory_order_acquire) == load_.producers &&
          taken_.load(std::memory_order_relaxed) == put_total_.load(std::memory_order_relaxed))
        break;
      patience.Wait(deadline_);
    }
    result = tally;
  }

  // Returns how many records went through.
  std::uint64_t Check() const {
    Tally total;
    for (const Tally& tally : tallies_) {
      total.count += tally.count;
      total.sum += tally.sum;
      if (tally.torn) Fail(C::kName, "a record is torn");
      if (tally.out_of_order) Fail(C::kName, "records of one producer changed places");
    }
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
    const auto add = [&](std::uint64_t put) {
      count += put;
      sum += put * (put - 1) / 2;
    };
    if (put_.empty()) add(load_.records);
    for (const std::uint64_t put : put_) add(put);
    if (total.count != count || total.sum != sum) Fail(C::kName, "records were lost or doubled");
    return count;
  }

  const Load load_;
  const std::unique_ptr<typename C::Queue> queue_;
  std::vector<Tally> tallies_;
  std::vector<std::uint64_t> put_;  // of each producer
  std::chrono::steady_clock::time_point deadline_;
  alignas(128) std::atomic<std::uint64_t> taken_{0};
  std::atomic<std::uint64_t> put_total_{0};
  std::atomic<int> producers_gone_{0};
};

}  // namespace tapio::bench

#endif  // TAPIO_BENCH_CORE_RUNS_H_
