// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// Properties of gca_readout_tile, for an output that the solver chooses: from the asynchronous pulse to the signed count.
// Samples are the clock edges at which pulse_i is looked at: a count belongs to the sample SyncStages edges before it.
`default_nettype none

module gca_readout_tile_check #(
    parameter int unsigned Channels = 64,
    parameter int unsigned Levels   = 16,
    parameter int unsigned ClockGates = 0,
    localparam int unsigned CountW  = (Levels > 1) ? $clog2(Levels) : 1,
    localparam int unsigned ChannelW = (Channels > 1) ? $clog2(Channels) : 1
) (
    input wire logic                       clk_i,
    input wire logic [gca_pkg::SyncStages-1:0] sync_en_i,
    input wire logic                       count_en_i,
    input wire logic                       count_first_i,
    input wire logic [Channels-1:0]        pulse_i,
    input wire logic [Channels-1:0]        sign_i,
    input wire logic [CountW*Channels-1:0] count_o,
    input wire logic [Channels-1:0]        sign_o,
    input wire logic [Channels-1:0]        full_o,
    input wire logic [Channels-1:0]        pulse_sync
);

  localparam int unsigned Max = Levels - 1;
  localparam int unsigned Stages = gca_pkg::SyncStages;

  logic [ChannelW-1:0] channel;
  gca_chosen #(.Count(Channels)) u_channel (.value_o(channel));

  logic [CountW-1:0] count;
  always_comb begin
    for (int unsigned b = 0; b < CountW; b++) count[b] = count_o[b*Channels+32'(channel)];
  end

  logic [Stages-1:0] samples_q;      // the last ones, the latest in the lowest bit
  logic [Stages-1:0] passed_q = '0;  // whether each was taken, and passed on at every edge since
  wire logic [Stages-1:0] enable = (ClockGates != 0) ? sync_en_i : {Stages{1'b1}};
  wire logic is_sampled = passed_q[Stages-1];

  // Of the count that began last: samples with the pulse high, and the sign at its first cycle.
  logic started_q = 1'b0;
  logic [15:0] high_q;
  logic sign_q;

  always_ff @(posedge clk_i) begin
    samples_q <= {samples_q[Stages-2:0], pulse_i[channel]};
    passed_q <= {passed_q[Stages-2:0], 1'b1} & enable;
    if (count_first_i) sign_q <= sign_i[channel];
    if (count_en_i) begin
      if (count_first_i) begin
        started_q <= is_sampled;
        high_q <= 16'(samples_q[Stages-1]);
      end else begin
        if (!is_sampled) started_q <= 1'b0;
        if (high_q != '1) high_q <= high_q + 16'(samples_q[Stages-1]);
      end
    end

    if (is_sampled) SynchroniserDelaysBothEdgesAlike_A: assert (pulse_sync[channel] == samples_q[Stages-1]);
    if (started_q) begin
      CountEqualsSamplesOfThePulse_A: assert (16'(count) == ((high_q < 16'(Max)) ? high_q : 16'(Max)));
      FullMeansTheLastLevel_A: assert (full_o[channel] == (count == CountW'(Max)));
      SignIsThatOfTheFirstCount_A: assert (sign_o[channel] == sign_q);
      CountsTheWholePulse_C: cover (!count_en_i && high_q == 16'(Max) && samples_q == '0 && full_o[channel]);
      CountsAPartOfThePulse_C: cover (!count_en_i && count == CountW'(2) && samples_q == '0);
      HoldsTheSignAgainstTheInput_C: cover (!count_en_i && sign_o[channel] && !sign_i[channel]);
    end
  end

endmodule

bind gca_readout_tile gca_readout_tile_check #(.Channels(Channels), .Levels(Levels), .ClockGates(ClockGates)) u_check (.*);

`default_nettype wire
