// The container in the path of a cgroup.
#ifndef TAPIO_KERNEL_CONTAINER_PATH_H_
#define TAPIO_KERNEL_CONTAINER_PATH_H_

#include <string_view>

namespace tapio::kernel {

// The id of the innermost container, as docker, containerd, cri-o, podman, nerdctl and ECS name
// cgroups, by systemd's driver or the cgroupfs one: 64 hex digits, or 32 with a number behind them.
// Empty: none. A runtime's monitor of a container is in none.
std::string_view ContainerIn(std::string_view path);

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_CONTAINER_PATH_H_
