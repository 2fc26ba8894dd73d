// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_status_cover: functional points of gca_status. Clears, wraps and what coincides.
// verilator coverage_off
`default_nettype none

module gca_status_cover #(
    parameter int unsigned Channels = 1,
    parameter int unsigned Tiles = 1,
    parameter int unsigned Steps = 1
) (
    input wire logic clk_i,
    input wire logic rst_ni,
    input wire logic clear_i,
    input wire logic token_i,
    input wire logic scan_i,
    input wire logic [Tiles*Channels-1:0] full_i,
    input wire logic [gca_pkg::StatusW-1:0] tokens_o,
    input wire logic [gca_pkg::StatusW-1:0] saturated_o,
    input wire logic [Steps-1:0] walk_q
);

  logic walks;
  assign walks = walk_q != '0;

  // verilator coverage_on
  TokenIsCounted_C: cover property (@(posedge clk_i) disable iff (!rst_ni) token_i && !clear_i);
  TokenWithAScan_C: cover property (@(posedge clk_i) disable iff (!rst_ni) token_i && scan_i && !clear_i);
  TokenInAWalk_C: cover property (@(posedge clk_i) disable iff (!rst_ni) token_i && walks && !clear_i);
  ClearAtRest_C: cover property (@(posedge clk_i) disable iff (!rst_ni) clear_i && !token_i && !scan_i && !walks);
  ClearWithAToken_C: cover property (@(posedge clk_i) disable iff (!rst_ni) clear_i && token_i);
  ClearWithAScan_C: cover property (@(posedge clk_i) disable iff (!rst_ni) clear_i && scan_i);
  ClearInAWalk_C: cover property (@(posedge clk_i) disable iff (!rst_ni) clear_i && walks);
  ClearWithATokenAndAScan_C: cover property (@(posedge clk_i) disable iff (!rst_ni) clear_i && token_i && scan_i);
  ScanOfNoFullCounter_C: cover property (@(posedge clk_i) disable iff (!rst_ni) scan_i && !(|full_i));
  ScanOfFullCountersOnly_C: cover property (@(posedge clk_i) disable iff (!rst_ni) scan_i && (&full_i));
  ScanOfSomeFullCounters_C: cover property (@(posedge clk_i) disable iff (!rst_ni) scan_i && (|full_i) && !(&full_i));
  TokensWrap_C: cover property (@(posedge clk_i) disable iff (!rst_ni) token_i && !clear_i && (&tokens_o));
  SaturatedWraps_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      saturated_o < $past(saturated_o) && !$past(clear_i) && $past(rst_ni));
  ResetInAWalk_C: cover property (@(negedge rst_ni) walks);
  ResetOfCounts_C: cover property (@(negedge rst_ni) tokens_o != '0 && saturated_o != '0);

endmodule

bind gca_status gca_status_cover #(.Channels(Channels), .Tiles(Tiles), .Steps(Steps)) u_cover (.*);

`default_nettype wire
