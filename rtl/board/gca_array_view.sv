// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_array_view (S2 to S5): the gain-cell arrays and both charge-to-pulse stages in fixed point, behind gca_head's ana_
// ports: one multiplier, cells and charges in block RAM.
//
// Contract
//   Step: one step_i is one simulated nanosecond, after gca_head's rising edge. The ana_ inputs hold from step_i to the
//   end of busy_o; ana_pulse_o and ana_sign_o are then what the head's next edge is to sample. No step_i while busy_o.
//   Load: load_valid_i writes load_data_i while not busy_o, by load_kind_i:
//     LoadCell       charge of a cell for a pulse of one cycle, CellW bits, signed; address {age, code}, without Leakage
//                    the code alone. The age of a cell is the number of tokens scored since its column was written.
//     LoadThreshold  address j: at least this charge (magnitude) is a pulse of S5 that its sample j sees
//     LoadFull       the score from which on S3's pulse is the longest
//   The cells' polynomial, its leakage, s_sat and a_sat are in these numbers alone (behavioral/view_tables.h makes them).
//
// Arithmetic: whole numbers, nothing is rounded or lost: score = sum of cycles * cell, width = score clamped to 0..full,
//   charge of an output = sum over a sub-tile's columns of width * cell, pulse = |charge| >= threshold. What differs from
//   real numbers is in the loaded ones.
// Order: scores and charges are worked out in the step in which c2p1 begins to emit, which is before the next token's
//   column is touched. A column is cleared in its first cycle of discharge, written in its first cycle of write.
//
// Time: Dim for a discharge or a write; in the step in which c2p1 begins to emit Tiles*Dim + about (2*Dim + 12) for each
//   valid column; Tiles*Dim for each step in which c2p2 emits. Reset: asynchronous; cells and charges are kept.
`default_nettype none

module gca_array_view #(
    parameter int unsigned Dim         = 64,
    parameter int unsigned TileTokens  = 64,
    parameter int unsigned Tiles       = 16,
    parameter int unsigned QueryLevels = 16,
    parameter int unsigned StoreLevels = 8,
    parameter int unsigned OutLevels   = 16,
    parameter int unsigned CellW       = 16,
    parameter int unsigned Leakage     = 0,  // 1: the table of cells has all ages
    localparam int unsigned Columns    = TileTokens * Tiles,
    localparam int unsigned StoreW     = $clog2(StoreLevels),
    localparam int unsigned ColumnW    = (Columns > 1) ? $clog2(Columns) : 1,
    localparam int unsigned TableW     = StoreW + ((Leakage != 0) ? ColumnW : 0),
    localparam int unsigned AddressW   = (TableW > $clog2(OutLevels)) ? TableW : $clog2(OutLevels),
    localparam int unsigned ScoreW     = CellW + $clog2(QueryLevels) + $clog2(Dim),
    localparam int unsigned ChargeW    = ScoreW - 1 + CellW + $clog2(TileTokens)
) (
    input  wire logic                  clk_i,
    input  wire logic                  rst_ni,

    input  wire logic                  step_i,
    output logic                       busy_o,

    input  wire logic                  load_valid_i,
    input  wire logic [1:0]            load_kind_i,
    input  wire logic [AddressW-1:0]   load_address_i,
    input  wire logic [ChargeW-2:0]    load_data_i,

    input  wire logic [Columns-1:0]    ana_k_discharge_i,
    input  wire logic [Columns-1:0]    ana_k_write_i,
    input  wire logic [Dim*StoreW-1:0] ana_k_dac_i,
    input  wire logic [Dim-1:0]        ana_k_pulse_i,
    input  wire logic                  ana_c2p1_reset_i,
    input  wire logic                  ana_c2p1_integrate_i,
    input  wire logic                  ana_c2p1_emit_i,
    input  wire logic [Columns-1:0]    ana_c2p1_valid_i,
    input  wire logic [Columns-1:0]    ana_v_discharge_i,
    input  wire logic [Columns-1:0]    ana_v_write_i,
    input  wire logic [Dim*StoreW-1:0] ana_v_dac_i,
    input  wire logic                  ana_c2p2_reset_i,
    input  wire logic                  ana_c2p2_integrate_i,
    input  wire logic                  ana_c2p2_emit_i,
    output logic      [Tiles*Dim-1:0]  ana_pulse_o,
    output logic      [Tiles*Dim-1:0]  ana_sign_o
);

  localparam int unsigned QueryW = $clog2(QueryLevels);
  localparam int unsigned RowW = (Dim > 1) ? $clog2(Dim) : 1;
  localparam int unsigned TileW = (Tiles > 1) ? $clog2(Tiles) : 1;
  localparam int unsigned ColW = (TileTokens > 1) ? $clog2(TileTokens) : 1;
  localparam int unsigned SampleW = $clog2(OutLevels);
  localparam int unsigned WidthW = ScoreW - 1;
  localparam int unsigned Outputs = Tiles * Dim;

  localparam logic [1:0] LoadCell = 2'd0;
  localparam logic [1:0] LoadThreshold = 2'd1;
  localparam logic [1:0] LoadFull = 2'd2;

  localparam logic [3:0] Idle = 4'd0;
  localparam logic [3:0] Dispatch = 4'd1;
  localparam logic [3:0] Clear = 4'd2;        // the charges of S4
  localparam logic [3:0] Column = 4'd3;       // for each column:
  localparam logic [3:0] Age = 4'd4;
  localparam logic [3:0] Score = 4'd5;        // S2
  localparam logic [3:0] ScoreDrain = 4'd6;
  localparam logic [3:0] Clamp = 4'd7;        // S3
  localparam logic [3:0] Mix = 4'd8;          // S4
  localparam logic [3:0] MixDrain = 4'd9;
  localparam logic [3:0] NextColumn = 4'd10;
  localparam logic [3:0] Write = 4'd11;
  localparam logic [3:0] Emit = 4'd12;        // S5
  localparam logic [3:0] EmitDrain = 4'd13;

  // What is still to be done in this step, the lowest bit first.
  localparam int unsigned DoMix = 0;
  localparam int unsigned DoWriteK = 1;
  localparam int unsigned DoWriteV = 2;
  localparam int unsigned DoEmit = 3;

  logic [3:0] state_q;
  logic [3:0] due_q;
  logic array_q;  // of a write: 0 is K, 1 is V
  logic [RowW-1:0] row_q;
  logic [TileW-1:0] tile_q;
  logic [ColW-1:0] col_q;
  logic [ColumnW-1:0] column_q, age_q;
  logic row_last, tile_last, col_last;

  logic was_k_discharge_q, was_k_write_q, was_v_discharge_q, was_v_write_q;
  logic was_integrate_q, was_emit1_q, was_emit2_q;
  logic [SampleW-1:0] sample_q;

  logic k_discharge, k_write, v_discharge, v_write;
  logic [ColumnW-1:0] k_column, v_column;

  // ---- the lines of the arrays, encoded

  always_comb begin
    k_discharge = |ana_k_discharge_i;
    k_write = |ana_k_write_i;
    v_discharge = |ana_v_discharge_i;
    v_write = |ana_v_write_i;
    k_column = '0;
    v_column = '0;
    for (int unsigned c = 0; c < Columns; c++) begin
      if (ana_k_discharge_i[c] || ana_k_write_i[c]) k_column = k_column | ColumnW'(c);
      if (ana_v_discharge_i[c] || ana_v_write_i[c]) v_column = v_column | ColumnW'(c);
    end
  end

  // ---- S1: the query's pulses, counted

  logic [QueryW*Dim-1:0] cycles_planes;
  logic [QueryW-1:0] cycles;
  logic [Dim-1:0] full_cycles;

  gca_counter_bank #(
      .Channels(Dim),
      .Levels  (QueryLevels)
  ) u_cycles (
      .clk_i,
      .enable_i(step_i && ana_c2p1_integrate_i),
      .first_i (!was_integrate_q),
      .pulse_i (ana_k_pulse_i),
      .count_o (cycles_planes),
      .full_o  (full_cycles)
  );

  always_comb begin
    for (int unsigned b = 0; b < QueryW; b++) cycles[b] = cycles_planes[b*Dim + 32'(row_q)];
  end

  // ---- the sequence of one step

  always_comb begin
    row_last = row_q == RowW'(Dim - 1);
    tile_last = tile_q == TileW'(Tiles - 1);
    col_last = col_q == ColW'(TileTokens - 1);
  end

  logic [2:0] stage_q;  // the pipeline's stages that are busy
  logic signed [ScoreW-1:0] score_q;
  logic [WidthW-1:0] width_q, full_q;

  assign busy_o = state_q != Idle;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q           <= Idle;
      due_q             <= '0;
      array_q           <= 1'b0;
      row_q             <= '0;
      tile_q            <= '0;
      col_q             <= '0;
      column_q          <= '0;
      was_k_discharge_q <= 1'b0;
      was_k_write_q     <= 1'b0;
      was_v_discharge_q <= 1'b0;
      was_v_write_q     <= 1'b0;
      was_integrate_q   <= 1'b0;
      was_emit1_q       <= 1'b0;
      was_emit2_q       <= 1'b0;
      sample_q          <= '0;
    end else begin
      unique case (state_q)
        Idle: begin
          if (step_i) begin
            state_q           <= Dispatch;
            due_q[DoMix]      <= ana_c2p1_emit_i && ana_c2p2_integrate_i && !was_emit1_q && !ana_c2p1_reset_i;
            due_q[DoWriteK]   <= (k_discharge && !was_k_discharge_q) || (k_write && !was_k_write_q);
            due_q[DoWriteV]   <= (v_discharge && !was_v_discharge_q) || (v_write && !was_v_write_q);
            due_q[DoEmit]     <= ana_c2p2_emit_i && !ana_c2p2_reset_i;
            sample_q          <= was_emit2_q ? sample_q + SampleW'(1) : '0;
            was_k_discharge_q <= k_discharge;
            was_k_write_q     <= k_write;
            was_v_discharge_q <= v_discharge;
            was_v_write_q     <= v_write;
            was_integrate_q   <= ana_c2p1_integrate_i;
            was_emit1_q       <= ana_c2p1_emit_i;
            was_emit2_q       <= ana_c2p2_emit_i;
          end
        end
        Dispatch: begin
          row_q    <= '0;
          tile_q   <= '0;
          col_q    <= '0;
          column_q <= '0;
          if (due_q[DoMix]) begin
            state_q       <= Clear;
            due_q[DoMix] <= 1'b0;
          end else if (due_q[DoWriteK]) begin
            state_q          <= Write;
            due_q[DoWriteK] <= 1'b0;
            array_q          <= 1'b0;
            column_q         <= k_column;
          end else if (due_q[DoWriteV]) begin
            state_q          <= Write;
            due_q[DoWriteV] <= 1'b0;
            array_q          <= 1'b1;
            column_q         <= v_column;
          end else if (due_q[DoEmit]) begin
            state_q        <= Emit;
            due_q[DoEmit] <= 1'b0;
          end else begin
            state_q <= Idle;
          end
        end
        Clear, Emit: begin
          row_q <= row_last ? '0 : row_q + RowW'(1);
          if (row_last) tile_q <= tile_last ? '0 : tile_q + TileW'(1);
          if (row_last && tile_last) state_q <= (state_q == Clear) ? Column : EmitDrain;
        end
        Column: state_q <= ana_c2p1_valid_i[column_q] ? Age : NextColumn;
        Age: state_q <= Score;
        Score: begin
          row_q <= row_last ? '0 : row_q + RowW'(1);
          if (row_last) state_q <= ScoreDrain;
        end
        ScoreDrain: if (stage_q == '0) state_q <= Clamp;
        Clamp: state_q <= (score_q > 0) ? Mix : NextColumn;
        Mix: begin
          row_q <= row_last ? '0 : row_q + RowW'(1);
          if (row_last) state_q <= MixDrain;
        end
        MixDrain: if (stage_q == '0) state_q <= NextColumn;
        NextColumn: begin
          state_q  <= Column;
          column_q <= column_q + ColumnW'(1);
          col_q    <= col_last ? '0 : col_q + ColW'(1);
          if (col_last) begin
            tile_q <= tile_q + TileW'(1);
            if (tile_last) state_q <= Dispatch;
          end
        end
        Write: begin
          row_q <= row_q + RowW'(1);
          if (row_last) state_q <= Dispatch;
        end
        EmitDrain: if (stage_q == '0) state_q <= Dispatch;
        default: state_q <= Idle;
      endcase
    end
  end

  // ---- stage 0: a cell's code; the codes of both arrays are one RAM

  logic [StoreW-1:0] cell_ram [0:2*(1<<(ColumnW+RowW))-1];
  logic [StoreW-1:0] code_q, write_code;
  logic scoring, mixing, emitting;

  always_comb begin
    scoring = state_q == Score;
    mixing = state_q == Mix;
    emitting = state_q == Emit;
    if (array_q) write_code = v_discharge ? '0 : ana_v_dac_i[32'(row_q)*StoreW +: StoreW];
    else write_code = k_discharge ? '0 : ana_k_dac_i[32'(row_q)*StoreW +: StoreW];
  end

  always_ff @(posedge clk_i) begin
    if (state_q == Write) cell_ram[{array_q, column_q, row_q}] <= write_code;
    code_q <= cell_ram[{mixing, column_q, row_q}];
  end

  // ---- leakage: how many tokens have been scored since a column was written

  if (Leakage != 0) begin : gen_leakage
    logic [ColumnW-1:0] birth_ram [0:(1<<ColumnW)-1];
    logic [ColumnW-1:0] birth_q, epoch_q;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) epoch_q <= '0;
      else if (state_q == NextColumn && col_last && tile_last) epoch_q <= epoch_q + ColumnW'(1);
    end

    // K and V of a token are written with no score of another token's mix between them: one age is both arrays'.
    always_ff @(posedge clk_i) begin
      if (state_q == Write && !array_q) birth_ram[column_q] <= epoch_q;
      birth_q <= birth_ram[column_q];
      if (state_q == Age) age_q <= epoch_q - birth_q;
    end
  end else begin : gen_no_leakage
    assign age_q = '0;
  end

  // ---- stage 1: the cell's charge for a pulse of one cycle

  logic signed [CellW-1:0] table_ram [0:(1<<TableW)-1];
  logic signed [CellW-1:0] charge_q;
  logic [WidthW-1:0] factor1_q, factor2_q;
  logic [RowW-1:0] row1_q, row2_q, row3_q;
  logic mix1_q, mix2_q, mix3_q, emit1_q, emit2_q, emit3_q;

  always_ff @(posedge clk_i) begin
    if (load_valid_i && load_kind_i == LoadCell) table_ram[TableW'(load_address_i)] <= CellW'(load_data_i);
    charge_q <= table_ram[TableW'({age_q, code_q})];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) stage_q <= '0;
    else stage_q <= {stage_q[1:0], scoring || mixing || emitting};
  end

  always_ff @(posedge clk_i) begin
    factor1_q <= mixing ? width_q : WidthW'(cycles);
    factor2_q <= factor1_q;
    row1_q    <= row_q;
    row2_q    <= row1_q;
    row3_q    <= row2_q;
    mix1_q    <= mixing;
    mix2_q    <= mix1_q;
    mix3_q    <= mix2_q;
    emit1_q   <= emitting;
    emit2_q   <= emit1_q;
    emit3_q   <= emit2_q;
  end

  // ---- stages 2 and 3: multiply, add to the column's score or to the output's charge

  logic signed [WidthW+CellW-1:0] product_q;
  logic signed [ChargeW-1:0] sum_ram [0:(1<<(TileW+RowW))-1];
  logic signed [ChargeW-1:0] sum_q;
  logic sum_write;
  logic [TileW+RowW-1:0] sum_read_at, sum_write_at;
  logic signed [ChargeW-1:0] sum_data;

  always_comb begin
    sum_read_at = {tile_q, emitting ? row_q : row2_q};
    sum_write = state_q == Clear || (stage_q[2] && mix3_q);
    sum_write_at = {tile_q, (state_q == Clear) ? row_q : row3_q};
    sum_data = (state_q == Clear) ? '0 : sum_q + ChargeW'(product_q);
  end

  always_ff @(posedge clk_i) begin
    product_q <= (WidthW+CellW)'($signed({1'b0, factor2_q}) * charge_q);
    if (sum_write) sum_ram[sum_write_at] <= sum_data;
    sum_q <= sum_ram[sum_read_at];

    if (state_q == Age) score_q <= '0;
    else if (stage_q[2] && !mix3_q && !emit3_q) score_q <= score_q + ScoreW'(product_q);

    // S3: nothing for a negative score, at most the longest pulse
    if (state_q == Clamp) width_q <= (score_q > $signed({1'b0, full_q})) ? full_q : score_q[WidthW-1:0];
    if (load_valid_i && load_kind_i == LoadFull) full_q <= WidthW'(load_data_i);
  end

  // ---- S5: one sample of all pulses; and the signs

  logic [ChargeW-2:0] threshold_ram [0:(1<<SampleW)-1];
  logic [ChargeW-2:0] threshold_q, magnitude_q;
  logic negative_q;

  always_ff @(posedge clk_i) begin
    if (load_valid_i && load_kind_i == LoadThreshold) threshold_ram[SampleW'(load_address_i)] <= load_data_i;
    threshold_q <= threshold_ram[sample_q];
    magnitude_q <= (ChargeW-1)'(sum_q[ChargeW-1] ? -sum_q : sum_q);
    negative_q  <= sum_q[ChargeW-1];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ana_pulse_o <= '0;
      ana_sign_o  <= '0;
    end else if (stage_q[1] && emit2_q) begin
      ana_pulse_o <= Outputs'({magnitude_q >= threshold_q, ana_pulse_o} >> 1);
      ana_sign_o  <= Outputs'({negative_q, ana_sign_o} >> 1);
    end else if (state_q == Dispatch && (!was_emit2_q || ana_c2p2_reset_i)) begin
      ana_pulse_o <= '0;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (step_i) begin
        NoQueryPulseIsLongerThanTheLongest_M: assume (!ana_c2p1_integrate_i || !was_integrate_q
                                                      || (full_cycles & ana_k_pulse_i) == '0);
        AStepWaitsForTheOneBefore_M: assume (!busy_o);
        C2p2IntegratesWhatC2p1Emits_M: assume (ana_c2p2_integrate_i == ana_c2p1_emit_i);
        OneColumnOfAnArrayAtMost_M: assume ($onehot0(ana_k_discharge_i | ana_k_write_i)
                                            && $onehot0(ana_v_discharge_i | ana_v_write_i));
        NoArrayIsWrittenWhileItIsRead_M: assume (!((k_discharge || k_write) && ana_c2p1_integrate_i)
                                                 && !((v_discharge || v_write) && ana_c2p1_emit_i));
      end
      if (load_valid_i) begin
        NothingIsLoadedDuringAStep_M: assume (!busy_o);
      end
    end
  end
`endif

endmodule

`default_nettype wire
