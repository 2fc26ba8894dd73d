// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// Properties of gca_adder_bank. For channel 0 whatever the time between add_i and sum_i, with the registers between the two stages
// in sight; for a channel that the solver chooses, without them, for sum_i right after add_i. Each channel has
// adders of its own, copies of the same text.
`default_nettype none

module gca_adder_bank_check #(
    parameter int unsigned Channels = 64,
    parameter int unsigned Tiles    = 16,
    parameter int unsigned Levels   = 16,
    localparam int unsigned CountW  = (Levels > 1) ? $clog2(Levels) : 1,
    localparam int unsigned SumW    = $clog2(Tiles * (Levels - 1) + 1) + 1,
    parameter int unsigned Radix    = 8,
    parameter int unsigned Groups   = 2,
    parameter int unsigned GroupW   = 7,
    parameter int unsigned SignsW   = 5
) (
    input wire logic                             clk_i,
    input wire logic                             rst_ni,
    input wire logic                             add_i,
    input wire logic                             sum_i,
    input wire logic [Tiles*CountW*Channels-1:0] count_i,
    input wire logic [Tiles*Channels-1:0]        sign_i,
    input wire logic [Channels*SumW-1:0]         sum_o,
    input wire logic [Groups*GroupW-1:0]         group_q,
    input wire logic [SignsW-1:0]                negative_q
);

  localparam logic signed [31:0] Most = 32'(Tiles * (Levels - 1));
  localparam int unsigned ChannelW = (Channels > 1) ? $clog2(Channels) : 1;

  logic [ChannelW-1:0] channel;
  gca_chosen #(.Count(Channels)) u_channel (.value_o(channel));

  // One sum over all tiles, the number of negative counts, and the sum of each group's counts or complements, in 32 bits; one
  // sum for the chosen channel.
  logic signed [31:0] total, negative, of_groups, term, chosen_total, chosen_term;
  logic [Groups*32-1:0] group;
  logic [CountW-1:0] count, entering, chosen_count;
  logic [31:0] greatest;
  logic counts_legal, groups_right;
  always_comb begin
    total = '0;
    negative = '0;
    group = '0;
    chosen_total = '0;
    counts_legal = 1'b1;
    for (int unsigned t = 0; t < Tiles; t++) begin
      for (int unsigned b = 0; b < CountW; b++) begin
        count[b] = count_i[(t*CountW+b)*Channels];
        chosen_count[b] = count_i[(t*CountW+b)*Channels+32'(channel)];
      end
      term = sign_i[t*Channels] ? -$signed(32'(count)) : $signed(32'(count));
      total = total + term;
      negative = negative + 32'(sign_i[t*Channels]);
      entering = count ^ {CountW{sign_i[t*Channels]}};
      group[t/Radix*32 +: 32] = group[t/Radix*32 +: 32] + 32'(entering);
      chosen_term = sign_i[t*Channels+32'(channel)] ? -$signed(32'(chosen_count)) : $signed(32'(chosen_count));
      chosen_total = chosen_total + chosen_term;
      // Where Levels is a power of two, every count is legal.
      // verilator lint_off CMPCONST
      if (32'(count) > 32'(Levels - 1) || 32'(chosen_count) > 32'(Levels - 1)) counts_legal = 1'b0;
      // verilator lint_on CMPCONST
    end
    groups_right = 32'(negative_q) == added_negative_q && negative_q <= SignsW'(Tiles);
    of_groups = added_negative_q - (added_negative_q <<< CountW);
    for (int unsigned g = 0; g < Groups; g++) begin
      of_groups = of_groups + added_group_q[g*32 +: 32];
      greatest = 32'(((g + 1) * Radix > Tiles ? Tiles - g * Radix : Radix) * ((1 << CountW) - 1));
      if (added_group_q[g*32 +: 32] > greatest) groups_right = 1'b0;
      if (32'(group_q[g*GroupW +: GroupW]) != added_group_q[g*32 +: 32]) groups_right = 1'b0;
    end
  end

  // The sums of the last add_i and of the last sum_i, and whether there were any.
  logic signed [31:0] added_q, added_negative_q, summed_q;
  logic [Groups*32-1:0] added_group_q;
  logic any_added_q, any_summed_q, sum_q;
  wire logic signed [31:0] sum = 32'($signed(sum_o[SumW-1:0]));

  // The chosen channel: what was added in the cycle before, and whether it was summed at once.
  logic signed [31:0] chosen_added_q, chosen_summed_q;
  logic add_q, chosen_is_summed_q;
  wire logic [SumW-1:0] chosen_sum = sum_o[32'(channel)*SumW +: SumW];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      added_q <= '0;
      added_negative_q <= '0;
      added_group_q <= '0;
      summed_q <= '0;
      any_added_q <= 1'b0;
      any_summed_q <= 1'b0;
      sum_q <= 1'b0;
      chosen_added_q <= '0;
      chosen_summed_q <= '0;
      add_q <= 1'b0;
      chosen_is_summed_q <= 1'b0;
    end else begin
      sum_q <= sum_i;
      add_q <= add_i;
      if (add_i) begin
        added_q <= total;
        added_negative_q <= negative;
        added_group_q <= group;
        any_added_q <= 1'b1;
        chosen_added_q <= chosen_total;
        CountsAreBelowLevels_M: assume (counts_legal);
      end
      if (sum_i) begin
        summed_q <= added_q;
        any_summed_q <= any_added_q;
        chosen_summed_q <= chosen_added_q;
        chosen_is_summed_q <= add_q;
      end

      if (any_added_q) begin
        GroupsAndNegativeCountsAreThoseAdded_A: assert (groups_right);
        GroupsMakeUpTheTotal_A: assert (of_groups == added_q && added_q <= Most && added_q >= -Most);
      end
      if (chosen_is_summed_q && sum_q) begin
        SumOfEachChannelEqualsItsCounts_A: assert (32'($signed(chosen_sum)) == chosen_summed_q);
      end
      if (any_summed_q) begin
        SumEqualsTheSignedCounts_A: assert (sum == summed_q);
        GreatestSum_C: cover (sum == Most);
        LeastSum_C: cover (sum == -Most);
        NextAddedWhileSummed_C: cover (sum_q && added_q == -sum && sum > 0);
      end
    end
  end

  initial ResetComesFirst_M: assume (!rst_ni);

endmodule

bind gca_adder_bank gca_adder_bank_check #(
    .Channels(Channels), .Tiles(Tiles), .Levels(Levels), .Radix(Radix), .Groups(Groups), .GroupW(GroupW), .SignsW(SignsW)
) u_check (.group_q(gen_channel[0].group_q), .negative_q(gen_channel[0].negative_q), .*);

`default_nettype wire
