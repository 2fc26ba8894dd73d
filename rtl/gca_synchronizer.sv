// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_synchronizer: the one place where asynchronous lines enter the clock domain.
//
// Contract: async_i as seen at a clock edge is in sync_o Stages edges later (that edge counted), rising and falling edges
//   alike, so that a pulse keeps its width in cycles. Each bit is on its own: bits that must agree with one another must
//   not cross here. A real first flop that is caught at the moment of an edge resolves either way, which shifts that edge
//   by one cycle: the count of a pulse is then uncertain by one. The model resolves to the value at the edge.
//
// Latency: Stages cycles. Reset: none; the input rules after Stages cycles.
`default_nettype none

module gca_synchronizer #(
    parameter int unsigned Width  = 64,
    parameter int unsigned Stages = 2
) (
    input  wire logic             clk_i,
    input  wire logic [Width-1:0] async_i,
    output logic      [Width-1:0] sync_o
);

  if (Stages < 2) begin : gen_too_few_stages
    $error("a synchroniser needs at least two stages");
  end

  logic [Width-1:0] stage_q [0:Stages-1];

  always_ff @(posedge clk_i) begin
    stage_q[0] <= async_i;
    for (int unsigned s = 1; s < Stages; s++) stage_q[s] <= stage_q[s-1];
  end

  assign sync_o = stage_q[Stages-1];

endmodule

`default_nettype wire
