// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_sequencer: walks tokens through the phases load, score, mix, emit and deliver.
//
// Contract
//   A token is accepted at a clock edge with token_valid_i and token_ready_o. token_ready_o depends on flops and
//   pipelined_i alone, never on token_valid_i or result_ready_i.
//   In the numbering of gca_pkg: load is high in the cycles 0 to LoadCycles-1 after the accepting edge, then score for
//   ScoreCycles, mix for MixCycles, emit for EmitCycles. sync_en_o[s] is emit delayed by s cycles, count_en_o by
//   SyncStages; count_first_o marks its first cycle. add_o (one cycle) follows its last cycle; sum_o moves the partial sums into
//   the result register.
//   A token is accepted when the analog blocks that it is going to use will be free for it, Interval cycles after the
//   token before it. Then it waits at one place only, between load and score, where nothing but written cells holds its
//   state: until at most one older token is still to be taken by the host. The result register and the partial sums have
//   room for two.
//   sequential (pipelined_i = 0): a token is accepted only when every older one has reached the result register.
//
// Latency: LoadCycles + ScoreCycles + MixCycles + EmitCycles + SyncStages + 3 from the accepting edge to the edge at which
//   the result can be taken (65 at the paper's level counts): SyncStages + 1 from the last sample to its count, one cycle an
//   adder stage, of which the second is the result register. Interval cycles between tokens in pipelined mode (30).
// Reset: asynchronous; empty, every control inactive, both charge-to-pulse stages held in reset. token_ready_o is high in
//   reset; the host offers no token before reset is released.
`default_nettype none

module gca_sequencer #(
    parameter int unsigned ScoreCycles = 15,
    parameter int unsigned MixCycles   = 15,
    parameter int unsigned EmitCycles  = 15,
    parameter int unsigned Interval    = 30
) (
    input  wire logic clk_i,
    input  wire logic rst_ni,

    input  wire logic pipelined_i,

    // host
    input  wire logic token_valid_i,
    output logic      token_ready_o,
    output logic      result_valid_o,
    input  wire logic result_ready_i,

    // strobes: one cycle, before the edge at which the token enters the phase
    output logic      accept_o,
    output logic      score_start_o,
    output logic      mix_start_o,

    // analog controls, each straight from a flop
    output logic      k_discharge_o,
    output logic      k_write_o,
    output logic      v_discharge_o,
    output logic      v_write_o,
    output logic      c2p1_reset_o,
    output logic      c2p1_integrate_o,
    output logic      c2p1_emit_o,
    output logic      c2p2_reset_o,
    output logic      c2p2_integrate_o,
    output logic      c2p2_emit_o,

    // readout
    output logic      [gca_pkg::SyncStages-1:0] sync_en_o,
    output logic      count_en_o,
    output logic      count_first_o,
    output logic      add_o,
    output logic      sum_o
);

  localparam int unsigned LoadW = $clog2(gca_pkg::LoadCycles + 1);
  localparam int unsigned ScoreW = $clog2(ScoreCycles + 1);
  localparam int unsigned MixW = $clog2(MixCycles + 1);
  localparam int unsigned EmitW = $clog2(EmitCycles + 1);
  localparam int unsigned IntervalW = $clog2(Interval);

  if (ScoreCycles < gca_pkg::LoadCycles) begin : gen_score_too_short
    $error("ScoreCycles must be at least LoadCycles: the V column is written while the K array is read");
  end
  if (Interval < gca_pkg::LoadCycles + ScoreCycles || Interval < ScoreCycles + MixCycles
      || Interval < MixCycles + EmitCycles) begin : gen_interval_too_short
    $error("Interval must cover the two phases for which an array or a charge-to-pulse stage is busy");
  end

  // load: load_cnt_q runs to LoadCycles, where the token waits for its turn
  logic load_q, load_d;
  logic [LoadW-1:0] load_cnt_q, load_cnt_d;
  logic score_q, score_d;
  logic [ScoreW-1:0] score_cnt_q, score_cnt_d;
  logic mix_q, mix_d;
  logic [MixW-1:0] mix_cnt_q, mix_cnt_d;
  logic emit_q, emit_d;
  logic [EmitW-1:0] emit_cnt_q, emit_cnt_d;

  logic [IntervalW-1:0] spacing_q, spacing_d;  // cycles until the blocks of the last token's score phase are free
  logic [1:0] pending_q, pending_d;            // tokens that began to score and were not taken by the host yet
  logic [gca_pkg::SyncStages:0] emit_dly_q, emit_dly_d;
  logic partial_q, partial_d;
  logic result_q, result_d;

  logic score_last, mix_last, emit_last, load_done, take;

  logic k_discharge_q, k_write_q, v_discharge_q, v_write_q, c2p1_reset_q, c2p2_reset_q;

  always_comb begin
    load_done = load_q && load_cnt_q >= LoadW'(gca_pkg::LoadCycles - 1);
    score_last = score_q && score_cnt_q == ScoreW'(ScoreCycles - 1);
    mix_last = mix_q && mix_cnt_q == MixW'(MixCycles - 1);
    emit_last = emit_q && emit_cnt_q == EmitW'(EmitCycles - 1);
    take = result_q && result_ready_i;

    // A token that is accepted must not have to wait for the analog blocks after its load phase.
    token_ready_o = !load_q && spacing_q <= IntervalW'(gca_pkg::LoadCycles)
        && (pipelined_i || pending_q == 2'd0 || (pending_q == 2'd1 && result_q));
    accept_o = token_valid_i && token_ready_o;
    score_start_o = load_done && pending_q <= 2'd1;
    mix_start_o = score_last;

    sync_en_o = {emit_dly_q[gca_pkg::SyncStages-2:0], emit_q};
    count_en_o = emit_dly_q[gca_pkg::SyncStages-1];
    count_first_o = count_en_o && !emit_dly_q[gca_pkg::SyncStages];
    add_o = emit_dly_q[gca_pkg::SyncStages] && !count_en_o;
    sum_o = partial_q && (!result_q || take);

    load_d = accept_o || (load_q && !score_start_o);
    load_cnt_d = accept_o ? '0 : load_cnt_q + LoadW'(load_q && load_cnt_q != LoadW'(gca_pkg::LoadCycles));
    score_d = score_start_o || (score_q && !score_last);
    score_cnt_d = score_start_o ? '0 : score_cnt_q + ScoreW'(score_q);
    mix_d = mix_start_o || (mix_q && !mix_last);
    mix_cnt_d = mix_start_o ? '0 : mix_cnt_q + MixW'(mix_q);
    emit_d = mix_last || (emit_q && !emit_last);
    emit_cnt_d = mix_last ? '0 : emit_cnt_q + EmitW'(emit_q);

    spacing_d = score_start_o ? IntervalW'(Interval - 1) : spacing_q - IntervalW'(spacing_q != '0);
    pending_d = pending_q + 2'(score_start_o) - 2'(take);
    emit_dly_d = {emit_dly_q[gca_pkg::SyncStages-1:0], emit_q};
    partial_d = add_o || (partial_q && !sum_o);
    result_d = sum_o || (result_q && !take);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      load_q        <= 1'b0;
      load_cnt_q    <= '0;
      score_q       <= 1'b0;
      score_cnt_q   <= '0;
      mix_q         <= 1'b0;
      mix_cnt_q     <= '0;
      emit_q        <= 1'b0;
      emit_cnt_q    <= '0;
      spacing_q     <= '0;
      pending_q     <= '0;
      emit_dly_q    <= '0;
      partial_q     <= 1'b0;
      result_q      <= 1'b0;
      k_discharge_q <= 1'b0;
      k_write_q     <= 1'b0;
      v_discharge_q <= 1'b0;
      v_write_q     <= 1'b0;
      c2p1_reset_q  <= 1'b1;
      c2p2_reset_q  <= 1'b1;
    end else begin
      load_q        <= load_d;
      load_cnt_q    <= load_cnt_d;
      score_q       <= score_d;
      score_cnt_q   <= score_cnt_d;
      mix_q         <= mix_d;
      mix_cnt_q     <= mix_cnt_d;
      emit_q        <= emit_d;
      emit_cnt_q    <= emit_cnt_d;
      spacing_q     <= spacing_d;
      pending_q     <= pending_d;
      emit_dly_q    <= emit_dly_d;
      partial_q     <= partial_d;
      result_q      <= result_d;
      k_discharge_q <= load_d && load_cnt_d < LoadW'(gca_pkg::DischargeCycles);
      k_write_q     <= load_d && load_cnt_d >= LoadW'(gca_pkg::DischargeCycles)
                       && load_cnt_d < LoadW'(gca_pkg::LoadCycles);
      v_discharge_q <= score_d && score_cnt_d < ScoreW'(gca_pkg::DischargeCycles);
      v_write_q     <= score_d && score_cnt_d >= ScoreW'(gca_pkg::DischargeCycles)
                       && score_cnt_d < ScoreW'(gca_pkg::LoadCycles);
      c2p1_reset_q  <= !(score_d || mix_d);
      c2p2_reset_q  <= !(mix_d || emit_d);
    end
  end

  assign k_discharge_o = k_discharge_q;
  assign k_write_o = k_write_q;
  assign v_discharge_o = v_discharge_q;
  assign v_write_o = v_write_q;
  assign c2p1_reset_o = c2p1_reset_q;
  assign c2p1_integrate_o = score_q;
  assign c2p1_emit_o = mix_q;
  assign c2p2_reset_o = c2p2_reset_q;
  assign c2p2_integrate_o = mix_q;
  assign c2p2_emit_o = emit_q;
  assign result_valid_o = result_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      NoResourceServesTwoTokens_A: assert (!(score_q && (k_discharge_q || k_write_q))
                                           && !(mix_q && (v_discharge_q || v_write_q || score_q || emit_q)));
      if (score_start_o) begin
        NoTokenWaitsForTheAnalogBlocks_A: assert (spacing_q == '0);
      end
      if (add_o) begin
        PartialSumsAreNotOverwritten_A: assert (!partial_q);
      end
      if (result_q) begin
        AResultIsThatOfAPendingToken_A: assert (pending_q == 2'd1 || pending_q == 2'd2);
      end
    end
  end
`endif

endmodule

`default_nettype wire
