// A board as it is in a bitstream: the netlist that scripts/fpga unpacks, Verilated, for board_sim.

#include <Vgca_board.h>

#include <memory>
#include <stdexcept>

#include "tests/board_model.h"

namespace gca {

std::unique_ptr<Board> make_board(bool periphery) {
    if (periphery) {
        throw std::invalid_argument("--top is periphery: a netlist is a closed loop");
    }
    return std::make_unique<ModelBoard<Vgca_board>>(GCA_BOARD_SIM_CLOCKS_PER_BIT);
}

}  // namespace gca
