// Somebody else's program: reports each new program that a process becomes, with the one that asked for it.
// Compiled by clang with CO-RE: it reads the kernel's own structures wherever this kernel has its fields.
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct record {
  __u64 time_ns;
  __u32 pid;
  __u32 parent;
  __u32 uid;
  __u32 arguments;
  char comm[16];
  char path[64];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 20);
} events SEC(".maps");

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *program) {
  struct record *record = bpf_ringbuf_reserve(&events, sizeof *record, 0);
  if (!record) return 0;
  record->time_ns = bpf_ktime_get_ns();
  record->pid = BPF_CORE_READ(task, tgid);
  record->parent = BPF_CORE_READ(task, real_parent, tgid);
  record->uid = bpf_get_current_uid_gid();
  record->arguments = BPF_CORE_READ(program, argc);
  bpf_get_current_comm(record->comm, sizeof record->comm);
  if (bpf_probe_read_kernel_str(record->path, sizeof record->path, BPF_CORE_READ(program, filename)) < 0)
    record->path[0] = 0;
  bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
