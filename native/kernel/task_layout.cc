#if defined(__linux__)

#include "task_layout.h"

#include <mutex>

#include "machine.h"

namespace tapio::kernel {

namespace {

// What an instruction can add to an address; more than any of these structures takes.
constexpr std::uint32_t kMaxOffset = 0x7fff;

}  // namespace

std::optional<TaskLayout> ReadTaskLayout(const Btf& types) {
  bool complete = true;
  const auto known = [&complete](std::optional<std::uint32_t> value) {
    if (!value.has_value() || *value > kMaxOffset) {
      complete = false;
      return 0;
    }
    return static_cast<std::int32_t>(*value);
  };
  const auto task = [&](const char* path) { return known(types.ByteOffset("task_struct", path)); };
  TaskLayout layout{};
  layout.stack = task("stack");
  layout.ptrace = task("ptrace");
  layout.group_leader = task("group_leader");
  layout.thread_pid = task("thread_pid");
  layout.signal = task("signal");
  layout.signal_live = known(types.ByteOffset("signal_struct", "live"));
  if (machine::kHasStatus) layout.status = task("thread_info.status");
  layout.pid_level = known(types.ByteOffset("pid", "level"));
  layout.pid_numbers = known(types.ByteOffset("pid", "numbers"));
  layout.upid_number = known(types.ByteOffset("upid", "nr"));
  layout.upid_namespace = known(types.ByteOffset("upid", "ns"));
  layout.upid_bytes = known(types.SizeOf("upid"));
  if (!complete) return std::nullopt;
  return layout;
}

std::optional<TaskLayout> OwnTaskLayout() {
  static std::mutex mutex;
  static std::optional<TaskLayout> found;
  const std::lock_guard<std::mutex> lock(mutex);
  if (!found.has_value()) {
    if (const auto types = Btf::OfRunningKernel()) found = ReadTaskLayout(*types);
  }
  return found;
}

}  // namespace tapio::kernel

#endif
