#include "container_path.h"

#include <algorithm>
#include <cstddef>

namespace tapio::kernel {

namespace {

constexpr std::string_view kPrefixes[] = {"docker-",         "cri-containerd-", "crio-",
                                          "libpod-payload-", "libpod-",         "nerdctl-"};

bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsId(std::string_view text) {
  const auto digits =
      static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), IsHex) - text.begin());
  if (text.size() == 64) return digits == 64;
  // A task of ECS on Fargate.
  return digits == 32 && text.size() > 33 && text.size() <= 43 && text[32] == '-' &&
         std::all_of(text.begin() + 33, text.end(), IsDigit);
}

std::string_view IdOf(std::string_view part) {
  constexpr std::string_view kScope = ".scope";
  // Where the driver and the runtime do not agree: "kubepods-pod1.slice:cri-containerd:ID".
  part.remove_prefix(part.rfind(':') + 1);
  if (part.size() > kScope.size() && part.substr(part.size() - kScope.size()) == kScope)
    part.remove_suffix(kScope.size());
  for (const std::string_view prefix : kPrefixes) {
    if (part.substr(0, prefix.size()) != prefix) continue;
    part.remove_prefix(prefix.size());
    break;
  }
  return IsId(part) ? part : std::string_view();
}

}  // namespace

std::string_view ContainerIn(std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = path.rfind('/');
    const std::string_view id = IdOf(path.substr(slash + 1));
    if (!id.empty()) return id;
    path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
  return {};
}

}  // namespace tapio::kernel
