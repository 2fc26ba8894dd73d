// The one exception that stands for a mistake of the user, as opposed to one of the program.
#pragma once

#include <stdexcept>

namespace gca {

/// Bad user input: one line with the name, the value and the limit. The program prints it and exits with code 2.
class InputError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

}  // namespace gca
