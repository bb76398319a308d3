#if defined(__linux__)

#include "clock_shift.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include "assembler.h"
#include "bpf.h"

namespace tapio::kernel {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t ReadClock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * kSecond + time.tv_nsec;
}

// Whatever /proc is: a real one tells about the process that looks.
bool HasProc() {
  struct statfs status {};
  return statfs("/proc/self", &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

std::string LinkOf(const char* path) {
  char text[64];
  const ssize_t length = readlink(path, text, sizeof text);
  return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : std::string();
}

// Lines of a clock's name, seconds and nanoseconds, padded with blanks.
std::int64_t ParseOffset(std::string_view text, std::string_view clock) {
  const auto at = text.find(clock);
  if (at == std::string_view::npos) return 0;
  text.remove_prefix(at + clock.size());
  std::int64_t numbers[2] = {0, 0};
  for (std::int64_t& number : numbers) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const char* end = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  return numbers[0] * kSecond + numbers[1];
}

std::optional<ClockShift> ReadClockShift() {
  if (!HasProc()) return std::nullopt;
  const UniqueFd file(open("/proc/self/timens_offsets", O_RDONLY | O_CLOEXEC));
  // A kernel without time namespaces.
  if (!file.valid() && errno == ENOENT) return ClockShift{};
  // The file tells about the namespace of children, which may be another one.
  if (LinkOf("/proc/self/ns/time") != LinkOf("/proc/self/ns/time_for_children"))
    return std::nullopt;
  char text[256];
  const ssize_t length = file.valid() ? read(file.get(), text, sizeof text) : -1;
  if (length <= 0) return std::nullopt;
  const std::string_view lines(text, static_cast<std::size_t>(length));
  return ClockShift{ParseOffset(lines, "monotonic"), ParseOffset(lines, "boottime")};
}

// Puts both clocks into the first element of a map.
std::vector<bpf_insn> AssembleClockReader(int map) {
  constexpr std::int16_t kKeyAt = -8;
  Assembler code;
  const auto done = code.NewLabel();
  code.StoreValue(Width::k32, Reg::kFrame, kKeyAt, 0);
  code.SetMap(Reg::kR1, map);
  code.Move(Reg::kR2, Reg::kFrame);
  code.Add(Reg::kR2, kKeyAt);
  code.Call(BPF_FUNC_map_lookup_elem);
  code.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, done);
  code.Move(Reg::kR6, Reg::kR0);
  code.Call(BPF_FUNC_ktime_get_ns);
  code.Store(Width::k64, Reg::kR6, 0, Reg::kR0);
  code.Call(BPF_FUNC_ktime_get_boot_ns);
  code.Store(Width::k64, Reg::kR6, 8, Reg::kR0);
  code.Bind(done);
  code.Set(Reg::kR0, 0);
  code.Exit();
  return code.Finish();
}

// Between which bounds a clock is ahead of the kernel's.
class ShiftBounds {
 public:
  void Narrow(std::int64_t before, std::int64_t kernel, std::int64_t after) {
    low_ = std::max(low_, before - kernel);
    high_ = std::min(high_, after - kernel);
  }
  // Whole seconds, most often none, are what people set; the bounds are microseconds apart.
  std::int64_t value() const {
    const std::int64_t middle = low_ + (high_ - low_) / 2;
    const std::int64_t half = middle < 0 ? -kSecond / 2 : kSecond / 2;
    const std::int64_t whole = (middle + half) / kSecond * kSecond;
    return whole >= low_ && whole <= high_ ? whole : middle;
  }

 private:
  std::int64_t low_ = std::numeric_limits<std::int64_t>::min();
  std::int64_t high_ = std::numeric_limits<std::int64_t>::max();
};

}  // namespace

std::optional<ClockShift> FindClockShift() {
  const auto told = ReadClockShift();
  return told.has_value() ? told : MeasureClockShift();
}

std::optional<ClockShift> MeasureClockShift() {
  constexpr std::uint32_t kKey = 0;
  constexpr int kTries = 16;
  const UniqueFd map = CreateMap({BPF_MAP_TYPE_ARRAY, 4, 16, 1}, "tapio_clocks");
  if (!map.valid()) return std::nullopt;
  // The type of program that takes the fewest privileges.
  const UniqueFd program =
      LoadProgram(AssembleClockReader(map.get()), "tapio_clocks", BPF_PROG_TYPE_SOCKET_FILTER);
  if (!program.valid()) return std::nullopt;
  ShiftBounds monotonic;
  ShiftBounds boottime;
  for (int tries = 0; tries < kTries; ++tries) {
    std::int64_t kernel[2] = {0, 0};
    const std::int64_t monotonic_before = ReadClock(CLOCK_MONOTONIC);
    const std::int64_t boottime_before = ReadClock(CLOCK_BOOTTIME);
    if (!RunProgram(program.get())) return std::nullopt;
    const std::int64_t monotonic_after = ReadClock(CLOCK_MONOTONIC);
    const std::int64_t boottime_after = ReadClock(CLOCK_BOOTTIME);
    if (!LookUpElement(map.get(), &kKey, kernel)) return std::nullopt;
    monotonic.Narrow(monotonic_before, kernel[0], monotonic_after);
    boottime.Narrow(boottime_before, kernel[1], boottime_after);
  }
  return ClockShift{monotonic.value(), boottime.value()};
}

std::int64_t KernelClocks::Now(clockid_t clock) {
  const std::int64_t time = ReadClock(clock);
  if (clock == CLOCK_MONOTONIC) return time - shift_.monotonic;
  return clock == CLOCK_BOOTTIME ? time - shift_.boottime : time;
}

}  // namespace tapio::kernel

#endif
