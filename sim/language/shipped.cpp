#include "sim/language/shipped.h"

namespace gca::shipped {

namespace {

constexpr const char* kFolder = GCA_DATA_FOLDER;

}  // namespace

std::filesystem::path model() {
    return std::filesystem::path(kFolder) / "austen/cubic.json";
}

std::filesystem::path unseen_text() {
    return std::filesystem::path(kFolder) / "austen/held-out.txt";
}

std::filesystem::path digital_figures() {
    return std::filesystem::path(kFolder) / "digital.json";
}

}  // namespace gca::shipped
