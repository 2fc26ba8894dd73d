// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// Properties of gca_counter_bank, for a channel that the solver chooses.
`default_nettype none

module gca_counter_bank_check #(
    parameter int unsigned Channels = 64,
    parameter int unsigned Levels   = 16,
    localparam int unsigned CountW  = (Levels > 1) ? $clog2(Levels) : 1,
    localparam int unsigned ChannelW = (Channels > 1) ? $clog2(Channels) : 1
) (
    input wire logic                       clk_i,
    input wire logic                       enable_i,
    input wire logic                       first_i,
    input wire logic [Channels-1:0]        pulse_i,
    input wire logic [CountW*Channels-1:0] count_o,
    input wire logic [Channels-1:0]        full_o
);

  localparam int unsigned Max = Levels - 1;

  logic [ChannelW-1:0] channel;
  gca_chosen #(.Count(Channels)) u_channel (.value_o(channel));

  logic [CountW-1:0] count;
  always_comb begin
    for (int unsigned b = 0; b < CountW; b++) count[b] = count_o[b*Channels+32'(channel)];
  end

  // Cycles with the pulse since first_i; 16 bits, so that it runs far beyond the counter.
  logic started_q = 1'b0;
  logic [15:0] high_q;
  logic enable_q;
  logic [CountW-1:0] count_q;

  always_ff @(posedge clk_i) begin
    enable_q <= enable_i;
    count_q <= count;
    if (enable_i) begin
      if (first_i) begin
        started_q <= 1'b1;
        high_q <= 16'(pulse_i[channel]);
      end else if (high_q != '1) begin
        high_q <= high_q + 16'(pulse_i[channel]);
      end
    end

    if (started_q) begin
      CountEqualsCyclesOfThePulse_A: assert (16'(count) == ((high_q < 16'(Max)) ? high_q : 16'(Max)));
      FullMeansTheLastLevel_A: assert (full_o[channel] == (count == CountW'(Max)));
      CountHoldsWithoutEnable_A: assert (enable_q || count == count_q);
      SaturatedAndStillHigh_C: cover (high_q == 16'(Max + 2) && count == CountW'(Max));
      OneBelowFull_C: cover (high_q == 16'(Max - 1) && !full_o[channel]);
      StartedAgain_C: cover (enable_i && first_i && full_o[channel]);
    end
  end

endmodule

bind gca_counter_bank gca_counter_bank_check #(.Channels(Channels), .Levels(Levels)) u_check (.*);

`default_nettype wire
