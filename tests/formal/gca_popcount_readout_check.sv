// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// Properties of gca_popcount_readout, for channel 0: each channel has an accumulator of its own, a copy of the same text. The
// sums are those that gca_counter_readout makes of the same samples: the sum over the sub-tiles of sign and number of
// counted samples that were high (gca_readout_tile_check, gca_adder_bank_check). The strobes are those that
// gca_sequencer_check proves.
`default_nettype none

module gca_popcount_readout_check #(
    parameter int unsigned Channels = 64,
    parameter int unsigned Tiles    = 16,
    parameter int unsigned Levels   = 16,
    localparam int unsigned OnesW   = (Tiles > 1) ? $clog2(Tiles) : 1,
    localparam int unsigned SumW    = $clog2(Tiles * (Levels - 1) + 1) + 1
) (
    input wire logic                           clk_i,
    input wire logic                           rst_ni,
    input wire logic [gca_pkg::SyncStages-1:0] sync_en_i,
    input wire logic                           count_en_i,
    input wire logic                           count_first_i,
    input wire logic                           add_i,
    input wire logic                           sum_i,
    input wire logic [Channels*SumW-1:0]       sum_o,
    input wire logic [Tiles*Channels-1:0]      full_o,
    input wire logic [Tiles*Channels-1:0]      pulse,
    input wire logic [Tiles*Channels-1:0]      sign,
    input wire logic [SumW*Channels-1:0]       sum_q,
    input wire logic [OnesW*Channels-1:0]      ones_q,
    input wire logic [Channels-1:0]            last_q
);

  localparam logic signed [31:0] Samples = 32'(Levels - 1);
  localparam logic signed [31:0] Most = 32'(Tiles * (Levels - 1));
  wire logic capture = sync_en_i[gca_pkg::SyncStages-1] && !count_en_i;

  // Of terms that are high, and what the accumulator begins with.
  logic [31:0] ones;
  logic [SumW-1:0] sum;
  always_comb begin
    ones = 32'(last_q[0]);
    for (int unsigned b = 0; b < OnesW; b++) ones = ones + (32'(ones_q[b*Channels]) << b);
    for (int unsigned b = 0; b < SumW; b++) sum[b] = sum_q[b*Channels];
  end
  wire logic [SumW-1:0] start = sign[(Tiles-1)*Channels] ? '0 : SumW'(Levels);

  logic signed [31:0] step, negative, most;
  always_comb begin
    step = '0;
    negative = '0;
    for (int unsigned t = 0; t < Tiles; t++) begin
      if (pulse[t*Channels]) step = step + (sign[t*Channels] ? -32'sd1 : 32'sd1);
      negative = negative + 32'(sign[t*Channels]);
    end
    most = taken_q * 32'(Tiles);
  end

  // Of the token that is counted: samples taken, the sum of the signed samples.
  logic counting_q, added_q, summed_q;
  logic signed [31:0] taken_q, total_q, result_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      counting_q <= 1'b0;
      added_q    <= 1'b0;
      summed_q   <= 1'b0;
      taken_q    <= '0;
      total_q    <= '0;
      result_q   <= '0;
    end else begin
      // From gca_sequencer: the signs are captured right before the first count, Samples counts follow one another, the addition
      // follows the last of them, and the sum is taken before the next signs are.
      CountsBeginWithTheFirst_M: assume (!count_first_i || (count_en_i && !counting_q && !added_q));
      CountsFollowOneAnother_M: assume (count_en_i == (count_first_i || (counting_q && taken_q != Samples)));
      AdditionFollowsTheLastCount_M: assume (add_i == (counting_q && taken_q == Samples));
      TheSumIsTakenOnce_M: assume (!sum_i || (added_q && !add_i));
      SignsAreCapturedBetweenTokens_M: assume (!capture || (!counting_q && !added_q));

      if (count_first_i) begin
        counting_q <= 1'b1;
        taken_q <= 32'sd1;
        total_q <= step;
      end else if (count_en_i) begin
        taken_q <= taken_q + 32'sd1;
        total_q <= total_q + step;
      end
      if (add_i) begin
        counting_q <= 1'b0;
        added_q <= 1'b1;
      end
      if (sum_i) begin
        added_q <= 1'b0;
        summed_q <= 1'b1;
        result_q <= total_q;
      end

      if (counting_q) begin
        SamplesAreThoseOfTheEmitPhase_A: assert (taken_q >= 32'sd1 && taken_q <= Samples);
        AccumulatorHoldsTheSamples_A: assert (sum + SumW'(ones) == start + SumW'(total_q + taken_q * negative)
                                               && ones <= Tiles);
      end
      if (added_q) begin
        AccumulatorHoldsTheSum_A: assert (sum == start + SumW'(total_q + Samples * negative) && taken_q == Samples
                                          && ones == negative && last_q[0] == sign[(Tiles-1)*Channels]);
      end
      if (counting_q || added_q) begin
        NoSampleCountsMoreThanOnce_A: assert (total_q <= most && total_q >= -most);
      end
      if (summed_q) begin
        SumEqualsTheSignedSamples_A: assert (32'($signed(sum_o[SumW-1:0])) == result_q
                                             && result_q <= Most && result_q >= -Most);
        GreatestSum_C: cover (result_q == Most);
        LeastSum_C: cover (result_q == -Most);
        NextCountedBesideTheResult_C: cover (counting_q && total_q < 0 && result_q > 0);
      end
      FullIsTheLastSample_A: assert (full_o == pulse);
    end
  end

  initial ResetComesFirst_M: assume (!rst_ni);

endmodule

bind gca_popcount_readout gca_popcount_readout_check #(.Channels(Channels), .Tiles(Tiles), .Levels(Levels)) u_check (.*);

`default_nettype wire
