// The boards' tops, Verilated from their RTL, for board_sim.

#include <Vgca_board.h>
#include <Vperiphery_chip.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "behavioral/config.h"
#include "behavioral/view_tables.h"
#include "tests/board_model.h"

namespace gca {
namespace {

constexpr unsigned kClocksPerBit = GCA_BOARD_SIM_CLOCKS_PER_BIT;

/// The periphery with a test chip at its pins, for the configuration of board_link_test.py. The chip's cells are what
/// they are: nobody at the serial line can load them.
class PeripheryBoard final : public ModelBoard<Vperiphery_chip> {
 public:
    PeripheryBoard() : ModelBoard(kClocksPerBit, true) {
        Config config;
        config.geometry = {.dim = 8, .tile_tokens = 8, .tiles = 2};
        config.charge_to_pulse = {.s_sat = 10.0, .a_sat = 5.0};
        const ViewTables tables = view_tables(config, {.cell_bits = 18, .leakage = true});
        const std::uint64_t mask = (std::uint64_t{1} << tables.threshold_bits) - 1;
        for (std::size_t i = 0; i < tables.cell.size(); ++i) {
            load(0, i, static_cast<std::uint64_t>(tables.cell[i]) & mask);
        }
        for (std::size_t j = 0; j < tables.thresholds.size(); ++j) {
            load(1, j, tables.thresholds[j]);
        }
        load(2, 0, tables.full);
    }

 private:
    void load(unsigned kind, std::size_t address, std::uint64_t number) {
        model().load_kind_i = static_cast<std::uint8_t>(kind);
        model().load_address_i = static_cast<std::uint8_t>(address);
        model().load_data_i = number;
        model().load_valid_i = 1;
        ModelBoard::clock();
        model().load_valid_i = 0;
    }
};

}  // namespace

std::unique_ptr<Board> make_board(bool periphery) {
    if (periphery) {
        return std::make_unique<PeripheryBoard>();
    }
    return std::make_unique<ModelBoard<Vgca_board>>(kClocksPerBit);
}

}  // namespace gca
