// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_popcount_readout (S5, S6, S7): the sums without counters. In each cycle the pulses that are high are added up over the
// sub-tiles, and one accumulator an output collects that.
//
// Contract: that of gca_counter_readout, with two differences: the signs are captured a cycle earlier, with the last cycle
//   before the first count, and full_o is the pulse at the last sample, which is the same for every pulse without a gap. full_o
//   holds from the last count's cycle to the cycle before the next first one.
//   With s the sign (1: negative), p the pulse, E the number of samples and popcount() a sum over the sub-tiles:
//     sum over the samples of sign * p = sum over the samples of popcount(p ^ s), minus E * popcount(s).
//   The popcount has a register before the accumulator. That leaves, at add_i, when no pulse counts, popcount(s) in it, and sum_i
//   takes E * popcount(s) off, as (E + 1) * popcount(s) less one: a shift where the number of levels is a power of 2.
//   No counter, so none that saturates: a pulse has E = Levels-1 samples and counts E at most.
//
// Latency: as gca_counter_readout. Reset: asynchronous; sum_o is 0.
`default_nettype none

module gca_popcount_readout #(
    parameter int unsigned Channels   = 64,
    parameter int unsigned Tiles      = 16,
    parameter int unsigned Levels     = 16,
    parameter int unsigned ClockGates = 0,
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

  localparam int unsigned OnesW = $clog2(Tiles + 1);

  // Only the last stage has to hold; without gates, an enable of the others would cost a multiplexer a bit.
  localparam int unsigned FreeStages = (ClockGates != 0) ? 0 : gca_pkg::SyncStages - 1;

  logic [Tiles*Channels-1:0] pulse, sign, term;

  for (genvar t = 0; t < Tiles; t++) begin : gen_tile
    gca_synchronizer #(
        .Width     (Channels),
        .Stages    (gca_pkg::SyncStages),
        .FreeStages(FreeStages),
        .ClockGates(ClockGates)
    ) u_synchronizer (
        .clk_i,
        .enable_i(sync_en_i),
        .async_i (pulse_i[t*Channels +: Channels]),
        .sync_o  (pulse[t*Channels +: Channels])
    );

    gca_sign_ff #(
        .Channels  (Channels),
        .ClockGates(ClockGates)
    ) u_sign_ff (
        .clk_i,
        .capture_i(sync_en_i[gca_pkg::SyncStages-1] && !count_en_i),
        .sign_i   (sign_i[t*Channels +: Channels]),
        .sign_o   (sign[t*Channels +: Channels])
    );
  end

  assign full_o = pulse;
  assign term = (pulse & {Tiles*Channels{count_en_i}}) ^ sign;

  wire logic step = count_en_i || add_i;
  wire logic step_clk, sum_clk;
  gca_clock_gate #(.ClockGates(ClockGates)) u_step_gate (.clk_i, .enable_i(step), .clk_o(step_clk));
  gca_clock_gate #(.ClockGates(ClockGates)) u_sum_gate (.clk_i, .enable_i(sum_i), .clk_o(sum_clk));

  for (genvar c = 0; c < Channels; c++) begin : gen_channel
    logic [OnesW-1:0] ones_d, ones_q;
    logic [SumW-1:0] sum_q;  // modulo 2^SumW, like all that leads to sum_o

    always_comb begin
      ones_d = '0;
      for (int unsigned t = 0; t < Tiles; t++) ones_d = ones_d + OnesW'(term[t*Channels+c]);
    end

    always_ff @(posedge step_clk) begin
      if (ClockGates != 0 || step) begin
        ones_q <= ones_d;
        sum_q  <= count_first_i ? '0 : sum_q + SumW'(ones_q);
      end
    end

    always_ff @(posedge sum_clk or negedge rst_ni) begin
      if (!rst_ni) begin
        sum_o[c*SumW +: SumW] <= '0;
      end else if (ClockGates != 0 || sum_i) begin
        sum_o[c*SumW +: SumW] <= sum_q + SumW'(ones_q) - SumW'(32'(ones_q) * Levels);
      end
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (sum_i) begin
        NoCountWhileTheSumIsTaken_M: assume (!count_en_i && !add_i);
      end
    end
  end
`endif

endmodule

`default_nettype wire
