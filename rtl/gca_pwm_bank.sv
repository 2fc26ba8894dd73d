// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_pwm_bank (S1): turns codes into pulses whose width is the code. One phase counter serves all channels.
//
// Contract
//   pulse_o[c] is high for exactly code_i[c] cycles, the first of them the cycle after start_i; code 0 gives no pulse,
//   code Levels-1 (or a greater one, where Levels is no power of two) the longest. code_i must hold until the pulses have ended. start_i must not come again before Levels-1
//   cycles have passed. Every pulse comes straight from a flop.
//
// Latency: one cycle. Reset: asynchronous, no pulse.
`default_nettype none

module gca_pwm_bank #(
    parameter int unsigned Channels = 64,
    parameter int unsigned Levels   = 16,
    localparam int unsigned CodeW   = (Levels > 1) ? $clog2(Levels) : 1
) (
    input  wire logic                      clk_i,
    input  wire logic                      rst_ni,

    input  wire logic                      start_i,
    input  wire logic [Channels*CodeW-1:0] code_i,
    output logic      [Channels-1:0]       pulse_o
);

  // The last phase is the resting one.
  localparam logic [CodeW-1:0] Rest = CodeW'(Levels - 1);

  logic [CodeW-1:0] phase_q, phase_d;
  logic [Channels-1:0] pulse_q;

  always_comb begin
    phase_d = phase_q;
    if (start_i) phase_d = '0;
    else if (phase_q != Rest) phase_d = phase_q + CodeW'(1);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      phase_q <= Rest;
      pulse_q <= '0;
    end else if (start_i || phase_q != Rest) begin
      phase_q <= phase_d;
      for (int unsigned c = 0; c < Channels; c++) begin
        pulse_q[c] <= phase_d != Rest && phase_d < code_i[c*CodeW +: CodeW];
      end
    end
  end

  assign pulse_o = pulse_q;

`ifndef SYNTHESIS
  logic [Channels*CodeW-1:0] code_q;  // at the last start

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      code_q <= '0;
    end else begin
      if (start_i) code_q <= code_i;

      StartWaitsForTheLongestPulse_M: assume (!start_i || 32'(phase_q) + 2 >= Levels);
      if (phase_q == Rest) begin
        EveryPulseHasEndedAtRest_A: assert (pulse_q == '0);
      end else begin
        CodesHoldUntilTheLastCycle_M: assume (phase_q == Rest - CodeW'(1) || code_i == code_q);
        PhaseStaysWithinTheLongestPulse_A: assert (phase_q < Rest);
      end
      if (phase_q == Rest - CodeW'(1)) begin : last
        logic [Channels-1:0] longest;
        for (int unsigned c = 0; c < Channels; c++) longest[c] = code_q[c*CodeW +: CodeW] >= Rest;
        TheLastCycleIsThatOfTheGreatestCode_A: assert (pulse_q == longest);
      end
    end
  end
`endif

endmodule

`default_nettype wire
