// Fuzz target: a language model's JSON file (sim/language/model_file.h). What is accepted must come back from what is
// written of it.
#include "sim/language/model_file.h"

#include <string>
#include <string_view>

#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/target.h"

namespace gca::fuzz {

void try_input(Bytes input) {
    static const MemoryFile file;
    static const MemoryFile written;
    file.write(input);
    ModelFile model;
    if (!accepted([&] { model = load_model_file(file.path(), {}); }, file.path().string()) || !model.analog) {
        return;
    }
    const std::string text = model_text(model, *model.analog, "/proc/self/fd");
    written.write(std::string_view(text));
    const ModelFile again = load_model_file(written.path(), {});
    require(again.shape == model.shape, "the shape is lost");
    require(again.analog.has_value(), "hardware attention is lost");
    require(again.analog->head == model.analog->head, "a setting of the head is lost");
    require(again.analog->window == model.analog->window, "the window is lost");
    require(again.analog->layers == model.analog->layers, "a scaler is lost");
    require(again.weights.lexically_normal() == model.weights.lexically_normal(), "the weights' place is lost");
}

}  // namespace gca::fuzz
