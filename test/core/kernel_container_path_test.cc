#include "kernel/container_path.h"

#include <string>
#include <vector>

#include "check.h"

using tapio::kernel::ContainerIn;

namespace {

const std::string kId = "a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90";
const std::string kOther = "0" + kId.substr(1);
const std::string kPod = "pod11112222_3333_4444_5555_666677778888";
const std::string kPods = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" + kPod;

}  // namespace

TEST(NamesOfRuntimes) {
  for (const std::string& path : std::vector<std::string>{
           "/docker/" + kId,
           "/system.slice/docker-" + kId + ".scope",
           "/user.slice/user-1000.slice/user@1000.service/app.slice/docker-" + kId + ".scope",
           "/actions_job/" + kId,
           "/docker/" + kOther + "/docker/" + kId,
           "/docker/" + kId + "/init.scope",
           "/system.slice/docker-" + kId + ".scope/system.slice/ssh.service",
           "/kubepods/burstable/pod11112222-3333-4444-5555-666677778888/" + kId,
           kPods + ".slice/cri-containerd-" + kId + ".scope",
           "/system.slice/containerd.service/kubepods-besteffort-" + kPod +
               ".slice:cri-containerd:" + kId,
           "/system.slice/nerdctl-" + kId + ".scope",
           kPods + ".slice/crio-" + kId + ".scope",
           "/kubepods/besteffort/pod1/crio-" + kId,
           "/machine.slice/libpod-" + kId + ".scope",
           "/machine.slice/libpod-" + kId + ".scope/container",
           "/system.slice/app.service/libpod-payload-" + kId,
           "/../../" + kId,
           "/../" + kPods.substr(1) + ".slice/cri-containerd-" + kId + ".scope",
       }) {
    CHECK(ContainerIn(path) == kId);
  }
  const std::string task = kId.substr(0, 32);
  CHECK(ContainerIn("/ecs/" + task + "/" + task + "-12345678") == task + "-12345678");
}

TEST(NoContainers) {
  for (const std::string& path : std::vector<std::string>{
           std::string(),
           std::string("/"),
           std::string("//"),
           std::string("/system.slice/docker.service"),
           std::string("/user.slice/user-0.slice/session-1.scope"),
           kPods + ".slice/crio-conmon-" + kId + ".scope",
           "/machine.slice/libpod-conmon-" + kId + ".scope",
           "/docker/" + kId.substr(1),
           "/docker/" + kId + "0",
           "/docker/A" + kId.substr(1),
           "/x/" + kId.substr(0, 32),
           "/x/" + kId.substr(0, 32) + "-",
           "/x/" + kId.substr(0, 32) + "-12345678901",
           "/docker-/.scope",
           std::string("/a:b:"),
           "/" + kPod,
       }) {
    CHECK(ContainerIn(path).empty());
  }
}
