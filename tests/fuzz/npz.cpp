// Fuzz target: the bytes of an .npz file (sim/npz.h), all of its arrays loaded. A zip archive has checksums that
// mutations break; npz_member.cpp gets behind them.
#include "sim/npz.h"

#include <string>

#include "tests/fuzz/loaded_array.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/target.h"

namespace gca::fuzz {

void try_input(Bytes input) {
    static const MemoryFile file;
    file.write(input);
    const std::string name = file.path().string();
    accepted(
        [&] {
            NpzReader reader(file.path());
            for (const std::string& key : reader.keys()) {
                accepted([&] { check_array(reader.load(key)); }, name);
            }
        },
        name);
}

}  // namespace gca::fuzz
