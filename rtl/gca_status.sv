// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_status: counts the tokens delivered and the counters that ended full.
//
// Contract: token_i adds one to tokens_o. scan_i (one cycle, the counts final) starts a walk over the sub-tiles, TilesAtOnce
//   a cycle from that cycle on, that counts the full counters and adds them to saturated_o a cycle later; full_i must hold for
//   ScanCycles cycles, and scan_i must not come again before. Both counters wrap at 2^32; clear_i sets them to 0 (and loses
//   what the same cycle would add).
//
// Latency: tokens_o one cycle, saturated_o complete ScanCycles + 1 cycles after scan_i. Reset: asynchronous, to 0.
`default_nettype none

module gca_status #(
    parameter int unsigned Channels   = 64,
    parameter int unsigned Tiles      = 16,
    parameter int unsigned ScanCycles = 16
) (
    input  wire logic                        clk_i,
    input  wire logic                        rst_ni,

    input  wire logic                        clear_i,
    input  wire logic                        token_i,
    input  wire logic                        scan_i,
    input  wire logic [Tiles*Channels-1:0]   full_i,
    output logic      [gca_pkg::StatusW-1:0] tokens_o,
    output logic      [gca_pkg::StatusW-1:0] saturated_o
);

  localparam int unsigned TilesAtOnce = (Tiles > 0) ? (Tiles + ScanCycles - 1) / ScanCycles : 1;
  localparam int unsigned Steps = (Tiles + TilesAtOnce - 1) / TilesAtOnce;
  localparam int unsigned StepW = $clog2(Steps + 1);
  localparam int unsigned SliceW = TilesAtOnce * Channels;
  localparam int unsigned FoundW = $clog2(SliceW + 1);

  logic [StepW-1:0] step_q, step_d;  // Steps: at rest
  logic [SliceW-1:0] slice;
  logic [FoundW-1:0] found_q;
  logic [Steps*SliceW-1:0] full;

  always_comb begin
    full = (Steps * SliceW)'(full_i);
    step_d = step_q;
    if (scan_i) step_d = StepW'(1);
    else if (step_q != StepW'(Steps)) step_d = step_q + StepW'(1);
    slice = '0;
    for (int unsigned s = 0; s < Steps; s++) begin
      if (scan_i ? s == 0 : step_q == StepW'(s)) slice = full[s*SliceW +: SliceW];
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      step_q      <= StepW'(Steps);
      found_q     <= '0;
      tokens_o    <= '0;
      saturated_o <= '0;
    end else begin
      step_q <= step_d;
      if (scan_i || step_q != StepW'(Steps)) found_q <= FoundW'($countones(slice));
      else found_q <= '0;
      if (clear_i) begin
        tokens_o    <= '0;
        saturated_o <= '0;
      end else begin
        if (token_i) tokens_o <= tokens_o + gca_pkg::StatusW'(1);
        saturated_o <= saturated_o + gca_pkg::StatusW'(found_q);
      end
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (scan_i) begin
        AScanWaitsForTheOneBefore_M: assume (step_q == StepW'(Steps));
      end
    end
  end
`endif

endmodule

`default_nettype wire
