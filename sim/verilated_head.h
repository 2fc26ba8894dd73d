// RtlHead for one class that Verilator generated, from the RTL or from a netlist. Included by the generated file of
// each built geometry only.
#pragma once

#include <verilated.h>
#include <verilated_fst_c.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "behavioral/error.h"
#include "sim/extra_trace.h"
#include "sim/model_coverage.h"
#include "sim/rtl_head.h"
#include "sim/verilated_state.h"

namespace gca {

/// What a model was made of. A netlist has none of the signals inside that HeadPins names, and its nets are in the
/// trace if it was built so.
enum class ModelKind { rtl, netlist, traced_netlist };

template <typename Model, ModelKind kKind = ModelKind::rtl>
class VerilatedHead final : public RtlHead {
 public:
    explicit VerilatedHead(int seed) {
        context_.randSeed(seed == 0 ? 1 : seed);  // 0 would mean the wall clock
        context_.randReset(2);
        context_.traceEverOn(true);
        context_.fatalOnError(false);  // the engine ends the run, the trace closed
        context_.assertOn(false);      // until the first clock edge, which is one of the reset
        model_ = std::make_unique<Model>(&context_, "");
        bind();
    }
    VerilatedHead(const VerilatedHead&) = delete;
    VerilatedHead& operator=(const VerilatedHead&) = delete;
    ~VerilatedHead() override {
        close_trace();
        model_->final();
        if constexpr (VM_COVERAGE != 0) {
            add_coverage(context_, model_->modelName());
        }
        // The model takes the scope of its visible signals out of the thread's context: that must be its own, not the
        // last one made, which may be gone.
        Verilated::threadContextp(&context_);
    }

    void eval() override { model_->eval(); }
    [[nodiscard]] bool rise(std::uint64_t time_ps) override {
        context_.time(time_ps);
        if (!context_.assertOn()) {
            context_.assertOn(true);
        }
        model_->clk_i = 1;
        model_->eval();
        return !context_.gotError();
    }

    void open_trace(const std::filesystem::path& file, TraceSignals& extra) override {
        if constexpr (kKind == ModelKind::netlist) {
            throw InputError("--trace: this gate-level head was built without: scripts/gates --trace builds one with");
        }
        trace_ = std::make_unique<VerilatedFstC>();
        model_->trace(trace_.get(), 99);
        extra_ = std::make_unique<ExtraTrace>(extra, *trace_->spTrace());
        trace_->open(file.c_str());
    }
    void dump(std::uint64_t time_ps) override { trace_->dump(time_ps); }
    void close_trace() override {
        if (trace_) {
            trace_->close();
            trace_.reset();
        }
    }

    [[nodiscard]] std::vector<std::byte> save() override {
        if constexpr (kSavable) {
            const std::vector<std::byte> all = save_all();
            const std::size_t offset = variables_offset(all, context_);
            return {all.begin() + static_cast<std::ptrdiff_t>(offset), all.end()};
        } else {
            throw std::logic_error("this model was built without checkpoints");
        }
    }
    void restore(std::span<const std::byte> state) override {
        if constexpr (kSavable) {
            static const std::vector<std::byte> mask = bits_of_variables();
            Verilated::threadContextp(&context_);
            require_bits(state, mask);
            model_->eval();  // so that no initial value is set later
            std::vector<std::byte> all = save_all();
            std::copy(state.begin(), state.end(),
                      all.begin() + static_cast<std::ptrdiff_t>(variables_offset(all, context_)));
            MemoryDeserialize saved(all);
            saved >> *model_;
        }
    }

 private:
    static constexpr bool kSavable = requires(MemorySerialize & saved, Model& model) { saved << model; };

    [[nodiscard]] std::vector<std::byte> save_all() {
        MemorySerialize saved;
        saved << *model_;
        return saved.take();
    }

    /// As many of each variable as it is wide. None of the counters of loops, and of Verilator's own, which are set
    /// before they are read: they begin as zero or, without any initial value, as what is in the memory.
    [[nodiscard]] static std::vector<std::byte> bits_of_variables() {
        using Variables = std::remove_pointer_t<decltype(Model::rootp)>;
        VerilatedContext context;
        context.randReset(1);  // variables begin as all ones
        Model model(&context, "");
        alignas(Variables) std::array<std::byte, sizeof(Variables)> zeros{};
        auto* const variables = new (zeros.data()) Variables(model.rootp->vlSymsp, "");
        MemorySerialize saved;
        variables->__Vserialize(saved);
        std::destroy_at(variables);
        const std::vector<std::byte> all = saved.take();
        const std::size_t offset = variables_offset(all, context);
        return {all.begin() + static_cast<std::ptrdiff_t>(offset), all.end()};
    }

    template <typename Port>
    static std::span<std::byte> bytes(Port& port) {
        return std::as_writable_bytes(std::span<Port, 1>(&port, 1));
    }

    /// Of the readout, or, where that has none, of the counters that stand beside it.
    template <typename Root>
    static void bind_counters(Root& root, HeadPins& pins) {
        if constexpr (requires { root.gca_head__DOT__gen_counters__DOT__u_readout__DOT__count; }) {
            pins.count = bytes(root.gca_head__DOT__gen_counters__DOT__u_readout__DOT__count);
            pins.count_sign = bytes(root.gca_head__DOT__gen_counters__DOT__u_readout__DOT__sign);
        } else {
            pins.count = bytes(root.gca_head__DOT__gen_popcount__DOT__u_counters__DOT__count);
            pins.count_sign = bytes(root.gca_head__DOT__gen_popcount__DOT__u_counters__DOT__sign);
        }
    }

    void bind() {
        Model& m = *model_;
        HeadPins pins;
        pins.clk = &m.clk_i;
        pins.rst_n = &m.rst_ni;
        pins.pipelined = &m.pipelined_i;
        pins.status_clear = &m.status_clear_i;
        pins.window = bytes(m.window_i);
        pins.token_valid = &m.token_valid_i;
        pins.token_ready = &m.token_ready_o;
        pins.new_sequence = &m.new_sequence_i;
        pins.query = bytes(m.query_i);
        pins.key = bytes(m.key_i);
        pins.value = bytes(m.value_i);
        pins.k_discharge = bytes(m.ana_k_discharge_o);
        pins.k_write = bytes(m.ana_k_write_o);
        pins.k_dac = bytes(m.ana_k_dac_o);
        pins.k_pulse = bytes(m.ana_k_pulse_o);
        pins.c2p1_reset = &m.ana_c2p1_reset_o;
        pins.c2p1_integrate = &m.ana_c2p1_integrate_o;
        pins.c2p1_emit = &m.ana_c2p1_emit_o;
        pins.c2p1_valid = bytes(m.ana_c2p1_valid_o);
        pins.v_discharge = bytes(m.ana_v_discharge_o);
        pins.v_write = bytes(m.ana_v_write_o);
        pins.v_dac = bytes(m.ana_v_dac_o);
        pins.c2p2_reset = &m.ana_c2p2_reset_o;
        pins.c2p2_integrate = &m.ana_c2p2_integrate_o;
        pins.c2p2_emit = &m.ana_c2p2_emit_o;
        pins.pulse = bytes(m.ana_pulse_i);
        pins.sign = bytes(m.ana_sign_i);
        pins.result_valid = &m.result_valid_o;
        pins.result_ready = &m.result_ready_i;
        pins.sum = bytes(m.sum_o);
        pins.status_tokens = &m.status_tokens_o;
        pins.status_saturated = &m.status_saturated_o;
        if constexpr (kKind == ModelKind::rtl) {
            bind_counters(*m.rootp, pins);
        }
        set_pins(pins);
    }

    VerilatedContext context_;
    std::unique_ptr<Model> model_;
    std::unique_ptr<ExtraTrace> extra_;
    std::unique_ptr<VerilatedFstC> trace_;
};

}  // namespace gca
