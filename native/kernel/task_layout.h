// Where the running kernel keeps what the tracer wants to know of a thread.
#ifndef TAPIO_KERNEL_TASK_LAYOUT_H_
#define TAPIO_KERNEL_TASK_LAYOUT_H_

#include <cstdint>
#include <optional>

#include "btf.h"

namespace tapio::kernel {

// Bytes from the start of struct task_struct, signal_struct, pid or upid. Every number fits an
// instruction.
struct TaskLayout {
  std::int32_t stack;
  std::int32_t ptrace;
  std::int32_t group_leader;
  std::int32_t thread_pid;
  std::int32_t signal;
  std::int32_t status;       // thread_info.status; 0 on a machine that needs none
  std::int32_t signal_live;  // how many threads of the process have not exited
  std::int32_t pid_level;
  std::int32_t pid_numbers;
  std::int32_t upid_number;
  std::int32_t upid_namespace;
  std::int32_t upid_bytes;
};

// Likewise of struct task_struct, mm_struct and linux_binprm: what the events of processes tell.
struct ProcessLayout {
  std::int32_t tgid;
  std::int32_t real_parent;
  std::int32_t comm;
  std::int32_t mm;
  std::int32_t exit_code;
  std::int32_t start_boottime;
  std::int32_t arg_start;
  std::int32_t arg_end;
  std::int32_t filename;
  bool group_dead;  // the tracepoint of exits tells whether the whole process is gone (Linux 6.16)
};

// nullopt when a field is missing.
std::optional<ProcessLayout> ReadProcessLayout(const Btf& types);
std::optional<TaskLayout> ReadTaskLayout(const Btf& types);
// Of the running kernel, found once for the process; nullopt where the kernel does not tell its
// types. Threads: any.
std::optional<TaskLayout> OwnTaskLayout();
std::optional<ProcessLayout> OwnProcessLayout();

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_TASK_LAYOUT_H_
