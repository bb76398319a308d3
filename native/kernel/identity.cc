#if defined(__linux__)

#include "identity.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <mutex>
#include <random>
#include <vector>

#include "assembler.h"
#include "bpf.h"
#include "machine.h"

namespace tapio::kernel {

namespace {

// The inode of the initial pid namespace, the same on every kernel.
constexpr std::uint64_t kInitialPidNamespace = 0xEFFF'FFFC;

// What the program finds.
struct Answer {
  std::uint64_t ids;       // process id in the upper half, thread id in the lower
  std::int64_t registers;  // their distance from the stack's start
  std::uint32_t level;     // of the thread's own pid namespace
  std::uint32_t number;    // the thread's there
  std::uint64_t pid_namespace;
  std::int64_t in_namespace;  // 0: the namespace that was asked for is the thread's own
};

struct NamespaceFile {
  std::uint64_t device;
  std::uint64_t inode;
};

// Our own, if /proc is right; 0 where there is none.
NamespaceFile FindNamespaceFile() {
  // Not by stat(), of which newer libraries have a version that old systems lack.
  struct statx status {};
  if (syscall(SYS_statx, AT_FDCWD, "/proc/self/ns/pid", 0, STATX_INO, &status) != 0) return {};
  // The kernel compares with its own form of a device number.
  return {(std::uint64_t{status.stx_dev_major} << 20) | status.stx_dev_minor, status.stx_ino};
}

constexpr std::int16_t At(std::size_t offset) { return static_cast<std::int16_t>(offset); }

// Runs at the start of every system call and answers to one whose first argument is `cookie`.
std::vector<bpf_insn> Assemble(int answers, std::uint64_t cookie, const TaskLayout* layout,
                               NamespaceFile file) {
  constexpr std::int16_t kWord = -8;
  constexpr std::int16_t kKey = -16;
  constexpr std::int16_t kPair = -24;
  constexpr Reg kContext = Reg::kR6;
  constexpr Reg kAnswer = Reg::kR7;
  constexpr Reg kTask = Reg::kR8;
  constexpr Reg kLevel = Reg::kR9;
  Assembler code;
  const auto done = code.NewLabel();
  const auto ours = code.NewLabel();
  const auto keep = [&](Width width, std::size_t offset, Reg from) {
    code.Store(width, kAnswer, At(offset), from);
  };
  code.Move(kContext, Reg::kR1);
  code.Load(Width::k64, Reg::kR1, kContext, 0);
  code.ReadKernel(kWord, 8, Reg::kR1, machine::kFirstArgument);
  code.Load(Width::k64, Reg::kR1, Reg::kFrame, kWord);
  code.Set64(Reg::kR2, cookie);
  code.JumpIfSame(Reg::kR1, Reg::kR2, ours);
  code.Jump(done);
  code.Bind(ours);
  code.StoreValue(Width::k32, Reg::kFrame, kKey, 0);
  code.LookUp(answers, kKey);
  code.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, done);
  code.Move(kAnswer, Reg::kR0);
  code.Call(BPF_FUNC_get_current_pid_tgid);
  keep(Width::k64, offsetof(Answer, ids), Reg::kR0);
  if (layout == nullptr) {
    code.Set64(Reg::kR1, file.device);
    code.Set64(Reg::kR2, file.inode);
    code.Move(Reg::kR3, Reg::kFrame);
    code.Add(Reg::kR3, kPair);
    code.Set(Reg::kR4, 8);
    code.Call(BPF_FUNC_get_ns_current_pid_tgid);
    keep(Width::k64, offsetof(Answer, in_namespace), Reg::kR0);
  } else {
    code.Call(BPF_FUNC_get_current_task);
    code.Move(kTask, Reg::kR0);
    code.ReadKernel(kWord, 8, kTask, layout->stack);
    code.Load(Width::k64, Reg::kR1, kContext, 0);
    code.Load(Width::k64, Reg::kR2, Reg::kFrame, kWord);
    code.SubtractRegister(Reg::kR1, Reg::kR2);
    keep(Width::k64, offsetof(Answer, registers), Reg::kR1);
    code.ReadKernel(kWord, 8, kTask, layout->thread_pid);
    code.Load(Width::k64, kTask, Reg::kFrame, kWord);
    code.ReadKernel(kWord, 4, kTask, layout->pid_level);
    code.Load(Width::k32, kLevel, Reg::kFrame, kWord);
    keep(Width::k32, offsetof(Answer, level), kLevel);
    code.Multiply(kLevel, layout->upid_bytes);
    code.AddRegister(kTask, kLevel);
    code.ReadKernel(kWord, 4, kTask, layout->pid_numbers + layout->upid_number);
    code.Load(Width::k32, Reg::kR1, Reg::kFrame, kWord);
    keep(Width::k32, offsetof(Answer, number), Reg::kR1);
    code.ReadKernel(kWord, 8, kTask, layout->pid_numbers + layout->upid_namespace);
    code.Load(Width::k64, Reg::kR1, Reg::kFrame, kWord);
    keep(Width::k64, offsetof(Answer, pid_namespace), Reg::kR1);
  }
  code.Bind(done);
  code.Set(Reg::kR0, 0);
  code.Exit();
  return code.Finish();
}

std::optional<Answer> Ask(const TaskLayout* layout, NamespaceFile file, Failure& failure) {
  const UniqueFd answers = CreateMap({BPF_MAP_TYPE_ARRAY, 4, sizeof(Answer), 1}, "tapio_identity");
  if (!answers.valid()) {
    failure = {Step::kCreateMap, errno};
    return std::nullopt;
  }
  std::random_device random;
  const std::uint64_t cookie = (std::uint64_t{random()} << 32) | random();
  const UniqueFd program =
      LoadProgram(Assemble(answers.get(), cookie, layout, file), "tapio_identity");
  if (!program.valid()) {
    failure = {Step::kLoadProgram, errno};
    return std::nullopt;
  }
  const UniqueFd link = OpenRawTracepoint("sys_enter", program.get());
  if (!link.valid()) {
    failure = {Step::kAttach, errno};
    return std::nullopt;
  }
  syscall(SYS_getpid, cookie);
  constexpr std::uint32_t kKey = 0;
  Answer answer{};
  if (!LookUpElement(answers.get(), &kKey, &answer) || answer.ids == 0) {
    failure = {Step::kFindSelf, errno};
    return std::nullopt;
  }
  return answer;
}

std::optional<Identity> Find(Failure& failure) {
  Identity identity;
  identity.layout = OwnTaskLayout();
  if (identity.layout.has_value()) {
    const auto answer = Ask(&*identity.layout, {}, failure);
    if (!answer.has_value()) return std::nullopt;
    identity.pid = static_cast<std::uint32_t>(answer->ids >> 32);
    identity.level = answer->level;
    identity.pid_namespace = answer->pid_namespace;
    identity.registers = static_cast<std::int32_t>(answer->registers);
    const auto own_number = static_cast<std::uint32_t>(syscall(SYS_gettid));
    const bool right = answer->number == own_number && answer->registers == identity.registers &&
                       (answer->level != 0 || own_number == (answer->ids & 0xffff'ffff));
    if (right) return identity;
    identity = {};
  }
  const NamespaceFile file = FindNamespaceFile();
  const auto answer = Ask(nullptr, file, failure);
  if (!answer.has_value()) return std::nullopt;
  if (file.inode != kInitialPidNamespace || answer->in_namespace != 0) {
    failure = {Step::kNumbers, ENOTSUP};
    return std::nullopt;
  }
  identity.pid = static_cast<std::uint32_t>(answer->ids >> 32);
  return identity;
}

}  // namespace

std::optional<Identity> FindIdentity(Failure& failure) {
  static std::mutex mutex;
  static std::optional<Identity> found;
  static pid_t finder = 0;
  const std::lock_guard<std::mutex> lock(mutex);
  // A fork has another one.
  if (!found.has_value() || finder != getpid()) found = Find(failure);
  finder = getpid();
  return found;
}

}  // namespace tapio::kernel

#endif
