// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_counter_bank (S6): the pulse counters of one sub-tile, saturating at Levels-1.
//
// Contract: channel c's count is the number of cycles with enable_i and pulse_i[c], from the last cycle with enable_i and
//   first_i on (that cycle included), at most Levels-1. Without enable_i it holds. full_o[c]: the count is Levels-1.
//   count_o is plane-major, bit b of channel c at [b*Channels + c]: one step of all counters is a handful of operations
//   on whole planes, for a simulator as for a synthesis tool.
//
// Latency: one cycle. Reset: none; first_i starts from zero.
`default_nettype none

module gca_counter_bank #(
    parameter int unsigned Channels   = 64,
    parameter int unsigned Levels     = 16,
    parameter int unsigned ClockGates = 0,
    localparam int unsigned CountW    = (Levels > 1) ? $clog2(Levels) : 1
) (
    input  wire logic                       clk_i,

    input  wire logic                       enable_i,
    input  wire logic                       first_i,
    input  wire logic [Channels-1:0]        pulse_i,
    output logic      [CountW*Channels-1:0] count_o,
    output logic      [Channels-1:0]        full_o
);

  localparam logic [CountW-1:0] Max = CountW'(Levels - 1);

  logic [Channels-1:0] plane_q [0:CountW-1];

  // Not in full_o itself: Icarus wakes a block by what the block has written.
  always_comb begin : find_full
    logic [Channels-1:0] full;
    full = '1;
    for (int unsigned b = 0; b < CountW; b++) full = full & (Max[b] ? plane_q[b] : ~plane_q[b]);
    full_o = full;
  end

  wire logic clk;
  gca_clock_gate #(.ClockGates(ClockGates)) u_gate (.clk_i, .enable_i(enable_i), .clk_o(clk));

  // The next state is worked out under the enable, so that a simulator spends nothing on counters at rest.
  always_ff @(posedge clk) begin
    if (ClockGates != 0 || enable_i) begin : step
      logic [Channels-1:0] carry, old;
      carry = first_i ? pulse_i : pulse_i & ~full_o;
      for (int unsigned b = 0; b < CountW; b++) begin
        old = first_i ? '0 : plane_q[b];
        plane_q[b] <= old ^ carry;
        carry = carry & old;
      end
    end
  end

  for (genvar b = 0; b < CountW; b++) begin : gen_count
    assign count_o[b*Channels +: Channels] = plane_q[b];
  end

`ifndef SYNTHESIS
  if (Levels < (1 << CountW)) begin : gen_check
    logic started_q = 1'b0;

    always_ff @(posedge clk_i) begin : check
      logic [Channels-1:0] equal, beyond;
      if (enable_i && first_i) started_q <= 1'b1;
      equal = '1;
      beyond = '0;
      for (int unsigned b = CountW; b > 0; b--) begin
        if (Max[b-1]) equal = equal & plane_q[b-1];
        else beyond = beyond | (equal & plane_q[b-1]);
      end
      CountsNeverExceedTheLastLevel_A: assert (!started_q || beyond == '0);
    end
  end
`endif

endmodule

`default_nettype wire
