// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// Properties of gca_synchronizer, for every bit.
`default_nettype none

module gca_synchronizer_check #(
    parameter int unsigned Width      = 64,
    parameter int unsigned Stages     = 2,
    parameter int unsigned FreeStages = 0
) (
    input wire logic              clk_i,
    input wire logic [Stages-1:0] enable_i,
    input wire logic [Width-1:0]  async_i,
    input wire logic [Width-1:0]  sync_o
);

  // The samples of the last Stages edges, the latest in the lowest bits, and whether each was taken by the first stage and
  // has been passed on at every edge since.
  logic [Stages*Width-1:0] sample_q;
  logic [Stages-1:0] passed_q = '0;
  wire logic [Stages-1:0] enable = enable_i | ~({Stages{1'b1}} << FreeStages);

  wire logic [Width-1:0] then_d = sample_q[(Stages-1)*Width +: Width];
  wire logic is_then = passed_q[Stages-1];

  // The same before the last edge.
  logic [Width-1:0] earlier_q, before_q;
  logic was_then_q = 1'b0, is_held_q = 1'b0;

  always_ff @(posedge clk_i) begin
    sample_q <= {sample_q[(Stages-1)*Width-1:0], async_i};
    passed_q <= {passed_q[Stages-2:0], 1'b1} & enable;
    earlier_q <= then_d;
    was_then_q <= is_then;
    before_q <= sync_o;
    is_held_q <= !enable[Stages-1];

    if (is_then) begin
      OutputIsTheInputStagesEdgesAgo_A: assert (sync_o == then_d);
    end
    if (is_held_q) begin
      OutputHoldsWithoutEnable_A: assert (sync_o == before_q);
    end
    if (is_then && was_then_q) begin
      RisingEdgesAreDelayedByStages_A: assert ((sync_o & ~before_q) == (then_d & ~earlier_q));
      FallingEdgesAreDelayedByStages_A: assert ((~sync_o & before_q) == (~then_d & earlier_q));
      APulsePassed_C: cover (sync_o[0] && !before_q[0]);
    end
    HeldWhileTheInputPasses_C: cover (is_held_q && passed_q[0] && sync_o != sample_q[Width-1:0]);
  end

endmodule

bind gca_synchronizer gca_synchronizer_check #(.Width(Width), .Stages(Stages), .FreeStages(FreeStages)) u_check (.*);

`default_nettype wire
