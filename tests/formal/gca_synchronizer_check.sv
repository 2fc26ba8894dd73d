// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// Properties of gca_synchronizer, for every bit.
`default_nettype none

module gca_synchronizer_check #(
    parameter int unsigned Width  = 64,
    parameter int unsigned Stages = 2
) (
    input wire logic             clk_i,
    input wire logic [Width-1:0] async_i,
    input wire logic [Width-1:0] sync_o
);

  // The input at the last Stages + 1 edges, the latest in the lowest bits, and how many edges there were.
  logic [(Stages+1)*Width-1:0] past_q;
  logic [Width-1:0] before_q;  // the output before the last edge
  logic [$clog2(Stages+2)-1:0] edges_q = '0;

  wire logic [Width-1:0] then_d = past_q[(Stages-1)*Width +: Width];
  wire logic [Width-1:0] earlier_d = past_q[Stages*Width +: Width];

  always_ff @(posedge clk_i) begin
    past_q <= {past_q[Stages*Width-1:0], async_i};
    before_q <= sync_o;
    if (edges_q != ($clog2(Stages+2))'(Stages + 1)) edges_q <= edges_q + 1'b1;

    if (edges_q >= ($clog2(Stages+2))'(Stages)) begin
      OutputIsTheInputStagesEdgesAgo_A: assert (sync_o == then_d);
    end
    if (edges_q > ($clog2(Stages+2))'(Stages)) begin
      RisingEdgesAreDelayedByStages_A: assert ((sync_o & ~before_q) == (then_d & ~earlier_d));
      FallingEdgesAreDelayedByStages_A: assert ((~sync_o & before_q) == (~then_d & earlier_d));
      APulsePassed_C: cover (sync_o[0] && !before_q[0]);
    end
  end

endmodule

bind gca_synchronizer gca_synchronizer_check #(.Width(Width), .Stages(Stages)) u_check (.*);

`default_nettype wire
