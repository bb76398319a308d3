// Random operations of one thread on a ring and on a plain queue must give the same answers.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "check.h"
#include "core/ring.h"
#include "test_ring.h"

using tapio::AlignUp;
using tapio::PutResult;
using tapio::PutStatus;
using tapio::Ring;
using tapio::TakeResult;
using tapio::TakeStatus;
using tapio::test::Failures;
using tapio::test::Multiplier;
using tapio::test::Random;
using tapio::test::TestLane;
using tapio::test::TestRing;

namespace {

struct Counts {
  std::uint64_t puts = 0, gets = 0, discarded = 0, high_watermark = 0;
};

class Pair {
 public:
  Pair(Random& random, std::uint64_t capacity, std::uint32_t payload, std::uint64_t start)
      : random_(random),
        capacity_(capacity),
        payload_(payload),
        write_(start),
        ring_(capacity, payload, start) {
    for (int i = 0; i < 3; ++i) lanes_.emplace_back(ring_, i != 2);
    counts_.resize(lanes_.size());
  }

  void Step() {
    lane_ = random_.Below(static_cast<std::uint32_t>(lanes_.size()));
    switch (random_.Below(10)) {
      case 0:
      case 1:
      case 2:
        return Put();
      case 3:
        return PutBatch();
      case 4:
      case 5:
        return Take();
      case 6:
        return TakeBatch();
      case 7:
        return Peek();
      case 8:
        return Discard();
      default:
        if (random_.OneIn(50)) return Clear();
        if (random_.OneIn(2000)) Close();
    }
  }

  void CheckState() {
    CHECK_EQ(ring_->size(), used_);
    CHECK_EQ(ring_->write_index(), write_);
    CHECK_EQ(ring_->read_index(), write_ - used_);
    CHECK_EQ(ring_->HasRecord(), !queue_.empty());
    CHECK_EQ(ring_->closed(), closed_);
    CHECK_EQ(ring_->drained(), closed_ && queue_.empty());
    const Ring::Lane& lane = lanes_[lane_];
    const Counts& counts = counts_[lane_];
    CHECK_EQ(lane.puts.load(), counts.puts);
    CHECK_EQ(lane.gets.load(), counts.gets);
    CHECK_EQ(lane.discarded.load(), counts.discarded);
    CHECK_EQ(lane.high_watermark.load(), counts.high_watermark);
  }

 private:
  std::uint64_t Slots(std::uint64_t size) const {
    if (size <= payload_) return 1;
    return (size + payload_ - 1) / payload_;
  }

  std::string NewRecord() {
    const bool span = random_.OneIn(4);
    const std::uint64_t most =
        span ? payload_ * std::min<std::uint64_t>(capacity_ + 1, 5) : payload_;
    std::string record(random_.Below(static_cast<std::uint32_t>(most) + 1), '\0');
    for (char& c : record) c = static_cast<char>(random_.Next());
    return record;
  }

  bool Store(const std::string& record) {
    if (closed_ || used_ + Slots(record.size()) > capacity_) return false;
    used_ += Slots(record.size());
    write_ += Slots(record.size());
    queue_.push_back(record);
    ++counts_[lane_].puts;
    return true;
  }

  // Of a claim: of a whole batch at its end.
  void NoteSize() {
    std::uint64_t& mark = counts_[lane_].high_watermark;
    mark = std::max(mark, used_);
  }

  void Remove() {
    used_ -= Slots(queue_.front().size());
    queue_.pop_front();
  }

  PutStatus Refusal() const { return closed_ ? PutStatus::kClosed : PutStatus::kFull; }

  void Put() {
    const std::string record = NewRecord();
    const bool stored = Store(record);
    if (stored) NoteSize();
    CHECK_EQ(ring_->Put(lanes_[lane_], record.data(), static_cast<std::uint32_t>(record.size())),
             stored ? PutStatus::kStored : Refusal());
  }

  void PutBatch() {
    const std::size_t alignment = std::size_t{1} << random_.Below(5);
    const std::uint32_t count = 1 + random_.Below(12);
    std::string data;
    std::vector<std::uint32_t> sizes;
    std::uint32_t stored = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::string record = NewRecord();
      data.resize(AlignUp(data.size(), alignment));
      data += record;
      sizes.push_back(static_cast<std::uint32_t>(record.size()));
      if (stored == i && Store(record)) ++stored;
    }
    if (stored != 0) NoteSize();
    const PutResult result =
        ring_->PutBatch(lanes_[lane_], reinterpret_cast<const std::uint8_t*>(data.data()),
                        sizes.data(), count, alignment);
    CHECK_EQ(result.count, stored);
    CHECK_EQ(result.status, stored == count ? PutStatus::kStored : Refusal());
  }

  TakeStatus Nothing() const { return closed_ ? TakeStatus::kDrained : TakeStatus::kEmpty; }

  std::uint64_t Limit() {
    return random_.OneIn(3) ? random_.Below(6 * payload_ + 1) : 64 * payload_;
  }

  void Take() {
    std::vector<char> target(Limit());
    const TakeResult result = ring_->Take(lanes_[lane_], target.data(), target.size());
    if (queue_.empty()) {
      CHECK_EQ(result.status, Nothing());
      return;
    }
    const std::string& front = queue_.front();
    CHECK_EQ(result.bytes, front.size());
    if (front.size() > target.size()) {
      CHECK_EQ(result.status, TakeStatus::kTargetTooSmall);
      return;
    }
    CHECK_EQ(result.status, TakeStatus::kTaken);
    CHECK(std::equal(front.begin(), front.end(), target.begin()));
    Remove();
    ++counts_[lane_].gets;
  }

  // How many records of the queue from `first` on go into `limit` bytes and below `end`.
  std::uint32_t Fitting(std::size_t first, std::uint64_t ticket, std::uint64_t limit,
                        std::uint32_t max, std::size_t alignment, std::uint64_t end) const {
    std::uint64_t bytes = 0;
    std::uint32_t count = 0;
    for (; count < max && first + count < queue_.size() && ticket < end; ++count) {
      const std::uint64_t size = queue_[first + count].size();
      const std::uint64_t start = AlignUp(bytes, alignment);
      if (start + size > limit) break;
      bytes = start + size;
      ticket += Slots(size);
    }
    return count;
  }

  void CheckRecords(std::size_t first, const std::vector<std::uint8_t>& target,
                    const std::vector<std::uint32_t>& sizes, const TakeResult& result,
                    std::size_t alignment) {
    std::uint64_t bytes = 0;
    for (std::uint32_t i = 0; i < result.count; ++i) {
      const std::string& record = queue_[first + i];
      bytes = AlignUp(bytes, alignment);
      CHECK_EQ(sizes[i], record.size());
      CHECK(std::equal(record.begin(), record.end(),
                       reinterpret_cast<const char*>(target.data()) + bytes));
      bytes += record.size();
    }
    CHECK_EQ(result.bytes, bytes);
  }

  void TakeBatch() {
    std::vector<std::uint8_t> target(Limit());
    std::vector<std::uint32_t> sizes(1 + random_.Below(12));
    const auto max = static_cast<std::uint32_t>(sizes.size());
    const std::size_t alignment = std::size_t{1} << random_.Below(5);
    const std::uint64_t head = write_ - used_;
    const std::uint64_t end = random_.OneIn(3) ? head + random_.Below(4) : std::uint64_t{1} << 61;
    const std::uint32_t fitting = Fitting(0, head, target.size(), max, alignment, end);
    const TakeResult result = ring_->TakeBatch(lanes_[lane_], target.data(), target.size(),
                                               sizes.data(), max, alignment, end);
    CHECK_EQ(result.count, fitting);
    if (fitting != 0) {
      CHECK_EQ(result.status, TakeStatus::kTaken);
      CheckRecords(0, target, sizes, result, alignment);
      for (std::uint32_t i = 0; i < fitting; ++i) Remove();
      counts_[lane_].gets += fitting;
    } else if (queue_.empty()) {
      CHECK_EQ(result.status, Nothing());
    } else if (head >= end) {
      CHECK_EQ(result.status, TakeStatus::kEmpty);
    } else {
      CHECK_EQ(result.status, TakeStatus::kTargetTooSmall);
      CHECK_EQ(result.bytes, queue_.front().size());
    }
  }

  void Peek() {
    const std::size_t first = random_.Below(static_cast<std::uint32_t>(queue_.size()) + 1);
    std::uint64_t ticket = write_ - used_;
    for (std::size_t i = 0; i < first; ++i) ticket += Slots(queue_[i].size());
    std::uint64_t cursor = first == 0 ? 0 : ticket;
    std::vector<std::uint8_t> target(Limit());
    std::vector<std::uint32_t> sizes(1 + random_.Below(12));
    const auto max = static_cast<std::uint32_t>(sizes.size());
    const std::uint64_t end = std::uint64_t{1} << 61;
    const std::uint32_t fitting = Fitting(first, ticket, target.size(), max, 8, end);
    const TakeResult result =
        ring_->PeekBatch(cursor, target.data(), target.size(), sizes.data(), max, 8, end);
    CHECK_EQ(result.count, fitting);
    if (fitting != 0) {
      CHECK_EQ(result.status, TakeStatus::kTaken);
      CheckRecords(first, target, sizes, result, 8);
      for (std::uint32_t i = 0; i < fitting; ++i) ticket += Slots(queue_[first + i].size());
    } else {
      CHECK_EQ(result.status,
               first == queue_.size() ? TakeStatus::kEmpty : TakeStatus::kTargetTooSmall);
    }
    CHECK_EQ(cursor, ticket);
  }

  void Discard() {
    CHECK_EQ(ring_->DiscardOne(lanes_[lane_]), !queue_.empty());
    if (queue_.empty()) return;
    Remove();
    ++counts_[lane_].discarded;
  }

  void Clear() {
    CHECK_EQ(ring_->Clear(lanes_[lane_]), queue_.size());
    counts_[lane_].discarded += queue_.size();
    queue_.clear();
    used_ = 0;
  }

  void Close() {
    ring_->Close();
    closed_ = true;
  }

  Random& random_;
  const std::uint64_t capacity_;
  const std::uint32_t payload_;
  std::uint64_t write_;
  std::uint64_t used_ = 0;
  bool closed_ = false;
  std::deque<std::string> queue_;
  TestRing<> ring_;
  std::deque<TestLane<>> lanes_;
  std::vector<Counts> counts_;
  std::size_t lane_ = 0;
};

}  // namespace

// One thread gives ThreadSanitizer little to look at.
#if defined(__SANITIZE_THREAD__)
constexpr int kRuns = 10;
#else
constexpr int kRuns = 150;
#endif

TEST(SameAsAPlainQueue) {
  Random random;
  const auto runs = static_cast<int>(kRuns * Multiplier());
  for (int run = 0; run < runs; ++run) {
    const std::uint64_t capacities[] = {1, 2, 3, 4, 5, 64, 1024, 1 + random.Below(200)};
    const std::uint32_t payloads[] = {1, 8, 16, 48, 112, 1 + random.Below(300)};
    const std::uint64_t starts[] = {0, (std::uint64_t{1} << 32) - random.Below(300),
                                    (std::uint64_t{1} << 60) - random.Below(300)};
    const std::uint64_t capacity = capacities[random.Below(std::size(capacities))];
    const std::uint32_t payload = payloads[random.Below(std::size(payloads))];
    Pair pair(random, capacity, payload, starts[random.Below(std::size(starts))]);
    for (int step = 0; step < 4000; ++step) {
      pair.Step();
      pair.CheckState();
      if (Failures() != 0) {
        std::fprintf(stderr, "run %d, step %d, capacity %d, payload %d\n", run, step,
                     static_cast<int>(capacity), static_cast<int>(payload));
        return;
      }
    }
  }
}
