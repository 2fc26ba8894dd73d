// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// Properties of gca_write_ctrl, for a column that the solver chooses, so for each. As the line of each column is high for the
// token's column alone, no two are high.
`default_nettype none

module gca_write_ctrl_check #(
    parameter int unsigned TileTokens = 64,
    parameter int unsigned Tiles      = 16,
    localparam int unsigned Columns   = TileTokens * Tiles,
    localparam int unsigned WindowW   = $clog2(Columns + 1),
    localparam int unsigned AddressW  = (Columns > 1) ? $clog2(Columns) : 1,
    localparam int unsigned TileW     = (Tiles > 1) ? $clog2(Tiles) : 1,
    localparam int unsigned ColW      = (TileTokens > 1) ? $clog2(TileTokens) : 1
) (
    input wire logic                clk_i,
    input wire logic                rst_ni,
    input wire logic                accept_i,
    input wire logic                new_sequence_i,
    input wire logic [WindowW-1:0]  window_i,
    input wire logic                score_start_i,
    input wire logic                mix_start_i,
    input wire logic                k_discharge_i,
    input wire logic                k_write_i,
    input wire logic                v_discharge_i,
    input wire logic                v_write_i,
    input wire logic                c2p1_emit_i,
    input wire logic [Columns-1:0]  k_discharge_o,
    input wire logic [Columns-1:0]  k_write_o,
    input wire logic [Columns-1:0]  v_discharge_o,
    input wire logic [Columns-1:0]  v_write_o,
    input wire logic [Columns-1:0]  valid_o,

    input wire logic [TileW-1:0]    tile_q,
    input wire logic [ColW-1:0]     col_q,
    input wire logic [AddressW-1:0] left_q,
    input wire logic [AddressW-1:0] last_q,
    input wire logic [TileW-1:0]    top_tile_q,
    input wire logic [ColW-1:0]     top_col_q,
    input wire logic                full_q,
    input wire logic                empty_q,
    input wire logic [TileW-1:0]    v_tile_q,
    input wire logic [ColW-1:0]     v_col_q,
    input wire logic [TileW-1:0]    score_top_tile_q,
    input wire logic [ColW-1:0]     score_top_col_q,
    input wire logic [TileW-1:0]    mix_top_tile_q,
    input wire logic [ColW-1:0]     mix_top_col_q
);

  localparam logic [WindowW-1:0] All = WindowW'(Columns);

  logic [AddressW-1:0] chosen;
  gca_chosen #(.Count(Columns)) u_column (.value_o(chosen));

  wire logic [WindowW-1:0] column = WindowW'(chosen);

  // The ring as the contract tells it: columns are plain numbers.
  logic any_q, any_score_q, any_mix_q;  // there was a token, one in the score phase, one in the mix phase
  logic [WindowW-1:0] window_q, k_column_q, v_column_q;
  logic written_q, written_score_q, written_mix_q;  // `column` holds a token of the sequence, as each phase's token sees it
  logic [WindowW-1:0] since_q;  // tokens of this sequence since the one in `column`; none yet: of the sequence
  logic wrapped_q;

  logic restart;
  logic [WindowW-1:0] window_d, k_column_d;
  always_comb begin
    restart = new_sequence_i || !any_q;
    window_d = window_q;
    if (restart) window_d = (window_i == '0 || window_i > All) ? All : window_i;
    k_column_d = (restart || k_column_q == window_q - WindowW'(1)) ? '0 : k_column_q + WindowW'(1);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      any_q           <= 1'b0;
      any_score_q     <= 1'b0;
      any_mix_q       <= 1'b0;
      window_q        <= All;
      k_column_q      <= '0;
      v_column_q      <= '0;
      written_q       <= 1'b0;
      written_score_q <= 1'b0;
      written_mix_q   <= 1'b0;
      since_q         <= '0;
      wrapped_q       <= 1'b0;
    end else begin
      if (accept_i) begin
        any_q      <= 1'b1;
        window_q   <= window_d;
        k_column_q <= k_column_d;
        written_q  <= k_column_d == column || (written_q && !restart);
        since_q    <= (k_column_d == column) ? '0 : (restart ? '0 : since_q) + WindowW'(1);
        wrapped_q  <= !restart && (wrapped_q || k_column_d == '0);
      end
      if (score_start_i) begin
        any_score_q     <= any_q;
        v_column_q      <= k_column_q;
        written_score_q <= written_q;
      end
      if (mix_start_i) begin
        any_mix_q     <= any_score_q;
        written_mix_q <= written_score_q;
      end

      // The lines.
      KDischargesTheTokensColumnAlone_A: assert (k_discharge_o[chosen] == (k_discharge_i && k_column_q == column));
      KWritesTheTokensColumnAlone_A: assert (k_write_o[chosen] == (k_write_i && k_column_q == column));
      VDischargesTheTokensColumnAlone_A: assert (v_discharge_o[chosen] == (v_discharge_i && v_column_q == column));
      VWritesTheTokensColumnAlone_A: assert (v_write_o[chosen] == (v_write_i && v_column_q == column));
      if (any_mix_q) begin
        ValidColumnsAreThoseWrittenInTheSequence_A: assert (valid_o[chosen] == (c2p1_emit_i && written_mix_q));
      end

      // The ring.
      ColumnIsWithinTheWindow_A: assert (k_column_q < window_q && window_q <= All);
      if (accept_i && any_q && !restart && k_column_d == column && written_q) begin
        AColumnComesAgainAfterTheWindow_A: assert (since_q == window_q - WindowW'(1));
      end
      if (any_q && column < window_q) EveryColumnOfTheWindowIsVisited_A: assert (since_q < window_q);
      if (any_q && column >= window_q) NoColumnBeyondTheWindowIsWritten_A: assert (!written_q);
      WrappedTwice_C: cover (wrapped_q && accept_i && !restart && k_column_d == '0 && window_q > WindowW'(1));
      NewSequenceAfterAWrap_C: cover (accept_i && new_sequence_i && wrapped_q && window_d != window_q);
      IllegalWindow_C: cover (accept_i && restart && (window_i == '0 || window_i > All));
      SeesTheWholeWindow_C: cover (any_mix_q && wrapped_q && valid_o[chosen] && column == window_q - WindowW'(1));
      OlderTokenSeesTheOldSequence_C: cover (any_mix_q && valid_o[chosen] && !written_q && !written_score_q);
    end
  end

  // What the registers hold: the strengthening that makes the above inductive.
  function automatic logic [WindowW-1:0] number(input logic [TileW-1:0] tile, input logic [ColW-1:0] col);
    number = WindowW'(tile) * WindowW'(TileTokens) + WindowW'(col);
  endfunction

  wire logic [WindowW-1:0] top = number(top_tile_q, top_col_q);
  wire logic [WindowW-1:0] score_top = number(score_top_tile_q, score_top_col_q);
  wire logic [WindowW-1:0] mix_top = number(mix_top_tile_q, mix_top_col_q);
  wire logic [WindowW-1:0] ahead = (k_column_q >= column) ? k_column_q - column : k_column_q + window_q - column;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      AddressesAreInTheirTiles_A: assert (
          32'(col_q) < TileTokens && 32'(v_col_q) < TileTokens && 32'(top_col_q) < TileTokens
          && 32'(score_top_col_q) < TileTokens && 32'(mix_top_col_q) < TileTokens
          && 32'(tile_q) < Tiles && 32'(v_tile_q) < Tiles && 32'(top_tile_q) < Tiles
          && 32'(score_top_tile_q) < Tiles && 32'(mix_top_tile_q) < Tiles);
      AddressesAreTheColumns_A: assert (number(tile_q, col_q) == k_column_q && number(v_tile_q, v_col_q) == v_column_q);
      RingStateIsThatOfTheWindow_A: assert (empty_q == !any_q && WindowW'(last_q) == window_q - WindowW'(1)
                                            && (empty_q || WindowW'(left_q) == WindowW'(last_q) - k_column_q)
                                            && (full_q || top == k_column_q) && (!full_q || top == WindowW'(last_q)));
      if (any_q) begin
        WrittenColumnsAreThoseUpToTheTop_A: assert (written_q == (column <= top));
        DistanceIsThatInTheRing_A: assert (column >= window_q || since_q == (written_q ? ahead : k_column_q + WindowW'(1)));
      end
      if (any_score_q) ScoreViewIsItsTokens_A: assert (written_score_q == (column <= score_top));
      if (any_mix_q) MixViewIsItsTokens_A: assert (written_mix_q == (column <= mix_top));
    end
  end

  initial ResetComesFirst_M: assume (!rst_ni);

endmodule

bind gca_write_ctrl gca_write_ctrl_check #(.TileTokens(TileTokens), .Tiles(Tiles)) u_check (.*);

`default_nettype wire
