// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// Properties of gca_adder_bank. For channel 0 whatever the time between add_i and sum_i, with the partial sums' registers in
// sight; for a channel that the solver chooses, without them, for sum_i at most Gap cycles after add_i. Each channel has
// adders of its own, copies of the same text.
`default_nettype none

module gca_adder_bank_check #(
    parameter int unsigned Channels = 64,
    parameter int unsigned Tiles    = 16,
    parameter int unsigned Levels   = 16,
    localparam int unsigned CountW  = (Levels > 1) ? $clog2(Levels) : 1,
    localparam int unsigned SumW    = $clog2(Tiles * (Levels - 1) + 1) + 1,
    parameter int unsigned Radix    = 4,
    parameter int unsigned Groups   = 4,
    parameter int unsigned PartialW = 7
) (
    input wire logic                             clk_i,
    input wire logic                             rst_ni,
    input wire logic                             add_i,
    input wire logic                             sum_i,
    input wire logic [Tiles*CountW*Channels-1:0] count_i,
    input wire logic [Tiles*Channels-1:0]        sign_i,
    input wire logic [Channels*SumW-1:0]         sum_o,
    input wire logic [Groups*PartialW-1:0]       partial_q
);

  // One sum over all tiles, and that of each group of Radix tiles, in 32 bits.
  logic signed [31:0] total, of_groups, term;
  logic [Groups*32-1:0] group;
  logic [CountW-1:0] count;
  logic counts_legal, partials_right;
  always_comb begin
    total = '0;
    group = '0;
    counts_legal = 1'b1;
    for (int unsigned t = 0; t < Tiles; t++) begin
      for (int unsigned b = 0; b < CountW; b++) count[b] = count_i[(t*CountW+b)*Channels];
      term = sign_i[t*Channels] ? -$signed(32'(count)) : $signed(32'(count));
      total = total + term;
      group[t/Radix*32 +: 32] = group[t/Radix*32 +: 32] + term;
      if (32'(count) > 32'(Levels - 1)) counts_legal = 1'b0;
    end
    partials_right = 1'b1;
    of_groups = '0;
    for (int unsigned g = 0; g < Groups; g++) begin
      of_groups = of_groups + $signed(group_q[g*32 +: 32]);
      if (32'($signed(partial_q[g*PartialW +: PartialW])) != $signed(group_q[g*32 +: 32])) partials_right = 1'b0;
    end
  end

  // The sums of the last add_i and of the last sum_i, and whether there were any.
  logic signed [31:0] added_q, summed_q;
  logic [Groups*32-1:0] group_q;
  logic any_added_q, any_summed_q, sum_q;
  wire logic signed [31:0] sum = 32'($signed(sum_o[SumW-1:0]));

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      added_q <= '0;
      group_q <= '0;
      summed_q <= '0;
      any_added_q <= 1'b0;
      any_summed_q <= 1'b0;
      sum_q <= 1'b0;
    end else begin
      sum_q <= sum_i;
      if (add_i) begin
        added_q <= total;
        group_q <= group;
        any_added_q <= 1'b1;
        CountsAreBelowLevels_M: assume (counts_legal);
      end
      if (sum_i) begin
        summed_q <= added_q;
        any_summed_q <= any_added_q;
      end

      if (any_added_q) begin
        PartialSumsAreThoseOfTheirGroups_A: assert (partials_right);
        GroupsMakeUpTheTotal_A: assert (of_groups == added_q);
      end
      if (any_summed_q) begin
        SumEqualsTheSignedCounts_A: assert (sum == summed_q);
        GreatestSum_C: cover (sum == $signed(32'(Tiles * (Levels - 1))));
        LeastSum_C: cover (sum == -$signed(32'(Tiles * (Levels - 1))));
        NextAddedWhileSummed_C: cover (sum_q && added_q == -sum && sum > 0);
      end
    end
  end

  initial ResetComesFirst_M: assume (!rst_ni);

endmodule

bind gca_adder_bank gca_adder_bank_check #(
    .Channels(Channels), .Tiles(Tiles), .Levels(Levels), .Radix(Radix), .Groups(Groups), .PartialW(PartialW)
) u_check (.partial_q(gen_channel[0].partial_q), .*);

`default_nettype wire
