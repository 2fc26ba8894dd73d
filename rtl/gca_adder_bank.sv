// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_adder_bank (S7): for each output the sum over the sub-tiles of sign and count, in two pipelined stages.
//
// Contract: add_i adds groups of Radix sub-tiles into partial sums, sum_i adds the partial sums into sum_o. Nothing
//   saturates: SumW holds +-Tiles*(Levels-1). count_i is, per tile, plane-major (gca_counter_bank); tile t's planes are at
//   [t*CountW*Channels +: CountW*Channels], its signs at [t*Channels +: Channels]. sum_o holds channel c at [c*SumW +: SumW],
//   two's complement.
//
// Latency: one cycle a stage. Reset: asynchronous; sum_o is 0.
`default_nettype none

module gca_adder_bank #(
    parameter int unsigned Channels = 64,
    parameter int unsigned Tiles    = 16,
    parameter int unsigned Levels   = 16,
    localparam int unsigned CountW  = (Levels > 1) ? $clog2(Levels) : 1,
    localparam int unsigned SumW    = $clog2(Tiles * (Levels - 1) + 1) + 1
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
  localparam int unsigned PartialW = $clog2(Radix * (Levels - 1) + 1) + 1;

  for (genvar c = 0; c < Channels; c++) begin : gen_channel
    logic [Groups*PartialW-1:0] partial_q;

    for (genvar g = 0; g < Groups; g++) begin : gen_group
      always_ff @(posedge clk_i) begin
        if (add_i) begin : add
          logic signed [PartialW-1:0] partial;
          logic [CountW-1:0] count;
          partial = '0;
          for (int unsigned t = g * Radix; t < (g + 1) * Radix && t < Tiles; t++) begin
            for (int unsigned b = 0; b < CountW; b++) count[b] = count_i[(t*CountW+b)*Channels+c];
            partial = partial + (sign_i[t*Channels+c] ? -$signed(PartialW'(count)) : $signed(PartialW'(count)));
          end
          partial_q[g*PartialW +: PartialW] <= partial;
        end
      end
    end

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        sum_o[c*SumW +: SumW] <= '0;
      end else if (sum_i) begin : add
        logic signed [SumW-1:0] total;
        total = '0;
        for (int unsigned g = 0; g < Groups; g++) begin
          total = total + SumW'($signed(partial_q[g*PartialW +: PartialW]));
        end
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
