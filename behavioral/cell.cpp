#include "behavioral/cell.h"

namespace gca {

std::vector<double> cell_coefficients(const Cell& cell) {
    switch (cell.model) {
        case CellModel::cubic:
            return {0.52136361, 13.61226063, -2.62044562, 46.05483778};
        case CellModel::linear:
            return {0.0, 19.3};
        case CellModel::polynomial:
            break;
    }
    return cell.coefficients;
}

}  // namespace gca
