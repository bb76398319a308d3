#if defined(__linux__)

#include "task_layout.h"

#include <mutex>
#include <string_view>

#include "machine.h"

namespace tapio::kernel {

namespace {

// What an instruction can add to an address; more than any of these structures takes.
constexpr std::uint32_t kMaxOffset = 0x7fff;

// Offsets that must all be there.
class Fields {
 public:
  explicit Fields(const Btf& types) : types_(types) {}
  std::int32_t operator()(std::string_view structure, std::string_view path) {
    return Known(types_.ByteOffset(structure, path));
  }
  std::int32_t SizeOf(std::string_view structure) { return Known(types_.SizeOf(structure)); }
  bool complete() const { return complete_; }
  template <typename Layout>
  std::optional<Layout> Complete(const Layout& layout) const {
    return complete_ ? std::optional<Layout>(layout) : std::nullopt;
  }

 private:
  std::int32_t Known(std::optional<std::uint32_t> value) {
    if (value.has_value() && *value <= kMaxOffset) return static_cast<std::int32_t>(*value);
    complete_ = false;
    return 0;
  }
  const Btf& types_;
  bool complete_ = true;
};

struct OwnLayouts {
  std::optional<TaskLayout> task;
  std::optional<ProcessLayout> process;
  std::optional<SocketLayout> sockets;
};

OwnLayouts Own() {
  static std::mutex mutex;
  static OwnLayouts found;
  const std::lock_guard<std::mutex> lock(mutex);
  if (!found.task.has_value()) {
    if (const auto types = Btf::OfRunningKernel())
      found = {ReadTaskLayout(*types), ReadProcessLayout(*types), ReadSocketLayout(*types)};
  }
  return found;
}

}  // namespace

std::optional<TaskLayout> ReadTaskLayout(const Btf& types) {
  Fields field(types);
  TaskLayout layout{};
  layout.stack = field("task_struct", "stack");
  layout.ptrace = field("task_struct", "ptrace");
  layout.group_leader = field("task_struct", "group_leader");
  layout.thread_pid = field("task_struct", "thread_pid");
  layout.signal = field("task_struct", "signal");
  layout.signal_live = field("signal_struct", "live");
  if (machine::kHasStatus) layout.status = field("task_struct", "thread_info.status");
  layout.pid_level = field("pid", "level");
  layout.pid_numbers = field("pid", "numbers");
  layout.upid_number = field("upid", "nr");
  layout.upid_namespace = field("upid", "ns");
  layout.upid_bytes = field.SizeOf("upid");
  return field.Complete(layout);
}

std::optional<ProcessLayout> ReadProcessLayout(const Btf& types) {
  Fields field(types);
  ProcessLayout layout{};
  layout.tgid = field("task_struct", "tgid");
  layout.real_parent = field("task_struct", "real_parent");
  layout.comm = field("task_struct", "comm");
  layout.mm = field("task_struct", "mm");
  layout.exit_code = field("task_struct", "exit_code");
  layout.start_boottime = field("task_struct", "start_boottime");
  layout.arg_start = field("mm_struct", "arg_start");
  layout.arg_end = field("mm_struct", "arg_end");
  layout.filename = field("linux_binprm", "filename");
  layout.group_dead = types.TracepointArguments("sched_process_exit").value_or(0) >= 2;
  return field.Complete(layout);
}

std::optional<SocketLayout> ReadSocketLayout(const Btf& types) {
  Fields field(types);
  SocketLayout layout{};
  layout.files = field("task_struct", "files");
  layout.table = field("files_struct", "fdt");
  layout.table_files = field("fdtable", "fd");
  layout.table_size = field("fdtable", "max_fds");
  layout.private_data = field("file", "private_data");
  layout.file = field("socket", "file");
  layout.sock = field("socket", "sk");
  layout.protocol = field("sock", "sk_protocol");
  layout.family = field("sock_common", "skc_family");
  layout.own_port = field("sock_common", "skc_num");
  layout.peer_port = field("sock_common", "skc_dport");
  layout.own = field("sock_common", "skc_rcv_saddr");
  layout.peer = field("sock_common", "skc_daddr");
  Fields six(types);
  layout.own6 = six("sock_common", "skc_v6_rcv_saddr");
  layout.peer6 = six("sock_common", "skc_v6_daddr");
  if (!six.complete()) layout.own6 = layout.peer6 = -1;
  Fields local(types);
  layout.unix_address = local("unix_sock", "addr");
  layout.unix_bytes = local("unix_address", "len");
  layout.unix_name = local("unix_address", "name");
  if (!local.complete()) layout.unix_address = -1;
  return field.Complete(layout);
}

std::optional<TaskLayout> OwnTaskLayout() { return Own().task; }
std::optional<ProcessLayout> OwnProcessLayout() { return Own().process; }
std::optional<SocketLayout> OwnSocketLayout() { return Own().sockets; }

}  // namespace tapio::kernel

#endif
