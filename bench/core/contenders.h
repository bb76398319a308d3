// Every ring behind one interface: a Queue shared by all threads, and an End that each thread makes
// of it.
//
//   bool Put(const T&), bool Take(T&)                        false: full, empty
//   size_t PutMany(const T*, size_t), TakeMany(T*, size_t)    how many
#ifndef TAPIO_BENCH_CORE_CONTENDERS_H_
#define TAPIO_BENCH_CORE_CONTENDERS_H_

#include <concurrentqueue/concurrentqueue.h>
#include <oneapi/tbb/concurrent_queue.h>
#include <readerwriterqueue/readerwriterqueue.h>

#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>
#include <xenium/vyukov_bounded_queue.hpp>

// ck's headers are C, where false is a null pointer as well; they are read after all others.
#define false 0
#include <ck_ring.h>
#undef false

#include "core/cache_line.h"
#include "core/memory.h"
#include "core/ring.h"
#include "spsc_ring.h"
#include "vyukov_ring.h"

namespace tapio::bench {

// Slots of every ring that is made from now on, a power of two.
inline std::size_t& Capacity() {
  static std::size_t capacity = 1024;
  return capacity;
}
inline constexpr std::size_t kMostAtOnce = 100;

// For rings that know single records only.
template <typename End, typename T>
struct OneByOne {
  std::size_t PutMany(const T* values, std::size_t count) {
    std::size_t done = 0;
    while (done < count && static_cast<End*>(this)->Put(values[done])) ++done;
    return done;
  }
  std::size_t TakeMany(T* values, std::size_t count) {
    std::size_t done = 0;
    while (done < count && static_cast<End*>(this)->Take(values[done])) ++done;
    return done;
  }
};

template <typename T>
struct Tapio {
  static constexpr const char* kName = "tapio";
  static constexpr bool kOurs = true;
  static constexpr bool kManyThreads = true;

  struct Queue {
    Ring::Geometry geometry{
        Capacity(), static_cast<std::uint32_t>(AlignUp(Ring::kHeaderSize + sizeof(T), kCacheLine)),
        sizeof(T)};
    Memory memory = Memory::Allocate(Ring::BytesFor(geometry));
    Ring ring{geometry, memory.data()};
  };

  struct End {
    explicit End(Queue& queue) : ring(queue.ring) {
      ring.InitLane(lane, true);
      for (auto& size : sizes) size = sizeof(T);
    }
    bool Put(const T& value) { return ring.Put(lane, &value, sizeof(T)) == PutStatus::kStored; }
    bool Take(T& value) { return ring.Take(lane, &value, sizeof(T)).status == TakeStatus::kTaken; }
    std::size_t PutMany(const T* values, std::size_t count) {
      return ring
          .PutBatch(lane, reinterpret_cast<const std::uint8_t*>(values), sizes,
                    static_cast<std::uint32_t>(count), 1)
          .count;
    }
    std::size_t TakeMany(T* values, std::size_t count) {
      return ring
          .TakeBatch(lane, reinterpret_cast<std::uint8_t*>(values), count * sizeof(T), taken,
                     static_cast<std::uint32_t>(count), 1, Ring::kNoEnd)
          .count;
    }
    Ring& ring;
    Ring::Lane lane;
    std::uint32_t sizes[kMostAtOnce];
    std::uint32_t taken[kMostAtOnce];
  };
};

template <typename T>
struct Vyukov {
  static constexpr const char* kName = "Vyukov, by hand";
  static constexpr bool kOurs = false;
  static constexpr bool kManyThreads = true;
  struct Queue {
    VyukovRing<T> ring{Capacity()};
  };
  struct End : OneByOne<End, T> {
    explicit End(Queue& queue) : ring(queue.ring) {}
    bool Put(const T& value) { return ring.TryPut(value); }
    bool Take(T& value) { return ring.TryTake(value); }
    VyukovRing<T>& ring;
  };
};

template <typename T>
struct Spsc {
  static constexpr const char* kName = "rigtorp style (SPSC)";
  static constexpr bool kOurs = false;
  static constexpr bool kManyThreads = false;
  struct Queue {
    SpscRing<T> ring{Capacity()};
  };
  struct End : OneByOne<End, T> {
    explicit End(Queue& queue) : ring(queue.ring) {}
    bool Put(const T& value) { return ring.TryPut(value); }
    bool Take(T& value) { return ring.TryTake(value); }
    SpscRing<T>& ring;
  };
};

template <typename T>
struct Xenium {
  static constexpr const char* kName = "xenium vyukov_bounded_queue";
  static constexpr bool kOurs = false;
  static constexpr bool kManyThreads = true;
  struct Queue {
    xenium::vyukov_bounded_queue<T> ring{Capacity()};
  };
  struct End : OneByOne<End, T> {
    explicit End(Queue& queue) : ring(queue.ring) {}
    bool Put(const T& value) { return ring.try_push(value); }
    bool Take(T& value) { return ring.try_pop(value); }
    xenium::vyukov_bounded_queue<T>& ring;
  };
};

template <typename T>
struct Moodycamel {
  static constexpr const char* kName = "moodycamel ConcurrentQueue";
  static constexpr bool kOurs = false;
  static constexpr bool kManyThreads = true;
  using Ring = moodycamel::ConcurrentQueue<T>;
  struct Queue {
    // Room for each of 64 producers to keep a block of its own.
    Ring ring{Capacity(), 64, 0};
  };
  struct End {
    explicit End(Queue& queue) : ring(queue.ring), producer(ring), consumer(ring) {}
    // Never allocates: full when no block is free.
    bool Put(const T& value) { return ring.try_enqueue(producer, value); }
    bool Take(T& value) { return ring.try_dequeue(consumer, value); }
    std::size_t PutMany(const T* values, std::size_t count) {
      return ring.try_enqueue_bulk(producer, values, count) ? count : 0;
    }
    std::size_t TakeMany(T* values, std::size_t count) {
      return ring.try_dequeue_bulk(consumer, values, count);
    }
    Ring& ring;
    moodycamel::ProducerToken producer;
    moodycamel::ConsumerToken consumer;
  };
};

template <typename T>
struct ReaderWriter {
  static constexpr const char* kName = "moodycamel ReaderWriterQueue (SPSC)";
  static constexpr bool kOurs = false;
  static constexpr bool kManyThreads = false;
  using Ring = moodycamel::ReaderWriterQueue<T>;
  struct Queue {
    Ring ring{Capacity()};
  };
  struct End : OneByOne<End, T> {
    explicit End(Queue& queue) : ring(queue.ring) {}
    bool Put(const T& value) { return ring.try_enqueue(value); }
    bool Take(T& value) { return ring.try_dequeue(value); }
    Ring& ring;
  };
};

template <typename T>
struct BoostQueue {
  static constexpr const char* kName = "boost lockfree queue";
  static constexpr bool kOurs = false;
  static constexpr bool kManyThreads = true;
  using Ring = boost::lockfree::queue<T, boost::lockfree::fixed_sized<true>>;
  struct Queue {
    Ring ring{Capacity()};
  };
  struct End : OneByOne<End, T> {
    explicit End(Queue& queue) : ring(queue.ring) {}
    bool Put(const T& value) { return ring.bounded_push(value); }
    bool Take(T& value) { return ring.pop(value); }
    Ring& ring;
  };
};

template <typename T>
struct BoostSpsc {
  static constexpr const char* kName = "boost lockfree spsc_queue (SPSC)";
  static constexpr bool kOurs = false;
  static constexpr bool kManyThreads = false;
  using Ring = boost::lockfree::spsc_queue<T>;
  struct Queue {
    Ring ring{Capacity()};
  };
  struct End {
    explicit End(Queue& queue) : ring(queue.ring) {}
    bool Put(const T& value) { return ring.push(value); }
    bool Take(T& value) { return ring.pop(value); }
    std::size_t PutMany(const T* values, std::size_t count) { return ring.push(values, count); }
    std::size_t TakeMany(T* values, std::size_t count) { return ring.pop(values, count); }
    Ring& ring;
  };
};

template <typename T>
struct Tbb {
  static constexpr const char* kName = "TBB concurrent_bounded_queue";
  static constexpr bool kOurs = false;
  static constexpr bool kManyThreads = true;
  using Ring = tbb::concurrent_bounded_queue<T>;
  struct Queue {
    Queue() { ring.set_capacity(Capacity()); }
    Ring ring;
  };
  struct End : OneByOne<End, T> {
    explicit End(Queue& queue) : ring(queue.ring) {}
    bool Put(const T& value) { return ring.try_push(value); }
    bool Take(T& value) { return ring.try_pop(value); }
    Ring& ring;
  };
};

template <typename T>
struct CkQueue {
  // It leaves one slot free.
  CkQueue() : slots(new T[2 * Capacity()]) {
    ck_ring_init(&ring, static_cast<unsigned int>(2 * Capacity()));
  }
  alignas(128) ck_ring ring;
  std::unique_ptr<T[]> slots;
};

template <typename T>
struct CkMpmc {
  static constexpr const char* kName = "ck_ring MPMC";
  static constexpr bool kOurs = false;
  static constexpr bool kManyThreads = true;
  using Queue = CkQueue<T>;
  struct End : OneByOne<End, T> {
    explicit End(Queue& shared) : queue(shared) {}
    bool Put(const T& value) {
      return _ck_ring_enqueue_mp(&queue.ring, queue.slots.get(), &value, sizeof(T), nullptr);
    }
    bool Take(T& value) {
      return _ck_ring_dequeue_mc(&queue.ring, queue.slots.get(), &value, sizeof(T));
    }
    Queue& queue;
  };
};

template <typename T>
struct CkSpsc {
  static constexpr const char* kName = "ck_ring (SPSC)";
  static constexpr bool kOurs = false;
  static constexpr bool kManyThreads = false;
  using Queue = CkQueue<T>;
  struct End : OneByOne<End, T> {
    explicit End(Queue& shared) : queue(shared) {}
    bool Put(const T& value) {
      return _ck_ring_enqueue_sp(&queue.ring, queue.slots.get(), &value, sizeof(T), nullptr);
    }
    bool Take(T& value) {
      return _ck_ring_dequeue_sc(&queue.ring, queue.slots.get(), &value, sizeof(T));
    }
    Queue& queue;
  };
};

}  // namespace tapio::bench

#endif  // TAPIO_BENCH_CORE_CONTENDERS_H_
