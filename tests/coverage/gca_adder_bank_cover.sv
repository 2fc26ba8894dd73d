// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_adder_bank_cover: functional points of gca_adder_bank. Sums at their ends, both zeros, both stages at once. Those
// of its first output.
// verilator coverage_off
`default_nettype none

module gca_adder_bank_cover #(
    parameter int unsigned Channels = 1,
    parameter int unsigned Tiles = 1,
    parameter int unsigned Levels = 1
) (
    input wire logic clk_i,
    input wire logic rst_ni,
    input wire logic add_i,
    input wire logic sum_i,
    input wire logic [Tiles*((Levels > 1) ? $clog2(Levels) : 1)*Channels-1:0] count_i,
    input wire logic [Tiles*Channels-1:0] sign_i,
    input wire logic [Channels*($clog2(Tiles*(Levels - 1) + 1) + 1)-1:0] sum_o
);

  localparam int unsigned CountW = (Levels > 1) ? $clog2(Levels) : 1;
  localparam int unsigned SumW = $clog2(Tiles * (Levels - 1) + 1) + 1;
  logic [Tiles-1:0] zero, negative;
  always_comb begin
    zero = '1;
    for (int unsigned t = 0; t < Tiles; t++) begin
      for (int unsigned b = 0; b < CountW; b++) zero[t] = zero[t] & ~count_i[(t*CountW+b)*Channels];
      negative[t] = sign_i[t*Channels];
    end
  end

  logic added_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) added_q <= 1'b0;
    else added_q <= add_i || (added_q && !sum_i);
  end

  // verilator coverage_on
  PositiveZeroIsAdded_C: cover property (@(posedge clk_i) disable iff (!rst_ni) add_i && (|(zero & ~negative)));
  NegativeZeroIsAdded_C: cover property (@(posedge clk_i) disable iff (!rst_ni) add_i && (|(zero & negative)));
  BothSignsAreAdded_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      add_i && (|(~zero & negative)) && (|(~zero & ~negative)));
  AllAreNegative_C: cover property (@(posedge clk_i) disable iff (!rst_ni) add_i && (&(~zero & negative)));
  AllArePositive_C: cover property (@(posedge clk_i) disable iff (!rst_ni) add_i && (&(~zero & ~negative)));
  SumIsZero_C: cover property (@(posedge clk_i) disable iff (!rst_ni) !sum_i && $past(sum_i) && sum_o[SumW-1:0] == '0);
  SumIsPositiveFullScale_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      sum_o[SumW-1:0] == SumW'(Tiles * (Levels - 1)));
  SumIsNegativeFullScale_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      sum_o[SumW-1:0] == -SumW'(Tiles * (Levels - 1)));
  BothStagesAtOnce_C: cover property (@(posedge clk_i) disable iff (!rst_ni) add_i && sum_i);
  ResetBetweenTheStages_C: cover property (@(negedge rst_ni) added_q);

endmodule

bind gca_adder_bank gca_adder_bank_cover #(.Channels(Channels), .Tiles(Tiles), .Levels(Levels)) u_cover (.*);

`default_nettype wire
