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
//   The popcount has a register before the accumulator. That leaves, at add_i, when no pulse counts, popcount(s) in it. With
//   sum_i it is added as if it were a count, and Levels times it taken off, together E * popcount(s): a shift where the number
//   of levels is a power of 2. It needs no adder but the accumulator's.
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

  localparam int unsigned OnesW = (Tiles > 1) ? $clog2(Tiles) : 1;

  localparam int unsigned Nodes = 1 << OnesW;
  localparam int unsigned LowW = (SumW + 1) / 2;

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

  // Numbers are plane-major: bit b of channel c at [b*Channels + c]. The popcount is ones_q + last_q: the last sub-tile's term
  // is the accumulator's carry in.
  logic [OnesW*Channels-1:0] ones_q;
  logic [Channels-1:0] last_q;
  logic [SumW*Channels-1:0] next, sum_q;  // modulo 2^SumW, like all that leads to sum_o

  // A tree of adders: each node adds up its two children and a term of its own. The children of node n are 2n and 2n+1.
  always_ff @(posedge step_clk) begin
    if (ClockGates != 0 || step) begin : count
      logic [Nodes*OnesW*Channels-1:0] node;
      logic [Channels-1:0] x, y, carry;
      node = '0;
      for (int unsigned n = Nodes - 1; n > 0; n--) begin
        carry = '0;
        if (n < Tiles) carry = term[(n-1)*Channels +: Channels];
        for (int unsigned b = 0; b < OnesW; b++) begin
          if ((n << (b + 1)) < Nodes) begin
            x = node[(2*n*OnesW+b)*Channels +: Channels];
            y = node[((2*n+1)*OnesW+b)*Channels +: Channels];
            node[(n*OnesW+b)*Channels +: Channels] = x ^ y ^ carry;
            carry = (x & y) | ((x ^ y) & carry);
          end else begin
            node[(n*OnesW+b)*Channels +: Channels] = carry;
            carry = '0;
          end
        end
      end
      ones_q <= node[OnesW*Channels +: OnesW*Channels];
      last_q <= term[(Tiles-1)*Channels +: Channels];
      sum_q  <= next;
      if (count_first_i) begin
        sum_q <= '0;
        for (int unsigned b = 0; b < SumW; b++) begin
          if (Levels[b]) sum_q[b*Channels +: Channels] <= ~sign[(Tiles-1)*Channels +: Channels];
        end
      end
    end
  end

  always_comb begin : sum_up
    logic [SumW*Channels-1:0] addend;
    logic [Channels-1:0] x, y, carry, carry_low;
    addend = (SumW * Channels)'(ones_q);
    // At rest less Levels * popcount(s). -Levels * ones_q - Levels is Levels * ~ones_q; that Levels and the one of last_q are
    // what the accumulator began with.
    for (int unsigned l = 0; l < SumW; l++) begin
      carry = '0;
      for (int unsigned b = l; b < SumW; b++) begin
        if (Levels[l]) begin
          x = addend[b*Channels +: Channels];
          y = {Channels{!step}};
          if (b - l < OnesW) y = y & ~ones_q[(b-l)*Channels +: Channels];
          addend[b*Channels +: Channels] = x ^ y ^ carry;
          carry = (x & y) | ((x ^ y) & carry);
        end
      end
    end
    // The upper half is added up while the carry into it is on its way.
    carry = last_q;
    for (int unsigned b = 0; b < LowW; b++) begin
      x = sum_q[b*Channels +: Channels];
      y = addend[b*Channels +: Channels];
      next[b*Channels +: Channels] = x ^ y ^ carry;
      carry = (x & y) | ((x ^ y) & carry);
    end
    carry_low = carry;
    carry = '0;
    for (int unsigned b = LowW; b < SumW; b++) begin
      x = sum_q[b*Channels +: Channels];
      y = addend[b*Channels +: Channels];
      next[b*Channels +: Channels] = x ^ y ^ carry ^ carry_low;
      carry_low = carry_low & (x ^ y ^ carry);
      carry = (x & y) | ((x ^ y) & carry);
    end
  end

  always_ff @(posedge sum_clk or negedge rst_ni) begin
    if (!rst_ni) begin
      sum_o <= '0;
    end else if (ClockGates != 0 || sum_i) begin
      for (int unsigned i = 0; i < SumW * Channels; i++) sum_o[i] <= next[i%SumW*Channels+i/SumW];
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
