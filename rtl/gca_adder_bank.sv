// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_adder_bank (S7): for each output the sum over the sub-tiles of sign and count, in two pipelined stages.
//
// Contract: add_i adds up groups of Radix sub-tiles and the signs, sum_i adds these into sum_o. Nothing saturates: SumW
//   holds +-Tiles*(Levels-1). count_i is, per tile, plane-major (gca_counter_bank); tile t's planes are at
//   [t*CountW*Channels +: CountW*Channels], its signs at [t*Channels +: Channels]. sum_o holds channel c at [c*SumW +: SumW],
//   two's complement.
//   A negative count enters its group as its complement, ~count = -count - 1 + 2^CountW; the number of negative counts puts
//   that right in the second stage. So all of the first is unsigned addition, and no count needs an adder for its sign.
//
// Latency: one cycle a stage. Reset: asynchronous; sum_o is 0.
`default_nettype none

module gca_adder_bank #(
    parameter int unsigned Channels   = 64,
    parameter int unsigned Tiles      = 16,
    parameter int unsigned Levels     = 16,
    parameter int unsigned ClockGates = 0,
    localparam int unsigned CountW    = (Levels > 1) ? $clog2(Levels) : 1,
    localparam int unsigned SumW      = $clog2(Tiles * (Levels - 1) + 1) + 1
) (
    input  wire logic                             clk_i,
    input  wire logic                             rst_ni,

    input  wire logic                             add_i,
    input  wire logic                             sum_i,
    input  wire logic [Tiles*CountW*Channels-1:0] count_i,
    input  wire logic [Tiles*Channels-1:0]        sign_i,
    output logic      [Channels*SumW-1:0]         sum_o
);

  // The least power of two whose square covers the tiles: two stages of about equal depth.
  localparam int unsigned Radix = 1 << (($clog2(Tiles) + 1) / 2);
  localparam int unsigned Groups = (Tiles + Radix - 1) / Radix;
  localparam int unsigned GroupW = CountW + $clog2(Radix);
  localparam int unsigned SignsW = $clog2(Tiles + 1);

  wire logic add_clk, sum_clk;
  gca_clock_gate #(.ClockGates(ClockGates)) u_add_gate (.clk_i, .enable_i(add_i), .clk_o(add_clk));
  gca_clock_gate #(.ClockGates(ClockGates)) u_sum_gate (.clk_i, .enable_i(sum_i), .clk_o(sum_clk));

  for (genvar c = 0; c < Channels; c++) begin : gen_channel
    logic [Groups*GroupW-1:0] group_q;  // unsigned sums
    logic [SignsW-1:0] negative_q;      // how many counts were negative

    for (genvar g = 0; g < Groups; g++) begin : gen_group
      always_ff @(posedge add_clk) begin
        if (ClockGates != 0 || add_i) begin : add
          logic [GroupW-1:0] group;
          logic [CountW-1:0] count;
          group = '0;
          for (int unsigned t = g * Radix; t < (g + 1) * Radix && t < Tiles; t++) begin
            for (int unsigned b = 0; b < CountW; b++) count[b] = count_i[(t*CountW+b)*Channels+c] ^ sign_i[t*Channels+c];
            group = group + GroupW'(count);
          end
          group_q[g*GroupW +: GroupW] <= group;
        end
      end
    end

    always_ff @(posedge add_clk) begin
      if (ClockGates != 0 || add_i) begin : count_negative
        logic [SignsW-1:0] negative;
        negative = '0;
        for (int unsigned t = 0; t < Tiles; t++) negative = negative + SignsW'(sign_i[t*Channels+c]);
        negative_q <= negative;
      end
    end

    always_ff @(posedge sum_clk or negedge rst_ni) begin
      if (!rst_ni) begin
        sum_o[c*SumW +: SumW] <= '0;
      end else if (ClockGates != 0 || sum_i) begin : add
        logic [SumW-1:0] total;
        total = SumW'(negative_q) - (SumW'(negative_q) << CountW);
        for (int unsigned g = 0; g < Groups; g++) total = total + SumW'(group_q[g*GroupW +: GroupW]);
        sum_o[c*SumW +: SumW] <= total;
      end
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (add_i) begin : check
        logic are_counts;
        logic [CountW-1:0] count;
        are_counts = 1'b1;
        for (int unsigned i = 0; i < Tiles * Channels; i++) begin
          for (int unsigned b = 0; b < CountW; b++) count[b] = count_i[(i/Channels*CountW+b)*Channels+i%Channels];
          if (32'(count) >= Levels) are_counts = 1'b0;
        end
        CountsAreBelowLevels_M: assume (are_counts);
      end
    end
  end
`endif

endmodule

`default_nettype wire
