// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_pwm_bank_cover: functional points of gca_pwm_bank. Codes at their ends, starts, reset.
// verilator coverage_off
`default_nettype none

module gca_pwm_bank_cover #(
    parameter int unsigned Channels = 1,
    parameter int unsigned Levels = 1
) (
    input wire logic clk_i,
    input wire logic rst_ni,
    input wire logic start_i,
    input wire logic [Channels*((Levels > 1) ? $clog2(Levels) : 1)-1:0] code_i,
    input wire logic [Channels-1:0] pulse_o,
    input wire logic [((Levels > 1) ? $clog2(Levels) : 1)-1:0] phase_q
);

  localparam int unsigned CodeW = (Levels > 1) ? $clog2(Levels) : 1;
  logic [Channels-1:0] zero, longest, beyond;
  for (genvar c = 0; c < Channels; c++) begin : gen_code
    assign zero[c] = code_i[c*CodeW +: CodeW] == '0;
    assign longest[c] = code_i[c*CodeW +: CodeW] == CodeW'(Levels - 1);
    assign beyond[c] = code_i[c*CodeW +: CodeW] > CodeW'(Levels - 1);
  end

  // verilator coverage_on
  StartsWithAllCodesZero_C: cover property (@(posedge clk_i) disable iff (!rst_ni) start_i && (&zero));
  StartsWithAllCodesAtFullScale_C: cover property (@(posedge clk_i) disable iff (!rst_ni) start_i && (&longest));
  StartsWithZeroBesideFullScale_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      start_i && (|zero) && (|longest));
  StartsWithACodeBeyondTheLastLevel_C: cover property (@(posedge clk_i) disable iff (!rst_ni) start_i && (|beyond));
  StartsFromRest_C: cover property (@(posedge clk_i) disable iff (!rst_ni) start_i && phase_q == CodeW'(Levels - 1));
  JoinsAFullScalePulse_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      start_i && phase_q != CodeW'(Levels - 1) && (|pulse_o) && !(&zero));
  EndsInZeroAfterAFullScalePulse_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      start_i && phase_q != CodeW'(Levels - 1) && (|(pulse_o & zero)));
  CodesMoveAtRest_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      phase_q == CodeW'(Levels - 1) && !start_i && code_i != $past(code_i));
  ResetInMidPulse_C: cover property (@(negedge rst_ni) |pulse_o);

endmodule

bind gca_pwm_bank gca_pwm_bank_cover #(.Channels(Channels), .Levels(Levels)) u_cover (.*);

`default_nettype wire
