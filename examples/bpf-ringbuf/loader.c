// Loads probe.bpf.c, pins its ring buffer at the path given, and keeps it running until standard input ends.
#include <stdio.h>
#include <unistd.h>

#include "probe.skel.h"

int main(int argc, char** argv) {
  struct probe_bpf* probe = argc == 2 ? probe_bpf__open_and_load() : NULL;
  if (!probe || probe_bpf__attach(probe) != 0 || bpf_map__pin(probe->maps.events, argv[1]) != 0) {
    perror("loader");
    return 1;
  }
  puts("loaded");
  fflush(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) continue;
  bpf_map__unpin(probe->maps.events, argv[1]);
  probe_bpf__destroy(probe);
  return 0;
}
