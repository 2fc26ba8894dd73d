// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// Properties of gca_pwm_bank, for a channel that the solver chooses.
`default_nettype none

module gca_pwm_bank_check #(
    parameter int unsigned Channels = 64,
    parameter int unsigned Levels   = 16,
    localparam int unsigned CodeW   = (Levels > 1) ? $clog2(Levels) : 1
) (
    input wire logic                      clk_i,
    input wire logic                      rst_ni,
    input wire logic                      start_i,
    input wire logic [Channels*CodeW-1:0] code_i,
    input wire logic [Channels-1:0]       pulse_o,
    input wire logic [CodeW-1:0]          phase_q
);

  localparam int unsigned Longest = Levels - 1;
  localparam int unsigned TimeW = $clog2(Levels + 1);

  localparam int unsigned ChannelW = (Channels > 1) ? $clog2(Channels) : 1;

  logic [ChannelW-1:0] channel;
  gca_chosen #(.Count(Channels)) u_channel (.value_o(channel));

  wire logic [CodeW-1:0] code = code_i[32'(channel)*CodeW +: CodeW];
  wire logic pulse = pulse_o[channel];

  // Cycles since start_i, this one included (Longest + 1: no pulse may be high any more), high ones before this one.
  logic [TimeW-1:0] time_q, high_q;
  logic [CodeW-1:0] code_q;  // as it was at start_i
  wire logic resting = time_q > TimeW'(Longest);
  wire logic [TimeW-1:0] width = (TimeW'(code_q) < TimeW'(Longest)) ? TimeW'(code_q) : TimeW'(Longest);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      time_q <= TimeW'(Longest + 1);
      high_q <= '0;
      code_q <= '0;
    end else begin
      if (start_i) begin
        time_q <= TimeW'(1);
        high_q <= '0;
        code_q <= code;
        StartWaitsForTheLongestPulse_M: assume (time_q >= TimeW'(Longest));
      end else if (!resting) begin
        time_q <= time_q + TimeW'(1);
        high_q <= high_q + TimeW'(pulse);
      end

      PhaseCountsCyclesSinceStart_A: assert (TimeW'(phase_q) == time_q - TimeW'(1));
      // In its last cycle the longest pulse needs no code any more: the next start may bring another.
      CodeHoldsUntilTheLastCycle_M: assume (time_q >= TimeW'(Longest) || code == code_q);
      PulseBeginsAfterStart_A: assert (time_q != TimeW'(1) || pulse == (code_q != '0));
      PulseIsHighInItsFirstCyclesOnly_A: assert (pulse == (!resting && time_q <= width));
      PulseWidthEqualsCode_A: assert (time_q < TimeW'(Longest) || high_q + TimeW'(pulse) == width);
      HighCyclesAreTheFirstOnes_A: assert (high_q == ((time_q <= width) ? time_q - TimeW'(1) : width));
      LongestPulse_C: cover (time_q == TimeW'(Longest) && pulse);
      NoPulse_C: cover (time_q == TimeW'(Longest) && high_q == '0 && !pulse);
      NextStartWithoutPause_C: cover (time_q == TimeW'(Longest) && pulse && start_i);
    end
  end

  initial ResetComesFirst_M: assume (!rst_ni);

endmodule

bind gca_pwm_bank gca_pwm_bank_check #(.Channels(Channels), .Levels(Levels)) u_check (.*);

`default_nettype wire
