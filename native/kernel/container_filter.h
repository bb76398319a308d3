// Which containers' tasks are wanted.
#ifndef TAPIO_KERNEL_CONTAINER_FILTER_H_
#define TAPIO_KERNEL_CONTAINER_FILTER_H_

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tapio::kernel {

// Threads: one.
class ContainerFilter {
 public:
  // Ids, or the beginnings of some; none: everything is wanted.
  explicit ContainerFilter(std::vector<std::string> wanted) : wanted_(std::move(wanted)) {}

  bool wants_all() const { return wanted_.empty(); }
  // Of a task in this container; empty: in none.
  bool Wants(std::string_view container) {
    if (container != last_ || !met_one_) {
      met_one_ = true;
      last_ = container;
      wants_last_ = std::any_of(wanted_.begin(), wanted_.end(), [&](const std::string& wanted) {
        return container.substr(0, wanted.size()) == wanted;
      });
    }
    return wants_last_;
  }

 private:
  const std::vector<std::string> wanted_;
  // Most tasks are where the one before was.
  std::string last_;
  bool met_one_ = false;
  bool wants_last_ = false;
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_CONTAINER_FILTER_H_
