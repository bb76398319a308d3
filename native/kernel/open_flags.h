// The flags of open() by name.
#ifndef TAPIO_KERNEL_OPEN_FLAGS_H_
#define TAPIO_KERNEL_OPEN_FLAGS_H_

#include <cstdint>
#include <string>

namespace tapio::kernel {

// Appends them as a programmer writes them, "O_WRONLY|O_CREAT"; bits without a name as one number
// in hex.
void AppendOpenFlags(std::uint64_t flags, std::string& target);

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_OPEN_FLAGS_H_
