// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_clock_gate: lets the clock through while it is enabled. A library's integrated clock gate can take its place.
//
// Contract: with ClockGates = 1, clk_o rises with clk_i at the end of each cycle with enable_i, and stays low otherwise. enable_i
//   passes a latch that is open while clk_i is low, so that clk_o has no glitch. With ClockGates = 0, clk_o is clk_i, and flops on
//   it need the enable: `if (ClockGates != 0 || enable)` serves both.
//
// Latency: none. Reset: none.
`default_nettype none

module gca_clock_gate #(
    parameter int unsigned ClockGates = 1
) (
    input  wire logic clk_i,
    input  wire logic enable_i,
    output wire logic clk_o
);

  if (ClockGates > 1) begin : gen_bad_choice
    $error("ClockGates must be 0 or 1");
  end

  if (ClockGates == 0) begin : gen_wire
    wire logic unused_enable = enable_i;
    assign clk_o = clk_i;
  end else begin : gen_gate
    logic enable;
    always_latch if (!clk_i) enable = enable_i;
    assign clk_o = clk_i && enable;
  end

endmodule

`default_nettype wire
