// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_write_ctrl_cover: functional points of gca_write_ctrl. Windows, wraps and sequences.
// verilator coverage_off
`default_nettype none

module gca_write_ctrl_cover #(
    parameter int unsigned TileTokens = 1,
    parameter int unsigned Tiles = 1
) (
    input wire logic clk_i,
    input wire logic rst_ni,
    input wire logic accept_i,
    input wire logic new_sequence_i,
    input wire logic [$clog2(TileTokens*Tiles + 1)-1:0] window_i,
    input wire logic restart,
    input wire logic wrap,
    input wire logic full_q,
    input wire logic empty_q,
    input wire logic c2p1_emit_i,
    input wire logic v_write_i,
    input wire logic [(TileTokens*Tiles > 1 ? $clog2(TileTokens*Tiles) : 1)-1:0] left_q,
    input wire logic [(TileTokens*Tiles > 1 ? $clog2(TileTokens*Tiles) : 1)-1:0] last_q,
    input wire logic [((Tiles > 1) ? $clog2(Tiles) : 1)-1:0] tile_q,
    input wire logic [((TileTokens > 1) ? $clog2(TileTokens) : 1)-1:0] col_q,
    input wire logic [((Tiles > 1) ? $clog2(Tiles) : 1)-1:0] v_tile_q,
    input wire logic [((TileTokens > 1) ? $clog2(TileTokens) : 1)-1:0] v_col_q,
    input wire logic [((Tiles > 1) ? $clog2(Tiles) : 1)-1:0] top_tile_q,
    input wire logic [((TileTokens > 1) ? $clog2(TileTokens) : 1)-1:0] top_col_q,
    input wire logic [((Tiles > 1) ? $clog2(Tiles) : 1)-1:0] mix_top_tile_q,
    input wire logic [((TileTokens > 1) ? $clog2(TileTokens) : 1)-1:0] mix_top_col_q
);

  localparam int unsigned Columns = TileTokens * Tiles;
  localparam int unsigned WindowW = $clog2(Columns + 1);
  localparam int unsigned ColW = (TileTokens > 1) ? $clog2(TileTokens) : 1;

  logic begins, goes_on, last_column;
  assign begins = accept_i && restart;
  assign goes_on = accept_i && !restart;
  assign last_column = col_q == ColW'(TileTokens - 1);

  // verilator coverage_on
  // How a sequence begins, and what it ends.
  FirstTokenAfterResetIsUnmarked_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      accept_i && empty_q && !new_sequence_i);
  FirstTokenAfterResetIsMarked_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      accept_i && empty_q && new_sequence_i);
  SequenceWasShorterThanItsWindow_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      accept_i && new_sequence_i && !empty_q && !full_q && !wrap);
  SequenceWasAsLongAsItsWindow_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      accept_i && new_sequence_i && !empty_q && !full_q && wrap);
  SequenceWasLongerThanItsWindow_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      accept_i && new_sequence_i && full_q && !wrap);
  SequenceEndsAtALaterWrap_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      accept_i && new_sequence_i && full_q && wrap);

  // Windows.
  WindowIsOneToken_C: cover property (@(posedge clk_i) disable iff (!rst_ni) begins && window_i == WindowW'(1));
  WindowIsPartOfTheRing_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      begins && window_i > WindowW'(1) && window_i < WindowW'(Columns));
  WindowIsTheRing_C: cover property (@(posedge clk_i) disable iff (!rst_ni) begins && window_i == WindowW'(Columns));
  WindowIsZero_C: cover property (@(posedge clk_i) disable iff (!rst_ni) begins && window_i == '0);
  WindowIsWiderThanTheRing_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      begins && window_i > WindowW'(Columns));
  WindowChanges_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      begins && !empty_q && window_i != '0 && window_i - WindowW'(1) != WindowW'(last_q));
  WindowPinMovesInMidSequence_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      goes_on && window_i - WindowW'(1) != WindowW'(last_q));

  // Steps and wraps.
  StepsWithinATile_C: cover property (@(posedge clk_i) disable iff (!rst_ni) goes_on && !wrap && !last_column);
  StepsIntoTheNextTile_C: cover property (@(posedge clk_i) disable iff (!rst_ni) goes_on && !wrap && last_column);
  WrapsForTheFirstTime_C: cover property (@(posedge clk_i) disable iff (!rst_ni) goes_on && wrap && !full_q);
  WrapsAgain_C: cover property (@(posedge clk_i) disable iff (!rst_ni) goes_on && wrap && full_q);
  WrapsInMidTile_C: cover property (@(posedge clk_i) disable iff (!rst_ni) goes_on && wrap && !last_column);
  WrapsAfterAWholeTile_C: cover property (@(posedge clk_i) disable iff (!rst_ni) goes_on && wrap && last_column);
  StaysInAWindowOfOne_C: cover property (@(posedge clk_i) disable iff (!rst_ni) goes_on && last_q == '0);

  // What the older token sees, and where its value goes.
  OneColumnIsValid_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      c2p1_emit_i && mix_top_tile_q == '0 && mix_top_col_q == '0);
  ATileIsPartlyValid_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      c2p1_emit_i && mix_top_col_q != ColW'(TileTokens - 1));
  LowerTilesAreValid_C: cover property (@(posedge clk_i) disable iff (!rst_ni) c2p1_emit_i && mix_top_tile_q != '0);
  MixesWithAnOlderView_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      c2p1_emit_i && {mix_top_tile_q, mix_top_col_q} != {top_tile_q, top_col_q});
  WritesAValueOfTheNewestColumn_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      v_write_i && {v_tile_q, v_col_q} == {tile_q, col_q});

  // Reset.
  ResetOfAnEmptyRing_C: cover property (@(negedge rst_ni) empty_q);
  ResetOfAPartlyFilledRing_C: cover property (@(negedge rst_ni) !empty_q && !full_q && left_q != '0);
  ResetOfAFullRing_C: cover property (@(negedge rst_ni) full_q);

endmodule

bind gca_write_ctrl gca_write_ctrl_cover #(.TileTokens(TileTokens), .Tiles(Tiles)) u_cover (.*);

`default_nettype wire
