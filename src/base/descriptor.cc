#include "base/descriptor.h"

#include <utility>

#include <unistd.h>

namespace osiris {

Descriptor::Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

Descriptor::~Descriptor() { close(); }

void Descriptor::close() {
  if (is_open()) ::close(std::exchange(descriptor_, -1));
}

}  // namespace osiris
