// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_status: counts the tokens delivered and the counters that ended full.
//
// Contract: token_i adds one to tokens_o. scan_i (one cycle) starts a walk over the sub-tiles, TilesAtOnce a cycle from the
//   next cycle on, that counts the full counters and adds them to saturated_o, two cycles later; full_i must hold for the
//   ScanCycles cycles after scan_i, and scan_i must not come again in the first ScanCycles-1 of them. Both counters wrap at
//   2^32; clear_i sets them to 0 (and loses what the same cycle would add).
//
// Latency: tokens_o one cycle, saturated_o complete ScanCycles + 3 cycles after scan_i. Reset: asynchronous, to 0.
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
  localparam int unsigned SliceW = TilesAtOnce * Channels;
  // A slice is counted in parts of a few channels, these are added up in two halves, so that no adder is deep.
  localparam int unsigned PartChannels = 7;
  localparam int unsigned Parts = (SliceW + PartChannels - 1) / PartChannels;
  localparam int unsigned PartW = $clog2(PartChannels + 1);
  localparam int unsigned TotalW = $clog2((Parts + 1) / 2 * PartChannels + 1);

  logic [Steps-1:0] walk_q;  // one-hot: the slice of this cycle; none at rest
  logic [Parts*PartChannels-1:0] slice;
  logic [PartChannels-1:0] part;  // by itself: Icarus 11 miscounts $countones of a part select
  logic [Parts*PartW-1:0] part_d, part_q;
  logic [2*TotalW-1:0] total_d, total_q;  // in parts with an even number, in the others
  logic [Steps*SliceW-1:0] full;

  always_comb begin
    full = (Steps * SliceW)'(full_i);
    slice = '0;
    for (int unsigned s = 0; s < Steps; s++) begin
      if (walk_q[s]) slice = slice | (Parts * PartChannels)'(full[s*SliceW +: SliceW]);
    end
    total_d = '0;
    for (int unsigned p = 0; p < Parts; p++) begin
      part = slice[p*PartChannels +: PartChannels];
      part_d[p*PartW +: PartW] = PartW'($countones(part));
      total_d[p%2*TotalW +: TotalW] = total_d[p%2*TotalW +: TotalW] + TotalW'(part_q[p*PartW +: PartW]);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      walk_q      <= '0;
      part_q      <= '0;
      total_q     <= '0;
      tokens_o    <= '0;
      saturated_o <= '0;
    end else begin
      walk_q  <= (walk_q << 1) | Steps'(scan_i);
      part_q  <= part_d;
      total_q <= total_d;
      if (clear_i) begin
        tokens_o    <= '0;
        saturated_o <= '0;
      end else begin
        if (token_i) tokens_o <= tokens_o + gca_pkg::StatusW'(1);
        saturated_o <= saturated_o + gca_pkg::StatusW'(total_q[0 +: TotalW])
                       + gca_pkg::StatusW'(total_q[TotalW +: TotalW]);
      end
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (scan_i) begin
        AScanWaitsForTheOneBefore_M: assume (walk_q << 1 == '0);
      end
    end
  end
`endif

endmodule

`default_nettype wire
