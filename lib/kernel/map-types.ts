/** Names of the kernel's map types, by bpf_map_type in linux/bpf.h, as bpftool spells them. */
const NAMES = (
  'unspec hash array prog_array perf_event_array percpu_hash percpu_array stack_trace cgroup_array lru_hash ' +
  'lru_percpu_hash lpm_trie array_of_maps hash_of_maps devmap sockmap cpumap xskmap sockhash cgroup_storage ' +
  'reuseport_sockarray percpu_cgroup_storage queue stack sk_storage devmap_hash struct_ops ringbuf inode_storage ' +
  'task_storage bloom_filter user_ringbuf cgrp_storage arena'
).split(' ');

/** The ring buffers before Linux 5.8: one for each CPU, read by perf_event_open(). */
export const PERF_EVENT_ARRAY = NAMES.indexOf('perf_event_array');

export function mapTypeName(type: number): string {
  return NAMES[type] ?? String(type);
}
