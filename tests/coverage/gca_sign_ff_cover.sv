// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_sign_ff_cover: functional points of gca_sign_ff. Both signs, both ways. There is no reset.
// verilator coverage_off
`default_nettype none

module gca_sign_ff_cover #(
    parameter int unsigned Channels = 1
) (
    input wire logic clk_i,
    input wire logic capture_i,
    input wire logic [Channels-1:0] sign_i,
    input wire logic [Channels-1:0] sign_o
);

  // verilator coverage_on
  TurnsNegative_C: cover property (@(posedge clk_i) capture_i && (|(sign_i & ~sign_o)));
  TurnsPositive_C: cover property (@(posedge clk_i) capture_i && (|(~sign_i & sign_o)));
  StaysNegative_C: cover property (@(posedge clk_i) capture_i && (|(sign_i & sign_o)));
  StaysPositive_C: cover property (@(posedge clk_i) capture_i && (|(~sign_i & ~sign_o)));
  CapturesBothSigns_C: cover property (@(posedge clk_i) capture_i && (|sign_i) && !(&sign_i));
  PinMovesWhileTheSignHolds_C: cover property (@(posedge clk_i) !capture_i && sign_i != sign_o);

endmodule

bind gca_sign_ff gca_sign_ff_cover #(.Channels(Channels)) u_cover (.*);

`default_nettype wire
