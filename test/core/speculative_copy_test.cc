#include "core/speculative_copy.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "check.h"
#include "core/cache_line.h"

using tapio::AlignUp;
using tapio::CopyIntoSlot;
using tapio::CopyOutOfSlot;
using tapio::test::Random;

namespace {

constexpr std::size_t kMaxSize = 300;
constexpr std::size_t kMargin = 64;
constexpr std::uint8_t kCanary = 0xa5;

// What a copy may write behind the size: into a slot, up to the next multiple of 8.
std::size_t WritableInSlot(std::size_t size) { return AlignUp(size, 8); }

// One page of memory with an unreadable one on each side.
class GuardedPage {
 public:
  GuardedPage() : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    void* memory = mmap(nullptr, 3 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    begin_ = static_cast<std::uint8_t*>(memory) + page_;
    if (mprotect(begin_, page_, PROT_READ | PROT_WRITE) != 0) std::abort();
  }
  ~GuardedPage() { munmap(begin_ - page_, 3 * page_); }
  GuardedPage(const GuardedPage&) = delete;
  GuardedPage& operator=(const GuardedPage&) = delete;

  std::uint8_t* begin() const { return begin_; }
  std::uint8_t* end() const { return begin_ + page_; }

 private:
  std::size_t page_;
  std::uint8_t* begin_;
};

void Fill(std::uint8_t* data, std::size_t size, Random& random) {
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::uint8_t>(random.Next());
}

struct Area {
  alignas(16) std::uint8_t bytes[kMargin + kMaxSize + 16 + kMargin];
};

bool AllCanary(const std::uint8_t* from, const std::uint8_t* to) {
  for (; from != to; ++from) {
    if (*from != kCanary) return false;
  }
  return true;
}

}  // namespace

TEST(IntoSlotCopiesExactlyItsBytes) {
  Random random(1);
  std::uint8_t source[kMaxSize + 16];
  Fill(source, sizeof source, random);
  for (std::size_t size = 0; size <= kMaxSize; ++size) {
    for (std::size_t offset = 0; offset < 16; ++offset) {
      for (std::size_t slot_offset : {std::size_t{0}, std::size_t{8}}) {
        Area area;
        std::memset(area.bytes, kCanary, sizeof area.bytes);
        std::uint8_t* slot = area.bytes + kMargin + slot_offset;
        CopyIntoSlot(slot, source + offset, size);
        CHECK(std::memcmp(slot, source + offset, size) == 0);
        CHECK(AllCanary(area.bytes, slot));
        CHECK(AllCanary(slot + WritableInSlot(size), area.bytes + sizeof area.bytes));
      }
    }
  }
}

TEST(OutOfSlotCopiesExactlyItsBytes) {
  Random random(2);
  alignas(16) std::uint8_t slot[kMaxSize + 16];
  Fill(slot, sizeof slot, random);
  for (std::size_t size = 0; size <= kMaxSize; ++size) {
    for (std::size_t offset = 0; offset < 16; ++offset) {
      for (std::size_t slot_offset : {std::size_t{0}, std::size_t{8}}) {
        Area area;
        std::memset(area.bytes, kCanary, sizeof area.bytes);
        std::uint8_t* target = area.bytes + kMargin + offset;
        CopyOutOfSlot(target, slot + slot_offset, size);
        CHECK(std::memcmp(target, slot + slot_offset, size) == 0);
        CHECK(AllCanary(area.bytes, target));
        CHECK(AllCanary(target + size, area.bytes + sizeof area.bytes));
      }
    }
  }
}

// Reading beyond the private side, or beyond the last word of the slot, ends this process.
TEST(NothingIsReadOrWrittenBeyond) {
  Random random(3);
  const GuardedPage user;
  const GuardedPage ring;
  for (std::size_t size = 0; size <= kMaxSize; ++size) {
    std::uint8_t* slot_at_end = ring.end() - AlignUp(size, 8);
    std::uint8_t* user_at_end = user.end() - size;
    Fill(user_at_end, size, random);
    CopyIntoSlot(slot_at_end, user_at_end, size);
    CHECK(std::memcmp(slot_at_end, user_at_end, size) == 0);
    std::memset(user_at_end, 0, size);
    CopyOutOfSlot(user_at_end, slot_at_end, size);
    CHECK(std::memcmp(slot_at_end, user_at_end, size) == 0);

    Fill(user.begin(), size, random);
    CopyIntoSlot(ring.begin(), user.begin(), size);
    CHECK(std::memcmp(ring.begin(), user.begin(), size) == 0);
    std::memset(user.begin(), 0, size);
    CopyOutOfSlot(user.begin(), ring.begin(), size);
    CHECK(std::memcmp(ring.begin(), user.begin(), size) == 0);
  }
}

TEST(LargeCopies) {
  Random random(4);
  std::vector<std::uint8_t> source(100'000);
  std::vector<std::uint64_t> slot(source.size() / 8 + 1);
  std::vector<std::uint8_t> target(source.size());
  for (std::size_t size :
       {std::size_t{4096}, std::size_t{65'535}, std::size_t{65'536}, source.size()}) {
    Fill(source.data(), source.size(), random);
    CopyIntoSlot(slot.data(), source.data(), size);
    CopyOutOfSlot(target.data(), slot.data(), size);
    CHECK(std::memcmp(source.data(), target.data(), size) == 0);
  }
}
