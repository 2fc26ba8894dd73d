// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_synchronizer: the one place where asynchronous lines enter the clock domain.
//
// Contract: stage s takes over what is before it (stage 0: async_i) at each clock edge with enable_i[s] and holds otherwise; the
//   first FreeStages stages take over at every edge. With each bit of enable_i one cycle after the one below, or high for ever,
//   async_i as seen at an edge with enable_i[0] is in sync_o Stages edges later (that edge counted), rising and falling edges
//   alike, so that a pulse keeps its width in cycles. Each bit is on its own: bits that must agree with one another must not
//   cross here. A real first flop that is caught at the moment of an edge resolves either way, which shifts that edge by one
//   cycle: the count of a pulse is then uncertain by one. The model resolves to the value at the edge.
//
// Latency: Stages cycles. Reset: none; the input rules after Stages enabled cycles.
`default_nettype none

module gca_synchronizer #(
    parameter int unsigned Width      = 64,
    parameter int unsigned Stages     = 2,
    parameter int unsigned FreeStages = 0,
    parameter int unsigned ClockGates = 0
) (
    input  wire logic              clk_i,
    input  wire logic [Stages-1:0] enable_i,
    input  wire logic [Width-1:0]  async_i,
    output logic      [Width-1:0]  sync_o
);

  if (Stages < 2) begin : gen_too_few_stages
    $error("a synchroniser needs at least two stages");
  end

  logic [Width-1:0] stage [0:Stages];
  assign stage[0] = async_i;

  for (genvar s = 0; s < Stages; s++) begin : gen_stage
    wire logic clk;
    wire logic enable = s < FreeStages || enable_i[s];
    gca_clock_gate #(.ClockGates(ClockGates)) u_gate (.clk_i, .enable_i(enable), .clk_o(clk));

    logic [Width-1:0] stage_q;
    always_ff @(posedge clk) if (ClockGates != 0 || enable) stage_q <= stage[s];
    assign stage[s+1] = stage_q;
  end

  assign sync_o = stage[Stages];

endmodule

`default_nettype wire
