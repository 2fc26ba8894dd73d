// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_synchronizer_cover: functional points of gca_synchronizer. Where in the cycle the edges of its first line are.
// There is no reset.
// verilator coverage_off
`default_nettype none

module gca_synchronizer_cover #(
    parameter int unsigned Width = 1
) (
    input wire logic clk_i,
    input wire logic [Width-1:0] async_i,
    input wire logic [Width-1:0] sync_o
);

  // verilator coverage_on
  RisesWhileTheClockIsHigh_C: cover property (@(posedge async_i[0]) clk_i);
  RisesWhileTheClockIsLow_C: cover property (@(posedge async_i[0]) !clk_i);
  FallsWhileTheClockIsHigh_C: cover property (@(negedge async_i[0]) clk_i);
  FallsWhileTheClockIsLow_C: cover property (@(negedge async_i[0]) !clk_i);
  PulseOfOneSample_C: cover property (@(posedge clk_i) !sync_o[0] && $past(sync_o[0]) && !$past(sync_o[0], 2));
  PauseOfOneSample_C: cover property (@(posedge clk_i) sync_o[0] && !$past(sync_o[0]) && $past(sync_o[0], 2));

endmodule

bind gca_synchronizer gca_synchronizer_cover #(.Width(Width)) u_cover (.*);

`default_nettype wire
