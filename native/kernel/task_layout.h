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

// Likewise from a thread to its sockets, and of struct sock.
struct SocketLayout {
  std::int32_t files;         // of struct task_struct
  std::int32_t table;         // of struct files_struct
  std::int32_t table_files;   // of struct fdtable
  std::int32_t table_size;    // likewise
  std::int32_t private_data;  // of struct file
  std::int32_t file;          // of struct socket
  std::int32_t sock;          // likewise
  std::int32_t family;
  std::int32_t protocol;
  std::int32_t own_port;
  std::int32_t peer_port;
  std::int32_t own;
  std::int32_t peer;
  std::int32_t own6;  // -1: the kernel has no IPv6
  std::int32_t peer6;
  std::int32_t unix_address;  // of struct unix_sock; -1: the kernel itself has no unix sockets
  std::int32_t unix_bytes;    // of struct unix_address
  std::int32_t unix_name;
};

// nullopt when a field is missing.
std::optional<SocketLayout> ReadSocketLayout(const Btf& types);
std::optional<ProcessLayout> ReadProcessLayout(const Btf& types);
std::optional<TaskLayout> ReadTaskLayout(const Btf& types);
// Of the running kernel, found once for the process; nullopt where the kernel does not tell its
// types. Threads: any.
std::optional<TaskLayout> OwnTaskLayout();
std::optional<ProcessLayout> OwnProcessLayout();
std::optional<SocketLayout> OwnSocketLayout();

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_TASK_LAYOUT_H_
