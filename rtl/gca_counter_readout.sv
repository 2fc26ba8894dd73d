// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_counter_readout (S5, S6, S7): the paper's readout. A counter and a sign flip-flop for each pulse, then adders.
//
// Contract: pulse_i and sign_i hold output e of sub-tile t at [t*Channels + e]. The strobes are gca_sequencer's. sum_o holds
//   output e at [e*SumW +: SumW], two's complement; it changes with sum_i only. full_o: the counter is at Levels-1; it holds
//   from the last count to the next first one.
//
// Latency: SyncStages + 1 cycles from a sample to its count, one cycle for each of add_i and sum_i.
// Reset: asynchronous; sum_o is 0.
`default_nettype none

module gca_counter_readout #(
    parameter int unsigned Channels   = 64,
    parameter int unsigned Tiles      = 16,
    parameter int unsigned Levels     = 16,
    parameter int unsigned ClockGates = 0,
    localparam int unsigned CountW    = (Levels > 1) ? $clog2(Levels) : 1,
    localparam int unsigned SumW      = $clog2(Tiles * (Levels - 1) + 1) + 1
) (
    input  wire logic                           clk_i,
    input  wire logic                           rst_ni,

    input  wire logic [gca_pkg::SyncStages-1:0] sync_en_i,
    input  wire logic                           count_en_i,
    input  wire logic                           count_first_i,
    input  wire logic                           add_i,
    input  wire logic                           sum_i,
    input  wire logic [Tiles*Channels-1:0]      pulse_i,
    input  wire logic [Tiles*Channels-1:0]      sign_i,
    output logic      [Channels*SumW-1:0]       sum_o,
    output logic      [Tiles*Channels-1:0]      full_o
);

  logic [Tiles*CountW*Channels-1:0] count;
  logic [Tiles*Channels-1:0] sign;

  for (genvar t = 0; t < Tiles; t++) begin : gen_tile
    gca_readout_tile #(
        .Channels  (Channels),
        .Levels    (Levels),
        .ClockGates(ClockGates)
    ) u_readout (
        .clk_i,
        .sync_en_i,
        .count_en_i,
        .count_first_i,
        .pulse_i      (pulse_i[t*Channels +: Channels]),
        .sign_i       (sign_i[t*Channels +: Channels]),
        .count_o      (count[t*CountW*Channels +: CountW*Channels]),
        .sign_o       (sign[t*Channels +: Channels]),
        .full_o       (full_o[t*Channels +: Channels])
    );
  end

  gca_adder_bank #(
      .Channels  (Channels),
      .Tiles     (Tiles),
      .Levels    (Levels),
      .ClockGates(ClockGates)
  ) u_adder_bank (
      .clk_i,
      .rst_ni,
      .add_i,
      .sum_i,
      .count_i(count),
      .sign_i (sign),
      .sum_o
  );

endmodule

`default_nettype wire
