// The ring: a bounded MPMC queue of byte records in fixed-size slots.
#ifndef TAPIO_CORE_RING_H_
#define TAPIO_CORE_RING_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

#include "cache_line.h"
#include "speculative_copy.h"

namespace tapio {

enum class PutStatus : std::int32_t { kStored = 0, kFull = -1, kClosed = -2 };

enum class TakeStatus : std::int32_t {
  kTaken = 0,
  kEmpty = -1,
  kDrained = -2,        // closed, and nothing will ever come again
  kTargetTooSmall = -3  // the first record is longer than the target; it stays in the ring
};

struct PutResult {
  PutStatus status;  // kStored when count is the whole batch, else why the next record was refused
  std::uint32_t count;  // records stored
};

// Two registers wide, as every take returns one.
struct TakeResult {
  TakeStatus status;
  std::uint32_t count;  // records taken
  std::uint32_t bytes;  // of the target that were used; with kTargetTooSmall, the record's size
  bool more;            // the call ended for lack of count or target, not of records
};
static_assert(sizeof(TakeResult) == 16, "a larger result would be returned through memory");

// What the ring is made of when it runs for real. A model checker supplies its own.
struct NativePlatform {
  template <typename T>
  using Atomic = std::atomic<T>;
  // For statistics, which order nothing.
  template <typename T>
  using Counter = std::atomic<T>;

  static constexpr std::uint32_t kSeats = 64;

  static void CopyIn(void* slot, const void* source, std::size_t size) {
    CopyIntoSlot(slot, source, size);
  }
  static void CopyOut(void* target, const void* slot, std::size_t size) {
    CopyOutOfSlot(target, slot, size);
  }
};

// A lock-free FIFO of byte records for any number of producers and consumers.
//
// Threads: every method may be called from any thread at any time. A Lane belongs to the one thread
//   that uses it.
// Guarantees: records come out whole, once, in the order of their tickets, so those of one producer
//   in the order it put them. Put by a seated lane is wait-free: it ends in a bounded number of its
//   own steps. PutBatch, and Put without a seat, are lock-free. Taking is lock-free: when several
//   threads take, some one succeeds. A producer preempted between its claim and its publication
//   delays the records behind its own, and never loses or tears them. A consumer that stops, at any
//   point, holds nothing.
// Full: a put is refused; who gives up on the record calls CountRejected. Room that is reserved
//   counts as used, but for who reserved it. Exactly `capacity` slots
//   can be used when nobody else puts at the same time; concurrent seated puts may exceed it by at
//   most one record for each seat.
// Closed: puts are refused; what was stored before can still be taken.
// Memory: the caller's: zeroed, kCacheLine-aligned, of BytesFor(...) bytes. It outlives the ring.
//
// Protocol. `tail` and `head` are tickets that only grow. A producer claims ticket t by advancing
// `tail`, fills slot t modulo slot count, and publishes it by storing t + 1 into the slot's
// sequence. A consumer that reads sequence h + 1 in the slot of h = `head` copies the record out
// *first* and then moves `head` to h + 1 by compare-and-exchange: if it lost the race it throws the
// copy away. So `head` alone says which slots are free, and there is no state "claimed by a
// consumer".
//
// Reserved. A record that waits for several slots would starve behind those that need one. So room
// may be kept for it, in the way that Close refuses puts, by a mark in `tail`: the check for room
// then fails, and is repeated as if the reserved slots were in use. The mark only ever makes that
// check stricter, and guards nothing: to see it late, or its number of slots, costs who waits some
// room and is safe.
//
// Slack. A seated Put checks for room and then claims with an unconditional fetch_add, which cannot
// fail. Between the two, other seats may claim as well: at worst each seat once, as the claim with
// the latest view of `tail` had room, and each other seat has at most one claim after that view.
// The ring therefore has capacity + kSeats slots, and hands out at most kSeats seats. Lanes without
// a seat and batches claim by compare-and-exchange, whose check cannot be outrun, and need no
// slack.
template <typename Platform = NativePlatform>
class BasicRing {
 public:
  template <typename T>
  using Atomic = typename Platform::template Atomic<T>;
  using Counter = typename Platform::template Counter<std::uint64_t>;

  static constexpr std::uint32_t kSeats = Platform::kSeats;
  static constexpr std::uint64_t kNoEnd = std::uint64_t{1} << 62;  // above every ticket

  // A record longer than one slot continues in the next ones, each with a header of its own, so
  // that payload never lies where a sequence is expected.
  struct SlotHeader {
    Atomic<std::uint64_t> sequence;  // ticket + 1 of the published record; anything older: not yet
    Atomic<std::uint64_t> size;      // bytes of the record; guarded by `sequence`
  };
  static constexpr std::size_t kHeaderSize = sizeof(SlotHeader);

  // One thread's private state on this ring. Its counters are written by that thread alone and may
  // be read by any, so that counting costs no shared cache line.
  struct alignas(kCacheLine) Lane {
    std::uint64_t head_seen = 0;  // a past value of `head`, read with acquire
    // The ticket of slot 0 in the lap where this lane last put, and where it last took: see
    // IndexIn.
    std::uint64_t put_lap = 0;
    std::uint64_t take_lap = 0;
    std::uint64_t next_ticket = 0;  // of this lane's next Put, if nothing else is put before
    bool puts_alone = false;        // nothing was between its last two
    bool seated = false;
    Counter puts{0};
    Counter gets{0};
    Counter rejected{0};
    Counter discarded{0};
    Counter high_watermark{0};
  };

  struct Geometry {
    std::uint64_t capacity;   // slots
    std::uint32_t stride;     // bytes from slot to slot, header included; a multiple of kCacheLine
    std::uint32_t payload;    // record bytes a slot holds; at most stride - kHeaderSize
    std::uint64_t start = 0;  // first ticket, below 2^60
  };

  static std::uint64_t BytesFor(const Geometry& g) { return (g.capacity + kSeats) * g.stride; }

  BasicRing(const Geometry& g, void* memory)
      : slots_(static_cast<std::uint8_t*>(memory)),
        slot_count_(g.capacity + kSeats),
        capacity_(g.capacity),
        stride_(g.stride),
        payload_(g.payload),
        start_(g.start) {
    tail_.store(g.start, std::memory_order_relaxed);
    head_.store(g.start, std::memory_order_relaxed);
    final_tail_.store(kNotClosed, std::memory_order_relaxed);
    reserved_slots_.store(0, std::memory_order_relaxed);
  }
  BasicRing(const BasicRing&) = delete;
  BasicRing& operator=(const BasicRing&) = delete;

  std::uint64_t capacity() const { return capacity_; }
  std::uint64_t SlotsFor(std::uint64_t size) const {
    return size <= payload_ ? 1 : (size + payload_ - 1) / payload_;
  }
  // Whether a record of this size would fit if the ring were empty.
  bool CanHold(std::uint64_t size) const { return SlotsFor(size) <= capacity_; }

  void InitLane(Lane& lane, bool seated) const {
    lane.head_seen = start_;
    lane.seated = seated;
  }

  // Stores one record. One that the ring could not even hold empty finds it full.
  PutStatus Put(Lane& lane, const void* data, std::uint32_t size) {
    if (size > payload_ || !lane.seated) {
      return PutBatch(lane, static_cast<const std::uint8_t*>(data), &size, 1, 1).status;
    }
    std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (Distance(tail, lane.head_seen) >= Signed(capacity_)) {
      tail = BehindReserved(tail);
      // Reading `tail` before `head` makes the answer true at the moment `tail` was read.
      RefreshHead(lane);
      if (Distance(tail, lane.head_seen) >= Signed(capacity_)) return Refusal(tail);
    }
    // Acquires what the earlier claims have seen of `head`: another seat's claim may be the one
    // that knew this slot to be free. Sequentially consistent for the parking protocol (wake.h): a
    // consumer that parks either is seen by this thread's later look at the sleepers, or sees this.
    std::uint64_t ticket = tail_.fetch_add(1, std::memory_order_seq_cst);
    if ((ticket & (kClosedBit | kReservedBit)) != 0) [[unlikely]] {
      if ((ticket & kClosedBit) != 0) return PutStatus::kClosed;
      ticket &= ~kReservedBit;
    }
    NoteSize(lane, ticket + 1);
    Write(IndexIn(lane.put_lap, ticket), ticket, static_cast<const std::uint8_t*>(data), size);
    lane.puts_alone = ticket == lane.next_ticket;
    lane.next_ticket = ticket + 1;
    Count(lane.puts, 1);
    return PutStatus::kStored;
  }

  // After a Put, for who has other work to do before the next one, of about the same size. The
  // claim of that one will wait until what this one wrote has left the processor, and until then
  // the consumer's core has to hand over the lines of the slot: so ask for those of the next slot
  // now. If several lanes put, the next slot is another's, who would lose them. And what takes more
  // than a few lines is bound by their number.
  void ExpectPut(const Lane& lane, std::uint32_t size) const {
    if (!lane.puts_alone || size > std::min<std::uint64_t>(payload_, kCacheLine - kHeaderSize))
      return;
    FetchForWriting(Slot(NextIndex(lane.next_ticket - 1 - lane.put_lap)), kHeaderSize + size);
  }

  // Stores records in order, as many as there is room for, with one claim. `data` holds them one
  // after the other, each start rounded up to `alignment` (a power of two). Neither array
  // may change meanwhile.
  template <bool kUsesReserved = false>
  PutResult PutBatch(Lane& lane, const std::uint8_t* data, const std::uint32_t* sizes,
                     std::uint32_t count, std::size_t alignment) {
    std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    std::uint64_t slots = 0;
    std::uint32_t fitting = 0;
    for (;;) {
      FitBatch(tail, lane.head_seen, sizes, count, fitting, slots);
      if (fitting < count) {
        RefreshHead(lane);
        FitBatch(kUsesReserved ? tail & ~kReservedBit : BehindReserved(tail), lane.head_seen, sizes,
                 count, fitting, slots);
        if (fitting == 0) return {Refusal(tail), 0};
      }
      if (fitting == 0) return {PutStatus::kStored, 0};  // an empty batch: nothing to claim
      // Same pairing as the claim of Put. Success means that `tail` has not moved since the check,
      // so the check was exact: head + capacity is never exceeded here.
      if (tail_.compare_exchange_weak(tail, tail + slots, std::memory_order_seq_cst,
                                      std::memory_order_relaxed)) {
        break;
      }
    }
    tail &= ~kReservedBit;
    NoteSize(lane, tail + slots);
    std::uint64_t ticket = tail;
    std::uint64_t index = IndexIn(lane.put_lap, ticket);
    for (std::uint32_t i = 0; i < fitting; ++i) {
      index = Write(index, ticket, data, sizes[i]);
      data += AlignUp(sizes[i], alignment);
      ticket += SlotsFor(sizes[i]);
    }
    Count(lane.puts, fitting);
    return {fitting < count ? PutStatus::kFull : PutStatus::kStored, fitting};
  }

  // Every put but PutReserved leaves room for a record of `size` bytes from now on. One thread at a
  // time may reserve. Whoever makes the reservation smaller or ends it then calls WakeAll for those
  // who wait for room: its lock makes the change known to who parks later.
  void Reserve(std::uint32_t size) {
    reserved_slots_.store(SlotsFor(size), std::memory_order_relaxed);
    if (!reserved()) tail_.fetch_or(kReservedBit, std::memory_order_relaxed);
  }
  void Unreserve() {
    if (reserved()) tail_.fetch_and(~kReservedBit, std::memory_order_relaxed);
  }
  bool reserved() const { return Reserved(tail_.load(std::memory_order_relaxed)); }
  // A snapshot.
  std::uint64_t reserved_slots() const {
    return reserved() ? reserved_slots_.load(std::memory_order_relaxed) : 0;
  }

  // As Put, for whom room is reserved. Lock-free, and does not end the reservation.
  PutStatus PutReserved(Lane& lane, const std::uint8_t* data, std::uint32_t size) {
    return PutBatch<true>(lane, data, &size, 1, 1).status;
  }

  // For the caller that gives up on records after a refusal; one that tries again must not count.
  static void CountRejected(Lane& lane, std::uint32_t count) { Count(lane.rejected, count); }

  // Takes the oldest record into `target` of `limit` bytes.
  TakeResult Take(Lane& lane, void* target, std::uint64_t limit) {
    std::uint64_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      const std::uint64_t index = IndexIn(lane.take_lap, head);
      const SlotHeader& header = Header(index);
      const std::uint64_t size =
          Published(header, head) ? header.size.load(std::memory_order_relaxed) : kNoRecord;
      if (size > payload_ || size > limit) [[unlikely]]
        break;
      Platform::CopyOut(target, Slot(index) + kHeaderSize, size);
      if (MoveHead(head, head + 1)) {
        Count(lane.gets, 1);
        return {TakeStatus::kTaken, 1, Narrow(size), true};
      }
    }
    std::uint32_t size;
    return TakeBatch(lane, static_cast<std::uint8_t*>(target), limit, &size, 1, 1, kNoEnd);
  }

  // Takes up to `max` records older than ticket `end` with one move of `head`: packed into
  // `target`, each start rounded up to `alignment`, their sizes into `sizes`. Stops at the first
  // record that is not published or does not fit the rest of the target.
  TakeResult TakeBatch(Lane& lane, std::uint8_t* target, std::uint64_t limit, std::uint32_t* sizes,
                       std::uint32_t max, std::size_t alignment, std::uint64_t end) {
    // Acquire pairs with the exchange in MoveHead by whoever moved `head` here.
    std::uint64_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      Run run =
          CopyRun(head, IndexIn(lane.take_lap, head), target, limit, sizes, max, alignment, end);
      if (run.count == 0) {
        // The answer counts only if the slot still belonged to `head` when it was looked at. A size
        // is read relaxed, and as in PeekBatch only a read-modify-write comes after that for sure.
        const std::uint64_t now = run.too_large != 0 ? head_.fetch_add(0, std::memory_order_acq_rel)
                                                     : head_.load(std::memory_order_acquire);
        if (now != head) {
          head = now;
          continue;
        }
        if (run.too_large != 0)
          return {TakeStatus::kTargetTooSmall, 0, Narrow(run.too_large), true};
        return {IsDrained(head) ? TakeStatus::kDrained : TakeStatus::kEmpty, 0, 0, false};
      }
      if (MoveHead(head, run.next)) {
        Count(lane.gets, run.count);
        const bool more = run.count == max || run.too_large != 0;
        return {TakeStatus::kTaken, run.count, Narrow(run.bytes), more};
      }
      // Another consumer was faster and this copy is void: risk less the next time.
      max = std::max<std::uint32_t>(1, max / 2);
    }
  }

  // Copies up to `max` published records from ticket `cursor` on without taking them, and moves the
  // cursor behind them. A record taken by somebody meanwhile is copied whole or skipped.
  TakeResult PeekBatch(std::uint64_t& cursor, std::uint8_t* target, std::uint64_t limit,
                       std::uint32_t* sizes, std::uint32_t max, std::size_t alignment,
                       std::uint64_t end) {
    for (;;) {
      const std::uint64_t head = head_.load(std::memory_order_acquire);
      if (Distance(head, cursor) > 0) cursor = head;
      const Run run = CopyRun(cursor, IndexOf(cursor), target, limit, sizes, max, alignment, end);
      // A read-modify-write, because only its release half keeps the copies above from sinking
      // below it; pairs with the acquire of `head` by a producer that reuses the slots. If `head`
      // has not passed the first record by now, no slot of the run was being rewritten while it was
      // copied.
      const std::uint64_t now = head_.fetch_add(0, std::memory_order_acq_rel);
      if (Distance(now, cursor) > 0) continue;
      if (run.too_large != 0 && run.count == 0) {
        return {TakeStatus::kTargetTooSmall, 0, Narrow(run.too_large), true};
      }
      cursor = run.next;
      const bool more = run.count == max || run.too_large != 0;
      return {run.count == 0 ? TakeStatus::kEmpty : TakeStatus::kTaken, run.count,
              Narrow(run.bytes), more};
    }
  }

  // Removes the oldest record, whatever it is. False when there is none published.
  bool DiscardOne(Lane& lane) { return DiscardBefore(lane, kNoEnd, 1) != 0; }

  // Removes the records that were waiting when the call began, up to the first one that is claimed
  // and not yet published. Returns how many.
  std::uint64_t Clear(Lane& lane) { return DiscardBefore(lane, write_index(), UINT64_MAX); }

  // Refuses every later put, for all threads. Puts that have claimed already are still stored.
  void Close() {
    // Everything claimed before this instant is in, everything later sees the bit: one atomic step
    // decides, so no record can slip in behind a consumer that saw the ring drained.
    std::uint64_t tail = tail_.fetch_or(kClosedBit, std::memory_order_seq_cst);
    tail &= ~kReservedBit;
    // Release pairs with the acquire in write_index.
    if ((tail & kClosedBit) == 0) final_tail_.store(tail, std::memory_order_release);
  }

  bool closed() const { return (tail_.load(std::memory_order_acquire) & kClosedBit) != 0; }
  bool drained() const { return IsDrained(read_index()); }

  // Next ticket to be claimed. A snapshot, as are the following three.
  std::uint64_t write_index() const {
    const std::uint64_t tail = tail_.load(std::memory_order_seq_cst);
    if ((tail & kClosedBit) == 0) return tail & ~kReservedBit;
    const std::uint64_t final_tail = final_tail_.load(std::memory_order_acquire);
    return final_tail == kNotClosed ? tail & ~(kClosedBit | kReservedBit) : final_tail;
  }
  // Next ticket to be taken. Sequentially consistent for those who park: for room, or for the news
  // that the ring is drained.
  std::uint64_t read_index() const { return head_.load(std::memory_order_seq_cst); }
  // Slots in use: 0..capacity.
  std::uint64_t size() const {
    const std::uint64_t head = read_index();
    return std::min(write_index() - head, capacity_);
  }
  // Whether the oldest record is published, so that Take would find it.
  bool HasRecord() const {
    const std::uint64_t head = read_index();
    return Published(Header(IndexOf(head)), head);
  }

 private:
  // Marks in `tail`, far above all tickets: with either the check for room fails, and only then is
  // it told which one it is. So puts into a ring with room pay nothing for them.
  static constexpr std::uint64_t kClosedBit = std::uint64_t{1} << 62;
  static constexpr std::uint64_t kReservedBit = std::uint64_t{1} << 61;
  static constexpr std::uint64_t kNotClosed = ~std::uint64_t{0};
  static constexpr std::uint64_t kNoRecord = ~std::uint64_t{0};

  static std::int64_t Signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }
  static std::uint32_t Narrow(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
  static std::int64_t Distance(std::uint64_t from, std::uint64_t to) { return Signed(from - to); }

  // For counters that only their own thread writes: a plain add, made visible to readers.
  static void Count(Counter& counter, std::uint64_t by) {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::uint8_t* Slot(std::uint64_t index) const { return slots_ + index * stride_; }
  SlotHeader& Header(std::uint64_t index) const {
    return *reinterpret_cast<SlotHeader*>(Slot(index));
  }
  std::uint64_t IndexOf(std::uint64_t ticket) const { return ticket % slot_count_; }
  // As IndexOf, without the division, which would cost as much as the rest of a put: a subtraction
  // as long as tickets stay within the lap that is remembered.
  std::uint64_t IndexIn(std::uint64_t& lap, std::uint64_t ticket) const {
    std::uint64_t index = ticket - lap;
    if (index >= slot_count_) [[unlikely]] {
      index = IndexOf(ticket);
      lap = ticket - index;
    }
    return index;
  }
  std::uint64_t NextIndex(std::uint64_t index) const {
    return index + 1 == slot_count_ ? 0 : index + 1;
  }

  // Acquire pairs with the release in Write: who sees the sequence sees the whole record.
  static bool Published(const SlotHeader& header, std::uint64_t ticket) {
    return header.sequence.load(std::memory_order_acquire) == ticket + 1;
  }

  // Takes what lies between `head` and `next`, if `head` still stands there; else reloads `head`.
  // Release: the copies before it pair with the acquire of `head` by the producer that will reuse
  // the slots. Sequentially consistent for producers that park for room (wake.h).
  bool MoveHead(std::uint64_t& head, std::uint64_t next) {
    return head_.compare_exchange_strong(head, next, std::memory_order_seq_cst,
                                         std::memory_order_acquire);
  }

  // Pairs with the exchange by which consumers move `head`: their copies out of the freed slots
  // come before this thread's writes into them. Sequentially consistent for producers that park for
  // room.
  void RefreshHead(Lane& lane) const { lane.head_seen = head_.load(std::memory_order_seq_cst); }

  static bool Reserved(std::uint64_t tail) { return (tail & kReservedBit) != 0; }

  // How far `tail` has come for a put that must leave what is reserved.
  std::uint64_t BehindReserved(std::uint64_t tail) const {
    if (!Reserved(tail)) [[likely]]
      return tail;
    return (tail & ~kReservedBit) + reserved_slots_.load(std::memory_order_relaxed);
  }

  static PutStatus Refusal(std::uint64_t tail) {
    return (tail & kClosedBit) != 0 ? PutStatus::kClosed : PutStatus::kFull;
  }

  // Which records of a batch fit between `tail` and head + capacity.
  void FitBatch(std::uint64_t tail, std::uint64_t head, const std::uint32_t* sizes,
                std::uint32_t count, std::uint32_t& fitting, std::uint64_t& slots) const {
    const std::int64_t room = Signed(capacity_) - Distance(tail, head);
    fitting = 0;
    slots = 0;
    for (; fitting < count; ++fitting) {
      const std::uint64_t more = slots + SlotsFor(sizes[fitting]);
      if (Signed(more) > room) break;
      slots = more;
    }
  }

  // Keeps the high watermark without reading `head` each time: the view of `head` is old, so
  // tail - head_seen is an upper bound, and only a bound above the mark is worth a fresh look. The
  // mark is the largest size any put saw behind it; what was taken between its claim and its look
  // is not counted.
  void NoteSize(Lane& lane, std::uint64_t tail) const {
    const std::uint64_t mark = lane.high_watermark.load(std::memory_order_relaxed);
    if (Distance(tail, lane.head_seen) <= Signed(mark)) return;
    RefreshHead(lane);
    const std::int64_t size = Distance(tail, lane.head_seen);
    if (size <= Signed(mark)) return;
    const auto seen = std::min(static_cast<std::uint64_t>(size), capacity_);
    lane.high_watermark.store(seen, std::memory_order_relaxed);
  }

  // Fills the slots of one claimed record, from `index` on, and publishes it. Only the first slot's
  // sequence is stored: `head` only ever stands at the first slot of a record. Returns the index
  // behind the record.
  std::uint64_t Write(std::uint64_t index, std::uint64_t ticket, const std::uint8_t* data,
                      std::uint64_t size) {
    SlotHeader& header = Header(index);
    header.size.store(size, std::memory_order_relaxed);
    while (size > payload_) {
      Platform::CopyIn(Slot(index) + kHeaderSize, data, payload_);
      data += payload_;
      size -= payload_;
      index = NextIndex(index);
    }
    Platform::CopyIn(Slot(index) + kHeaderSize, data, size);
    // Release pairs with the acquire in Published.
    header.sequence.store(ticket + 1, std::memory_order_release);
    return NextIndex(index);
  }

  struct Run {
    std::uint64_t next;       // ticket behind the run
    std::uint32_t count;      // records copied
    std::uint64_t bytes;      // of the target
    std::uint64_t too_large;  // size of the record that did not fit and ended the run, or 0
  };

  // Copies published records from `ticket`, at `index`, on. Speculative: until the caller has
  // checked `head`, any slot may be under another producer's hands, so sizes are bounded before use
  // and nothing that was copied may be looked at.
  Run CopyRun(std::uint64_t ticket, std::uint64_t index, std::uint8_t* target, std::uint64_t limit,
              std::uint32_t* sizes, std::uint32_t max, std::size_t alignment,
              std::uint64_t end) const {
    Run run{ticket, 0, 0, 0};
    limit = std::min<std::uint64_t>(limit, UINT32_MAX);  // results count bytes in 32 bits
    while (run.count < max && Distance(run.next, end) < 0) {
      const SlotHeader& header = Header(index);
      if (!Published(header, run.next)) break;
      const std::uint64_t size = header.size.load(std::memory_order_relaxed);
      const std::uint64_t start = AlignUp(run.bytes, alignment);
      if (start > limit || size > limit - start) {
        run.too_large = size;
        break;
      }
      std::uint8_t* to = target + start;
      std::uint64_t rest = size;
      run.next += SlotsFor(size);
      for (; rest > payload_; rest -= payload_, to += payload_) {
        Platform::CopyOut(to, Slot(index) + kHeaderSize, payload_);
        index = NextIndex(index);
      }
      Platform::CopyOut(to, Slot(index) + kHeaderSize, rest);
      index = NextIndex(index);
      sizes[run.count++] = static_cast<std::uint32_t>(size);
      run.bytes = start + size;
    }
    return run;
  }

  std::uint64_t DiscardBefore(Lane& lane, std::uint64_t end, std::uint64_t max) {
    std::uint64_t discarded = 0;
    std::uint64_t head = head_.load(std::memory_order_acquire);
    while (discarded < max && Distance(head, end) < 0) {
      const SlotHeader& header = Header(IndexIn(lane.take_lap, head));
      if (!Published(header, head)) {
        const std::uint64_t now = head_.load(std::memory_order_acquire);
        if (now == head) break;
        head = now;
        continue;
      }
      const std::uint64_t size = header.size.load(std::memory_order_relaxed);
      // A size that was read too late is void, as `head` has moved then.
      if (MoveHead(head, head + SlotsFor(size))) {
        head += SlotsFor(size);
        ++discarded;
      }
    }
    Count(lane.discarded, discarded);
    return discarded;
  }

  bool IsDrained(std::uint64_t head) const {
    // Acquire pairs with the release in Close.
    return final_tail_.load(std::memory_order_acquire) == head;
  }

  // Written once, read by all.
  std::uint8_t* const slots_;
  const std::uint64_t slot_count_;
  const std::uint64_t capacity_;
  const std::uint64_t stride_;
  const std::uint64_t payload_;
  const std::uint64_t start_;
  Atomic<std::uint64_t> final_tail_;  // kNotClosed, then the ticket at which the ring was closed

  alignas(kCacheLine) Atomic<std::uint64_t> tail_;  // next ticket to claim; producers write it
  Atomic<std::uint64_t> reserved_slots_;            // looked at where `tail_` has the mark
  alignas(kCacheLine) Atomic<std::uint64_t> head_;  // next ticket to take; consumers write it
};

using Ring = BasicRing<>;

static_assert(std::is_trivially_destructible_v<Ring::SlotHeader>, "slots are never destroyed");
static_assert(Ring::kHeaderSize == 16, "the payload of a slot starts 16 bytes in, 16-byte aligned");
static_assert(alignof(Ring) == kCacheLine,
              "tail and head must each have a cache line of their own");
static_assert(sizeof(Ring) == 3 * kCacheLine, "constants, tail and head: one line each");
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "the protocol needs 64-bit atomics");
static_assert(sizeof(std::atomic<std::uint64_t>) == 8, "zeroed memory must be a valid atomic");

}  // namespace tapio

#endif  // TAPIO_CORE_RING_H_
