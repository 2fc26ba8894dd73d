// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_write_ctrl (S0): the write-address controller, a ring over the columns of all sub-tiles.
//
// Contract
//   accept_i steps the ring: the new token's column is the one after its predecessor's, and column 0 after column
//   window-1. With new_sequence_i, or for the first token after reset, the ring starts again at column 0, every other
//   column becomes invalid, and window_i (1..Tiles*TileTokens; anything else counts as Tiles*TileTokens) is taken over;
//   it is not looked at otherwise.
//   The token's column travels with it: k_* select it from the accepting edge, v_* from the edge of score_start_i, and
//   valid_o, for the token of the last mix_start_i and while c2p1_emit_i is high, for each column that holds a token of its
//   sequence. A token's score_start_i comes before the next accept_i, its mix_start_i before the next score_start_i.
//   An address changes at the edge that raises its enable; lines decoded from both may glitch there, and are re-timed at the
//   boundary like all controls (gca_head).
//
// Latency: one cycle from each strobe to its select. Reset: asynchronous, to the empty ring.
`default_nettype none

module gca_write_ctrl #(
    parameter int unsigned TileTokens = 64,
    parameter int unsigned Tiles      = 16,
    localparam int unsigned Columns   = TileTokens * Tiles,
    localparam int unsigned WindowW   = (Columns > 0) ? $clog2(Columns + 1) : 1
) (
    input  wire logic               clk_i,
    input  wire logic               rst_ni,

    input  wire logic               accept_i,
    input  wire logic               new_sequence_i,
    input  wire logic [WindowW-1:0] window_i,
    input  wire logic               score_start_i,
    input  wire logic               mix_start_i,

    // enables, and the same spread over the columns
    input  wire logic               k_discharge_i,
    input  wire logic               k_write_i,
    input  wire logic               v_discharge_i,
    input  wire logic               v_write_i,
    input  wire logic               c2p1_emit_i,
    output logic      [Columns-1:0] k_discharge_o,
    output logic      [Columns-1:0] k_write_o,
    output logic      [Columns-1:0] v_discharge_o,
    output logic      [Columns-1:0] v_write_o,
    output logic      [Columns-1:0] valid_o
);

  localparam int unsigned TileW = (Tiles > 1) ? $clog2(Tiles) : 1;
  localparam int unsigned ColW = (TileTokens > 1) ? $clog2(TileTokens) : 1;
  localparam int unsigned AddressW = (Columns > 1) ? $clog2(Columns) : 1;

  // A column's address. `left` counts the columns of the window behind it, so that the wrap needs no comparison of sums.
  logic [TileW-1:0] tile_q, tile_d;
  logic [ColW-1:0] col_q, col_d;
  logic [AddressW-1:0] left_q, left_d;
  logic [AddressW-1:0] last_q, last_d;  // of the window: its size - 1
  // The highest column that holds a token of this sequence, and whether that is the window's last.
  logic [TileW-1:0] top_tile_q, top_tile_d;
  logic [ColW-1:0] top_col_q, top_col_d;
  logic full_q, full_d, empty_q;

  logic [TileW-1:0] v_tile_q, score_top_tile_q, mix_top_tile_q;
  logic [ColW-1:0] v_col_q, score_top_col_q, mix_top_col_q;

  logic restart, wrap;

  always_comb begin
    restart = new_sequence_i || empty_q;
    last_d = last_q;
    if (restart) begin
      last_d = AddressW'(Columns - 1);
      if (window_i != '0 && window_i < WindowW'(Columns)) last_d = AddressW'(window_i - WindowW'(1));
    end
    wrap = left_q == '0;

    if (restart || wrap) begin
      tile_d = '0;
      col_d = '0;
      left_d = last_d;
    end else begin
      tile_d = tile_q;
      col_d = col_q + ColW'(1);
      left_d = left_q - AddressW'(1);
      if (col_q == ColW'(TileTokens - 1)) begin
        tile_d = tile_q + TileW'(1);
        col_d = '0;
      end
    end

    full_d = !restart && (full_q || wrap);
    top_tile_d = full_d ? top_tile_q : tile_d;
    top_col_d = full_d ? top_col_q : col_d;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      tile_q     <= '0;
      col_q      <= '0;
      left_q     <= '0;
      last_q     <= AddressW'(Columns - 1);
      top_tile_q <= '0;
      top_col_q  <= '0;
      full_q     <= 1'b0;
      empty_q    <= 1'b1;
    end else if (accept_i) begin
      tile_q     <= tile_d;
      col_q      <= col_d;
      left_q     <= left_d;
      last_q     <= last_d;
      top_tile_q <= top_tile_d;
      top_col_q  <= top_col_d;
      full_q     <= full_d;
      empty_q    <= 1'b0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      v_tile_q         <= '0;
      v_col_q          <= '0;
      score_top_tile_q <= '0;
      score_top_col_q  <= '0;
    end else if (score_start_i) begin
      v_tile_q         <= tile_q;
      v_col_q          <= col_q;
      score_top_tile_q <= top_tile_q;
      score_top_col_q  <= top_col_q;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mix_top_tile_q <= '0;
      mix_top_col_q  <= '0;
    end else if (mix_start_i) begin
      mix_top_tile_q <= score_top_tile_q;
      mix_top_col_q  <= score_top_col_q;
    end
  end

  // One-hot lines: the tile's select and the column's select, both decoded once, meet at the column.
  always_comb begin
    k_discharge_o = '0;
    k_write_o = '0;
    v_discharge_o = '0;
    v_write_o = '0;
    for (int unsigned t = 0; t < Tiles; t++) begin
      if (tile_q == TileW'(t)) begin
        if (k_discharge_i) k_discharge_o[t*TileTokens +: TileTokens] = TileTokens'(1) << col_q;
        if (k_write_i) k_write_o[t*TileTokens +: TileTokens] = TileTokens'(1) << col_q;
      end
      if (v_tile_q == TileW'(t)) begin
        if (v_discharge_i) v_discharge_o[t*TileTokens +: TileTokens] = TileTokens'(1) << v_col_q;
        if (v_write_i) v_write_o[t*TileTokens +: TileTokens] = TileTokens'(1) << v_col_q;
      end
    end
  end

  always_comb begin
    valid_o = '0;
    if (c2p1_emit_i) begin
      for (int unsigned t = 0; t < Tiles; t++) begin
        if (TileW'(t) < mix_top_tile_q) valid_o[t*TileTokens +: TileTokens] = '1;
        if (TileW'(t) == mix_top_tile_q) begin
          valid_o[t*TileTokens +: TileTokens] =
              {TileTokens{1'b1}} >> (ColW'(TileTokens - 1) - mix_top_col_q);
        end
      end
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (accept_i) begin
        TheRingIsTheWindow_A: assert (empty_q || (left_q <= last_q && 32'(last_q) < Columns));
        AddressesAreThoseOfColumns_A: assert (
            32'(tile_q) < Tiles && 32'(top_tile_q) < Tiles && 32'(v_tile_q) < Tiles
            && 32'(score_top_tile_q) < Tiles && 32'(mix_top_tile_q) < Tiles
            && 32'(col_q) < TileTokens && 32'(top_col_q) < TileTokens && 32'(v_col_q) < TileTokens
            && 32'(score_top_col_q) < TileTokens && 32'(mix_top_col_q) < TileTokens);
      end
    end
  end
`endif

endmodule

`default_nettype wire
