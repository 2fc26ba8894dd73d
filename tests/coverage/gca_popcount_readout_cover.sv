// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_popcount_readout_cover: functional points of gca_popcount_readout. Sums at their ends, all signs at once, a sum that waits.
// Those of its first output.
// verilator coverage_off
`default_nettype none

module gca_popcount_readout_cover #(
    parameter int unsigned Channels = 1,
    parameter int unsigned Tiles = 1,
    parameter int unsigned Levels = 1
) (
    input wire logic clk_i,
    input wire logic rst_ni,
    input wire logic count_en_i,
    input wire logic add_i,
    input wire logic sum_i,
    input wire logic [Channels*($clog2(Tiles*(Levels - 1) + 1) + 1)-1:0] sum_o,
    input wire logic [Tiles*Channels-1:0] pulse,
    input wire logic [Tiles*Channels-1:0] sign
);

  localparam int unsigned SumW = $clog2(Tiles * (Levels - 1) + 1) + 1;
  logic [Tiles-1:0] high, negative;
  always_comb begin
    for (int unsigned t = 0; t < Tiles; t++) begin
      high[t] = pulse[t*Channels];
      negative[t] = sign[t*Channels];
    end
  end

  // verilator coverage_on
  NoneIsHigh_C: cover property (@(posedge clk_i) disable iff (!rst_ni) count_en_i && high == '0);
  AllHighAndPositive_C: cover property (@(posedge clk_i) disable iff (!rst_ni) count_en_i && (&high) && negative == '0);
  AllHighAndNegative_C: cover property (@(posedge clk_i) disable iff (!rst_ni) count_en_i && (&high) && (&negative));
  HighOfBothSigns_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      count_en_i && (|(high & negative)) && (|(high & ~negative)));
  SumIsGreatest_C: cover property (@(posedge clk_i) disable iff (!rst_ni) sum_o[SumW-1:0] == SumW'(Tiles * (Levels - 1)));
  SumIsLeast_C: cover property (@(posedge clk_i) disable iff (!rst_ni) sum_o[SumW-1:0] == -SumW'(Tiles * (Levels - 1)));
  SumWaits_C: cover property (@(posedge clk_i) disable iff (!rst_ni) !sum_i && $past(add_i));
  ResetWhileCounting_C: cover property (@(negedge rst_ni) count_en_i);

endmodule

bind gca_popcount_readout gca_popcount_readout_cover #(.Channels(Channels), .Tiles(Tiles), .Levels(Levels)) u_cover (.*);

`default_nettype wire
