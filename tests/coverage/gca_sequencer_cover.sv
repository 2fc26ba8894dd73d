// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_sequencer_cover: functional points of gca_sequencer. Where tokens overlap, wait and are reset.
// verilator coverage_off
`default_nettype none

module gca_sequencer_cover #(
    parameter int unsigned Interval = 1
) (
    input wire logic clk_i,
    input wire logic rst_ni,
    input wire logic pipelined_i,
    input wire logic token_valid_i,
    input wire logic token_ready_o,
    input wire logic result_ready_i,
    input wire logic accept_o,
    input wire logic score_start_o,
    input wire logic add_o,
    input wire logic sum_o,
    input wire logic load_q,
    input wire logic score_q,
    input wire logic mix_q,
    input wire logic emit_q,
    input wire logic partial_q,
    input wire logic result_q,
    input wire logic take,
    input wire logic [1:0] pending_q,
    input wire logic [$clog2(gca_pkg::LoadCycles + 1)-1:0] load_cnt_q,
    input wire logic [$clog2(Interval)-1:0] spacing_q
);

  logic waits, spaced, in_turn, busy;
  assign waits = load_q && load_cnt_q == ($clog2(gca_pkg::LoadCycles + 1))'(gca_pkg::LoadCycles);
  assign spaced = spacing_q <= ($clog2(Interval))'(gca_pkg::LoadCycles);
  assign in_turn = pipelined_i || pending_q == 2'd0 || (pending_q == 2'd1 && result_q);
  assign busy = load_q || score_q || mix_q || emit_q || partial_q;

  // verilator coverage_on
  // What a token meets when it is accepted.
  AcceptsAtRest_C: cover property (@(posedge clk_i) disable iff (!rst_ni) accept_o && !busy && !result_q);
  AcceptsInTheLastScoreCycle_C: cover property (@(posedge clk_i) disable iff (!rst_ni) accept_o && score_q);
  AcceptsWhileOlderMixes_C: cover property (@(posedge clk_i) disable iff (!rst_ni) accept_o && mix_q);
  AcceptsWhileOlderEmits_C: cover property (@(posedge clk_i) disable iff (!rst_ni) accept_o && emit_q);
  AcceptsWhileOlderIsAdded_C: cover property (@(posedge clk_i) disable iff (!rst_ni) accept_o && add_o);
  AcceptsWhilePartialSumsWait_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      accept_o && partial_q && !sum_o);
  AcceptsAtTheEarliest_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      accept_o && spacing_q == ($clog2(Interval))'(gca_pkg::LoadCycles));
  AcceptsLate_C: cover property (@(posedge clk_i) disable iff (!rst_ni) accept_o && spacing_q == '0);
  AcceptsPipelinedWithPending0_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      accept_o && pipelined_i && pending_q == 2'd0);
  AcceptsPipelinedWithPending1_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      accept_o && pipelined_i && pending_q == 2'd1);
  AcceptsPipelinedWithPending2_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      accept_o && pipelined_i && pending_q == 2'd2);
  AcceptsSequentialWithPending0_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      accept_o && !pipelined_i && pending_q == 2'd0);
  AcceptsSequentialWithPending1_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      accept_o && !pipelined_i && pending_q == 2'd1);
  AcceptsWithATake_C: cover property (@(posedge clk_i) disable iff (!rst_ni) accept_o && take);

  // Each condition of token_ready_o decides alone, but for that of the score phase, which the spacing implies.
  ReadyWithoutAToken_C: cover property (@(posedge clk_i) disable iff (!rst_ni) token_ready_o && !token_valid_i);
  LoadAloneRefuses_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      token_valid_i && load_q && spaced && in_turn);
  SpacingAloneRefuses_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      token_valid_i && !load_q && !score_q && !spaced && in_turn);
  ModeAloneRefusesWithPending1_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      token_valid_i && !load_q && spaced && !in_turn && pending_q == 2'd1);
  ModeAloneRefusesWithPending2_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      token_valid_i && !load_q && spaced && !in_turn && pending_q == 2'd2);

  // Waiting, and going on.
  WaitsForTheHost_C: cover property (@(posedge clk_i) disable iff (!rst_ni) waits && pending_q == 2'd2);
  GoesOnAfterWaiting_C: cover property (@(posedge clk_i) disable iff (!rst_ni) waits && score_start_o);
  GoesOnWithoutWaiting_C: cover property (@(posedge clk_i) disable iff (!rst_ni) score_start_o && !waits);
  ScoreStartsWithATake_C: cover property (@(posedge clk_i) disable iff (!rst_ni) score_start_o && take);
  ScoreStartsWithPending0_C: cover property (@(posedge clk_i) disable iff (!rst_ni) score_start_o && pending_q == 2'd0);
  ScoreStartsWithPending1_C: cover property (@(posedge clk_i) disable iff (!rst_ni) score_start_o && pending_q == 2'd1);
  ResultWaits_C: cover property (@(posedge clk_i) disable iff (!rst_ni) result_q && !result_ready_i);
  ResultIsTakenAtOnce_C: cover property (@(posedge clk_i) disable iff (!rst_ni) take && $past(!result_q));
  PartialSumsWaitForTheResult_C: cover property (@(posedge clk_i) disable iff (!rst_ni) partial_q && result_q && !take);
  ResultIsReplacedAsItIsTaken_C: cover property (@(posedge clk_i) disable iff (!rst_ni) sum_o && take);
  ThreeTokensInside_C: cover property (@(posedge clk_i) disable iff (!rst_ni) load_q && pending_q == 2'd2);

  // Phases of two tokens in one cycle.
  LoadsWhileOlderMixes_C: cover property (@(posedge clk_i) disable iff (!rst_ni) load_q && mix_q);
  LoadsWhileOlderEmits_C: cover property (@(posedge clk_i) disable iff (!rst_ni) load_q && emit_q);
  ScoresWhileOlderEmits_C: cover property (@(posedge clk_i) disable iff (!rst_ni) score_q && emit_q);
  ScoresWhileOlderIsAdded_C: cover property (@(posedge clk_i) disable iff (!rst_ni) score_q && add_o);
  MixesWhileResultWaits_C: cover property (@(posedge clk_i) disable iff (!rst_ni) mix_q && result_q && !result_ready_i);
  EmitsWhileResultWaits_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      emit_q && result_q && !result_ready_i);

  // The mode changes while tokens are inside.
  TurnsPipelinedInFlight_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      pipelined_i && $past(!pipelined_i) && busy);
  TurnsSequentialInFlight_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      !pipelined_i && $past(pipelined_i) && busy);
  TurnsSequentialWithTwoPending_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      !pipelined_i && $past(pipelined_i) && pending_q == 2'd2);

  // Reset in every phase.
  ResetAtRest_C: cover property (@(negedge rst_ni) !busy && !result_q);
  ResetInLoad_C: cover property (@(negedge rst_ni) load_q && !waits);
  ResetWhileWaiting_C: cover property (@(negedge rst_ni) waits);
  ResetInScore_C: cover property (@(negedge rst_ni) score_q);
  ResetInMix_C: cover property (@(negedge rst_ni) mix_q);
  ResetInEmit_C: cover property (@(negedge rst_ni) emit_q);
  ResetWithPartialSums_C: cover property (@(negedge rst_ni) partial_q);
  ResetWithAResult_C: cover property (@(negedge rst_ni) result_q);
  ResetWithPending2_C: cover property (@(negedge rst_ni) pending_q == 2'd2);

endmodule

bind gca_sequencer gca_sequencer_cover #(.Interval(Interval)) u_cover (.*);

`default_nettype wire
