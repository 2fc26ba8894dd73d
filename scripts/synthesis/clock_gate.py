"""The wrapper of a clock gate, rtl/gca_clock_gate.sv: it alone may hold a latch, and its output is a clock."""
import dataclasses
import re

MODULE = "gca_clock_gate"


@dataclasses.dataclass(frozen=True)
class Gate:
    """Ports of a wrapper."""
    clock: str = "clk_i"
    enable: str = "enable_i"
    output: str = "clk_o"


def is_wrapper(name):
    """Whether a module of a netlist is one; Yosys may have made several."""
    return re.fullmatch(rf"{MODULE}(_\d+)?", name) is not None


def source(library):
    """Verilog of the wrapper for this library: its integrated clock gate, or else its latch and an AND. Empty if it has
    neither."""
    if library.clock_gate:
        cell = library.clock_gate
        clock, enable, out = (next(name for name, pin in cell.pins.items() if pin.true(f"clock_gate_{role}_pin"))
                              for role in ("clock", "enable", "out"))
        gate = f"\\{cell.name} gate (.{clock}(clk_i), .{enable}(enable_i), .{out}(clk_o));"
    elif library.plain_latch:
        cell, data, enable, out, high = library.plain_latch
        gate = f"""wire enable;
    \\{cell.name} latch (.{enable}({"~" if high else ""}clk_i), .{data}(enable_i), .{out}(enable));
    assign clk_o = clk_i & enable;"""
    else:
        return ""
    return f"""module {MODULE} #(parameter ClockGates = 1) (input wire clk_i, input wire enable_i, output wire clk_o);
  generate if (ClockGates == 0) begin : gen_wire
    assign clk_o = clk_i;
  end else begin : gen_gate
    {gate}
  end endgenerate
endmodule
"""
