// Fuzz target: the bytes of a safetensors file (sim/language/safetensors.h), all of its tensors loaded in the shapes
// that make_cases.py uses.
#include "sim/language/safetensors.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/target.h"

namespace gca::fuzz {

void try_input(Bytes input) {
    static const MemoryFile file;
    static const std::vector<std::vector<std::size_t>> shapes{{}, {1}, {2}, {4}, {2, 3}, {0, 4}, {1, 2, 2}};
    file.write(input);
    const std::string name = file.path().string();
    accepted(
        [&] {
            SafetensorsFile tensors(file.path());
            for (const std::string& tensor : tensors.names()) {
                require(tensors.contains(tensor), "a name that is not there");
                for (const std::vector<std::size_t>& shape : shapes) {
                    accepted(
                        [&] {
                            const std::vector<float> values = tensors.load(tensor, shape);
                            const std::size_t count =
                                std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
                            require(values.size() == count, "as many values as the shape does not say");
                            require(std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); }),
                                    "a value that is not finite");
                        },
                        name);
                }
            }
        },
        name);
}

}  // namespace gca::fuzz
