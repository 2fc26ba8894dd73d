#include "sim/extra_trace.h"

#include <string>
#include <vector>

namespace gca {

namespace {

using Kind = TraceSignals::Kind;
using Signal = TraceSignals::Signal;

// The callbacks' interface is not a documented one: it is that of 5.006, or that of 5.032.
#if VERILATOR_VERSION_INTEGER < 5020000

void add_callbacks(VerilatedFst& trace, VerilatedFst::dumpCb_t all, VerilatedFst::dumpCb_t changes, void* self) {
    trace.addFullCb(all, self);
    trace.addChgCb(changes, self);
}

void declare_signal(VerilatedFst& trace, const Signal& signal, std::uint32_t code) {
    std::string prefix;
    for (const std::string& scope : signal.scopes) {
        prefix += scope + ' ';
    }
    trace.pushNamePrefix(prefix);
    if (signal.kind == Kind::real) {
        trace.declDouble(code, signal.name.c_str(), -1, FST_VD_IMPLICIT, FST_VT_VCD_REAL, false, -1);
    } else {
        trace.declBit(code, signal.name.c_str(), -1, FST_VD_IMPLICIT, FST_VT_VCD_WIRE, false, -1);
    }
    trace.popNamePrefix();
}

#else

void add_callbacks(VerilatedFst& trace, VerilatedFst::dumpCb_t all, VerilatedFst::dumpCb_t changes, void* self) {
    trace.addFullCb(all, 0, self);
    trace.addChgCb(changes, 0, self);
}

void declare_signal(VerilatedFst& trace, const Signal& signal, std::uint32_t code) {
    constexpr auto kNone = VerilatedTraceSigDirection::NONE;
    for (const std::string& scope : signal.scopes) {
        trace.pushPrefix(scope, VerilatedTracePrefixType::SCOPE_MODULE);
    }
    if (signal.kind == Kind::real) {
        trace.declDouble(code, 0, signal.name.c_str(), -1, kNone, VerilatedTraceSigKind::VAR,
                         VerilatedTraceSigType::DOUBLE, false, -1);
    } else {
        trace.declBit(code, 0, signal.name.c_str(), -1, kNone, VerilatedTraceSigKind::WIRE,
                      VerilatedTraceSigType::LOGIC, false, -1);
    }
    for (std::size_t i = 0; i < signal.scopes.size(); ++i) {
        trace.popPrefix();
    }
}

#endif

}  // namespace

ExtraTrace::ExtraTrace(TraceSignals& signals, VerilatedFst& trace) : signals_(&signals) {
    trace.addInitCb(&ExtraTrace::declare, this);
    add_callbacks(trace, &ExtraTrace::write_all, &ExtraTrace::write_changes, this);
}

void ExtraTrace::declare(void* self, VerilatedFst* trace, std::uint32_t first_code) {
    auto& extra = *static_cast<ExtraTrace*>(self);
    extra.first_code_ = first_code;
    for (const Signal& signal : extra.signals_->all()) {
        declare_signal(*trace, signal, first_code);
        first_code += kWords;
    }
}

void ExtraTrace::write(VerilatedFst::Buffer& buffer, std::size_t signal) const {
    std::uint32_t* old = buffer.oldp(first_code_ + static_cast<std::uint32_t>(signal) * kWords);
    if (signals_->all()[signal].kind == Kind::real) {
        buffer.fullDouble(old, signals_->value(signal));
    } else {
        buffer.fullBit(old, signals_->value(signal) != 0.0 ? 1 : 0);
    }
}

void ExtraTrace::write_all(void* self, VerilatedFst::Buffer* buffer) {
    const auto& extra = *static_cast<ExtraTrace*>(self);
    extra.signals_->take_changes([](std::size_t) {});
    for (std::size_t signal = 0; signal < extra.signals_->all().size(); ++signal) {
        extra.write(*buffer, signal);
    }
}

void ExtraTrace::write_changes(void* self, VerilatedFst::Buffer* buffer) {
    const auto& extra = *static_cast<ExtraTrace*>(self);
    extra.signals_->take_changes([&](std::size_t signal) { extra.write(*buffer, signal); });
}

}  // namespace gca
