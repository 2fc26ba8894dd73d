// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_counter_bank_cover: functional points of gca_counter_bank. Counts at their ends, restarts, holds. There is no
// reset.
// verilator coverage_off
`default_nettype none

module gca_counter_bank_cover #(
    parameter int unsigned Channels = 1,
    parameter int unsigned Levels = 1
) (
    input wire logic clk_i,
    input wire logic enable_i,
    input wire logic first_i,
    input wire logic [Channels-1:0] pulse_i,
    input wire logic [Channels-1:0] full_o,
    input wire logic [((Levels > 1) ? $clog2(Levels) : 1)*Channels-1:0] count_o
);

  localparam int unsigned CountW = (Levels > 1) ? $clog2(Levels) : 1;
  logic [Channels-1:0] zero;
  always_comb begin
    zero = '1;
    for (int unsigned b = 0; b < CountW; b++) zero = zero & ~count_o[b*Channels +: Channels];
  end

  // verilator coverage_on
  FirstSampleIsHigh_C: cover property (@(posedge clk_i) enable_i && first_i && (|pulse_i));
  FirstSampleIsLow_C: cover property (@(posedge clk_i) enable_i && first_i && !(&pulse_i));
  RestartsFromACount_C: cover property (@(posedge clk_i) enable_i && first_i && !(&zero));
  RestartsFromAFullCount_C: cover property (@(posedge clk_i) enable_i && first_i && (|full_o));
  FirstWithoutEnable_C: cover property (@(posedge clk_i) first_i && !enable_i);
  HoldsUnderAPulse_C: cover property (@(posedge clk_i) !enable_i && (|pulse_i));
  HoldsAFullCounter_C: cover property (@(posedge clk_i) !enable_i && (|full_o));
  SaturatesUnderALongerPulse_C: cover property (@(posedge clk_i) enable_i && !first_i && (|(pulse_i & full_o)));
  EndsAtZero_C: cover property (@(posedge clk_i) !enable_i && $past(enable_i) && (|zero));
  EndsFull_C: cover property (@(posedge clk_i) !enable_i && $past(enable_i) && (|full_o));
  EndsAtZeroBesideFull_C: cover property (@(posedge clk_i) !enable_i && $past(enable_i) && (|zero) && (|full_o));

endmodule

bind gca_counter_bank gca_counter_bank_cover #(.Channels(Channels), .Levels(Levels)) u_cover (.*);

`default_nettype wire
