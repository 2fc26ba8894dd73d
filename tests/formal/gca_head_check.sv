// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// Properties of gca_head at its pins: one token at a time is followed from its acceptance to the host, one of its query codes
// and one of its outputs with it. The solver chooses which.
`default_nettype none

module gca_head_check #(
    parameter int unsigned Dim         = 64,
    parameter int unsigned TileTokens  = 64,
    parameter int unsigned Tiles       = 16,
    parameter int unsigned QueryLevels = 16,
    parameter int unsigned StoreLevels = 8,
    parameter int unsigned OutLevels   = 16,
    localparam int unsigned Columns    = TileTokens * Tiles,
    localparam int unsigned WindowW    = $clog2(Columns + 1),
    localparam int unsigned QueryW     = $clog2(QueryLevels),
    localparam int unsigned StoreW     = $clog2(StoreLevels),
    localparam int unsigned SumW       = $clog2(Tiles * (OutLevels - 1) + 1) + 1
) (
    input wire logic                        clk_i,
    input wire logic                        rst_ni,
    input wire logic [WindowW-1:0]          window_i,
    input wire logic                        status_clear_i,
    input wire logic                        token_valid_i,
    input wire logic                        token_ready_o,
    input wire logic                        new_sequence_i,
    input wire logic [Dim*QueryW-1:0]       query_i,
    input wire logic [Dim*StoreW-1:0]       key_i,
    input wire logic [Dim*StoreW-1:0]       value_i,
    input wire logic [Columns-1:0]          ana_k_discharge_o,
    input wire logic [Columns-1:0]          ana_k_write_o,
    input wire logic [Dim*StoreW-1:0]       ana_k_dac_o,
    input wire logic [Dim-1:0]              ana_k_pulse_o,
    input wire logic                        ana_c2p1_reset_o,
    input wire logic                        ana_c2p1_integrate_o,
    input wire logic                        ana_c2p1_emit_o,
    input wire logic [Columns-1:0]          ana_c2p1_valid_o,
    input wire logic [Columns-1:0]          ana_v_discharge_o,
    input wire logic [Columns-1:0]          ana_v_write_o,
    input wire logic [Dim*StoreW-1:0]       ana_v_dac_o,
    input wire logic                        ana_c2p2_reset_o,
    input wire logic                        ana_c2p2_integrate_o,
    input wire logic                        ana_c2p2_emit_o,
    input wire logic [Tiles*Dim-1:0]        ana_pulse_i,
    input wire logic [Tiles*Dim-1:0]        ana_sign_i,
    input wire logic                        result_valid_o,
    input wire logic                        result_ready_i,
    input wire logic [Dim*SumW-1:0]         sum_o,
    input wire logic [gca_pkg::StatusW-1:0] status_tokens_o
);

  localparam int unsigned Discharge = gca_pkg::DischargeCycles;
  localparam int unsigned Load = gca_pkg::LoadCycles;

  // A token's age: 1 in the first cycle of its score phase. The last cycle of each phase:
  localparam int unsigned ScoreEnd = (QueryLevels - 1 > Load) ? QueryLevels - 1 : Load;
  localparam int unsigned MixEnd = ScoreEnd + QueryLevels - 1;
  localparam int unsigned EmitEnd = MixEnd + OutLevels - 1;
  localparam int unsigned SignEnd = MixEnd + gca_pkg::SyncStages + 1;
  localparam int unsigned Old = EmitEnd + gca_pkg::SyncStages + 3;  // the result can be at the host; ages stop here
  localparam int unsigned Latency = Load + Old;
  localparam int unsigned N = $clog2(2 * Latency);

  localparam int unsigned DimW = (Dim > 1) ? $clog2(Dim) : 1;

  logic [DimW-1:0] row, output_e;
  gca_chosen #(.Count(Dim)) u_row (.value_o(row));
  gca_chosen #(.Count(Dim)) u_output (.value_o(output_e));

`ifdef VERILATOR
  wire logic choose = 1'b1;
`else
  (* anyseq *) logic choose;
`endif

  wire logic accept = token_valid_i && token_ready_o;
  wire logic take = result_valid_o && result_ready_i;

  // ---- all tokens: the ring, and how many are inside ---------------------------------------------------------------

  logic any_q;  // there was a token
  logic [WindowW-1:0] window_q, column_q, held_q;
  logic [1:0] inside_q;
  logic stalled_q;
  logic [Dim*SumW-1:0] sum_q;
  logic [gca_pkg::StatusW-1:0] taken_q;

  logic restart;
  logic [WindowW-1:0] window_d, column_d, held_d;
  always_comb begin
    restart = new_sequence_i || !any_q;
    window_d = window_q;
    if (restart) window_d = (window_i == '0 || window_i > WindowW'(Columns)) ? WindowW'(Columns) : window_i;
    column_d = (restart || column_q == window_q - WindowW'(1)) ? '0 : column_q + WindowW'(1);
    held_d = restart ? WindowW'(1) : (held_q == window_q) ? held_q : held_q + WindowW'(1);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      any_q     <= 1'b0;
      window_q  <= '0;
      column_q  <= '0;
      held_q    <= '0;
      inside_q  <= '0;
      stalled_q <= 1'b0;
      sum_q     <= '0;
      taken_q   <= '0;
    end else begin
      if (accept) begin
        any_q    <= 1'b1;
        window_q <= window_d;
        column_q <= column_d;
        held_q   <= held_d;
      end
      inside_q <= inside_q + 2'(accept) - 2'(take);
      stalled_q <= result_valid_o && !result_ready_i;
      sum_q <= sum_o;
      taken_q <= status_clear_i ? '0 : taken_q + gca_pkg::StatusW'(take);

      EveryResultHasItsToken_A: assert (!result_valid_o || inside_q != '0);
      AResultHoldsUntilItIsTaken_A: assert (!stalled_q || (result_valid_o && sum_o == sum_q));
      StatusCountsTheResultsTaken_A: assert (status_tokens_o == taken_q);
      NoPulseOutsideTheScorePhase_A: assert (ana_c2p1_integrate_o || ana_k_pulse_o == '0);
      NoColumnIsValidOutsideTheMixPhase_A: assert (ana_c2p1_emit_o || ana_c2p1_valid_o == '0);
    end
  end

  // ---- the token that is followed ----------------------------------------------------------------------------------

  logic follow_q, load_q;       // there is one; it is in its load phase
  logic [1:0] ahead_q;          // results to be taken before its own
  logic [N-1:0] load_age_q;     // 1 in the first cycle of its load phase, up to Load + 1
  logic [N-1:0] age_q;          // 0: before its score phase
  logic [N-1:0] elapsed_q;      // cycles since its acceptance in which no result waited for the host
  logic undisturbed_q;          // no result waited since
  logic [QueryW-1:0] query_q;   // of the row
  logic [Dim*StoreW-1:0] key_q, value_q;
  logic [WindowW-1:0] its_column_q, its_held_q;
  logic [Tiles-1:0] sign_q;
  logic signed [SumW-1:0] total_q;

  wire logic follow = accept && choose && !follow_q;
  // Load and score are never the same cycle's: the first cycle of its score phase ends its load phase.
  wire logic score_starts = load_q && ana_c2p1_integrate_o && load_age_q > N'(Load);
  wire logic [N-1:0] age = score_starts ? N'(1) : age_q;
  wire logic loads = load_q && !score_starts;
  wire logic scores = follow_q && age >= N'(1) && age <= N'(ScoreEnd);
  wire logic mixes = follow_q && age > N'(ScoreEnd) && age <= N'(MixEnd);
  wire logic emits = follow_q && age > N'(MixEnd) && age <= N'(EmitEnd);
  wire logic sampled = follow_q && age == N'(Old);
  wire logic at_host = follow_q && result_valid_o && ahead_q == '0;
  wire logic [31:0] width = (32'(query_q) < QueryLevels - 1) ? 32'(query_q) : QueryLevels - 1;
  wire logic [Columns-1:0] its_line = Columns'(1) << its_column_q;

  logic [Columns-1:0] visible;
  logic [Tiles-1:0] pulse, sign, sign_now;
  logic signed [SumW-1:0] step;
  always_comb begin
    for (int unsigned c = 0; c < Columns; c++) visible[c] = WindowW'(c) < its_held_q;
    for (int unsigned t = 0; t < Tiles; t++) begin
      pulse[t] = ana_pulse_i[t*Dim+32'(output_e)];
      sign_now[t] = ana_sign_i[t*Dim+32'(output_e)];
    end
    sign = (age == N'(MixEnd + 1)) ? sign_now : sign_q;
    step = '0;
    for (int unsigned t = 0; t < Tiles; t++) begin
      if (pulse[t]) step = sign[t] ? step - SumW'(1) : step + SumW'(1);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      follow_q      <= 1'b0;
      load_q        <= 1'b0;
      ahead_q       <= '0;
      load_age_q    <= '0;
      age_q         <= '0;
      elapsed_q     <= '0;
      undisturbed_q <= 1'b0;
      query_q       <= '0;
      key_q         <= '0;
      value_q       <= '0;
      its_column_q  <= '0;
      its_held_q    <= '0;
      sign_q        <= '0;
      total_q       <= '0;
    end else begin
      if (follow) begin
        follow_q      <= 1'b1;
        load_q        <= 1'b1;
        ahead_q       <= inside_q - 2'(take);
        load_age_q    <= N'(1);
        age_q         <= '0;
        elapsed_q     <= N'(1);
        undisturbed_q <= 1'b1;
        query_q       <= query_i[32'(row)*QueryW +: QueryW];
        key_q         <= key_i;
        value_q       <= value_i;
        its_column_q  <= column_d;
        its_held_q    <= held_d;
        total_q       <= '0;
      end else if (follow_q) begin
        load_q <= loads;
        if (loads && load_age_q <= N'(Load)) load_age_q <= load_age_q + N'(1);
        if (age != '0 && age != N'(Old)) age_q <= age + N'(1);
        if (result_valid_o && !result_ready_i) undisturbed_q <= 1'b0;
        else elapsed_q <= elapsed_q + N'(1);
        if (emits) begin
          total_q <= total_q + step;
          sign_q <= sign;
        end
        if (take && ahead_q != '0) ahead_q <= ahead_q - 2'd1;
        if (take && ahead_q == '0) follow_q <= 1'b0;
      end

      // Its column and its codes.
      if (loads) begin
        ItsColumnOfKIsDischarged_A: assert (ana_k_discharge_o == ((load_age_q <= N'(Discharge)) ? its_line : '0));
        ItsColumnOfKIsWritten_A: assert (
            ana_k_write_o == ((load_age_q > N'(Discharge) && load_age_q <= N'(Load)) ? its_line : '0));
        ItsKeyIsOnTheDacs_A: assert (load_age_q > N'(Load) || ana_k_dac_o == key_q);
        StageOneDoesNotIntegrateInItsLoadPhase_A: assert (!ana_c2p1_integrate_o);
      end
      if (scores) begin
        ItsColumnOfVIsDischarged_A: assert (ana_v_discharge_o == ((age <= N'(Discharge)) ? its_line : '0));
        ItsColumnOfVIsWritten_A: assert (
            ana_v_write_o == ((age > N'(Discharge) && age <= N'(Load)) ? its_line : '0));
        ItsValueIsOnTheDacs_A: assert (age > N'(Load) || ana_v_dac_o == value_q);
        ItsQueryPulseIsAsWideAsItsCode_A: assert (ana_k_pulse_o[row] == (32'(age) <= width));
        KIsNotWrittenInItsScorePhase_A: assert (ana_k_discharge_o == '0 && ana_k_write_o == '0);
      end

      // Its phases.
      if (follow_q && age != '0) begin
        if (scores) begin
          StageOneIntegratesItsScores_A: assert (ana_c2p1_integrate_o && !ana_c2p1_emit_o && !ana_c2p1_reset_o);
        end
        if (mixes) begin
          StagesMoveItsCharge_A: assert (
              ana_c2p1_emit_o && !ana_c2p1_integrate_o && !ana_c2p1_reset_o
              && ana_c2p2_integrate_o && !ana_c2p2_emit_o && !ana_c2p2_reset_o);
          ItSeesTheColumnsOfItsSequence_A: assert (ana_c2p1_valid_o == visible);
          VIsNotWrittenInItsMixPhase_A: assert (ana_v_discharge_o == '0 && ana_v_write_o == '0);
        end
        if (emits) begin
          StageTwoEmitsItsOutputs_A: assert (ana_c2p2_emit_o && !ana_c2p2_integrate_o && !ana_c2p2_reset_o);
        end
        if (age > N'(MixEnd + 1) && age <= N'(SignEnd)) begin
          SignsHoldUntilTheyAreCaptured_M: assume (sign_now == sign_q);
        end
      end

      // Its result.
      if (at_host) begin
        ItsResultComesAfterItsSamples_A: assert (sampled);
        ItsSumIsThatOfItsPulses_A: assert ($signed(sum_o[32'(output_e)*SumW +: SumW]) == total_q);
      end
      if (follow_q) begin
        ItsResultComesInTime_A: assert (elapsed_q <= N'(Latency + 1));
        ItsLatencyIsFixedWithoutStalls_A: assert (!undisturbed_q || at_host == (elapsed_q == N'(Latency)));
      end

      WrappedAndDelivered_C: cover (at_host && take && its_held_q == WindowW'(2) && its_column_q == '0 && total_q != '0);
      NewSequenceBehindAnother_C: cover (at_host && take && its_held_q == WindowW'(1) && ahead_q == '0 && taken_q != '0);
      DeliveredLate_C: cover (at_host && take && elapsed_q == N'(Latency + 1));
    end
  end

  initial ResetComesFirst_M: assume (!rst_ni);

endmodule

bind gca_head gca_head_check #(
    .Dim(Dim), .TileTokens(TileTokens), .Tiles(Tiles), .QueryLevels(QueryLevels), .StoreLevels(StoreLevels),
    .OutLevels(OutLevels)
) u_check (.*);

`default_nettype wire
