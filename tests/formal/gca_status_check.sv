// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// Properties of gca_status.
`default_nettype none

module gca_status_check #(
    parameter int unsigned Channels   = 64,
    parameter int unsigned Tiles      = 16,
    parameter int unsigned ScanCycles = 16,
    parameter int unsigned Steps      = 16,
    parameter int unsigned Parts      = 10,
    parameter int unsigned PartW      = 3,
    parameter int unsigned TotalW     = 6
) (
    input wire logic                        clk_i,
    input wire logic                        rst_ni,
    input wire logic                        clear_i,
    input wire logic                        token_i,
    input wire logic                        scan_i,
    input wire logic [Tiles*Channels-1:0]   full_i,
    input wire logic [gca_pkg::StatusW-1:0] tokens_o,
    input wire logic [gca_pkg::StatusW-1:0] saturated_o,
    input wire logic [Steps-1:0]            walk_q,
    input wire logic [Parts*PartW-1:0]      part_q,
    input wire logic [2*TotalW-1:0]         total_q
);

  localparam int unsigned StatusW = gca_pkg::StatusW;
  localparam int unsigned ScanW = $clog2(ScanCycles + 1);

  logic [StatusW-1:0] counted;  // with what is added a cycle and two cycles later
  always_comb begin
    counted = saturated_o + StatusW'(total_q[0 +: TotalW]) + StatusW'(total_q[TotalW +: TotalW]);
    for (int unsigned p = 0; p < Parts; p++) counted = counted + StatusW'(part_q[p*PartW +: PartW]);
  end

  logic [StatusW-1:0] tokens_q;  // delivered since the last clear_i
  logic clear_q;

  // The scan that began last: begin_q: its first cycle is this one; cycles since then (ScanCycles: over), whether nothing was
  // cleared in it, what was to be counted, and the count that it began from.
  logic begin_q;
  logic [ScanW-1:0] scan_q;
  logic whole_q;
  logic [Tiles*Channels-1:0] full_q;
  logic [StatusW-1:0] base_q;
  wire logic over = scan_q == ScanW'(ScanCycles);

  // The full counters of all sub-tiles, and of those that the walk has passed: TilesAtOnce in each cycle.
  localparam int unsigned TilesAtOnce = (Tiles + ScanCycles - 1) / ScanCycles;
  logic [StatusW-1:0] all_full, passed_full;
  always_comb begin
    all_full = '0;
    passed_full = '0;
    for (int unsigned t = 0; t < Tiles; t++) begin
      if (32'(scan_q) * TilesAtOnce == t) passed_full = all_full;
      all_full = all_full + StatusW'($countones(full_q[t*Channels +: Channels]));
    end
    if (32'(scan_q) * TilesAtOnce >= Tiles) passed_full = all_full;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      tokens_q <= '0;
      clear_q <= 1'b0;
      begin_q <= 1'b0;
      scan_q <= ScanW'(ScanCycles);
      whole_q <= 1'b0;
      full_q <= '0;
      base_q <= '0;
    end else begin
      clear_q <= clear_i;
      if (clear_i) tokens_q <= '0;
      else if (token_i) tokens_q <= tokens_q + StatusW'(1);

      begin_q <= scan_i;
      if (begin_q) begin
        scan_q <= ScanW'(1);
        whole_q <= !clear_i;
        full_q <= full_i;
        base_q <= counted;
        ScanWaitsForTheLastOne_M: assume (over);
      end else begin
        if (!over) scan_q <= scan_q + ScanW'(1);
        if (clear_i) whole_q <= 1'b0;
      end
      FullHoldsForScanCycles_M: assume (over || full_i == full_q);

      TokensCountsTokensSinceClear_A: assert (tokens_o == tokens_q);
      if (over && whole_q) begin
        SaturatedGrowsByTheFullCounters_A: assert (counted == base_q + all_full);
      end
      if (whole_q) SaturatedGrowsTileByTile_A: assert (counted == base_q + passed_full);
      WalkIsWhereTheTimeIs_A: assert (scan_q != '0 && scan_q <= ScanW'(ScanCycles)
                                      && walk_q == ((over ? '0 : Steps'(1) << scan_q) | Steps'(begin_q)));
      if (clear_q) ClearSetsBothToZero_A: assert (tokens_o == '0 && saturated_o == '0);
      AllFull_C: cover (over && whole_q && full_q == '1);
      ClearedDuringAScan_C: cover (!over && clear_q && scan_q != ScanW'(1));
      ScansBackToBack_C: cover (over && whole_q && begin_q && full_q != '0 && full_i == ~full_q);
    end
  end

  initial ResetComesFirst_M: assume (!rst_ni);

endmodule

bind gca_status gca_status_check #(
    .Channels(Channels), .Tiles(Tiles), .ScanCycles(ScanCycles), .Steps(Steps), .Parts(Parts), .PartW(PartW),
    .TotalW(TotalW)
) u_check (.*);

`default_nettype wire
