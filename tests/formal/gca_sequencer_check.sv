// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// Properties of gca_sequencer: every control against the ages of the tokens, and one token, chosen by the solver, followed
// from its acceptance to the host.
`default_nettype none

module gca_sequencer_check #(
    parameter int unsigned ScoreCycles = 15,
    parameter int unsigned MixCycles   = 15,
    parameter int unsigned EmitCycles  = 15,
    parameter int unsigned Interval    = 30,
    localparam int unsigned LoadW      = $clog2(gca_pkg::LoadCycles + 1),
    localparam int unsigned ScoreW     = $clog2(ScoreCycles + 1),
    localparam int unsigned MixW       = $clog2(MixCycles + 1),
    localparam int unsigned EmitW      = $clog2(EmitCycles + 1),
    localparam int unsigned IntervalW  = $clog2(Interval)
) (
    input wire logic clk_i,
    input wire logic rst_ni,
    input wire logic pipelined_i,
    input wire logic token_valid_i,
    input wire logic token_ready_o,
    input wire logic result_valid_o,
    input wire logic result_ready_i,
    input wire logic accept_o,
    input wire logic score_start_o,
    input wire logic mix_start_o,
    input wire logic k_discharge_o,
    input wire logic k_write_o,
    input wire logic v_discharge_o,
    input wire logic v_write_o,
    input wire logic c2p1_reset_o,
    input wire logic c2p1_integrate_o,
    input wire logic c2p1_emit_o,
    input wire logic c2p2_reset_o,
    input wire logic c2p2_integrate_o,
    input wire logic c2p2_emit_o,
    input wire logic [gca_pkg::SyncStages-1:0] sync_en_o,
    input wire logic count_en_o,
    input wire logic count_first_o,
    input wire logic add_o,
    input wire logic sum_o,

    // what is inside
    input wire logic                         load_q,
    input wire logic [LoadW-1:0]             load_cnt_q,
    input wire logic [ScoreW-1:0]            score_cnt_q,
    input wire logic [MixW-1:0]              mix_cnt_q,
    input wire logic [EmitW-1:0]             emit_cnt_q,
    input wire logic [IntervalW-1:0]         spacing_q,
    input wire logic [1:0]                   pending_q,
    input wire logic [gca_pkg::SyncStages:0] emit_dly_q,
    input wire logic                         partial_q
);

  localparam int unsigned Discharge = gca_pkg::DischargeCycles;
  localparam int unsigned Load = gca_pkg::LoadCycles;

  // A token's age: 1 in the first cycle of its score phase. The last cycle of each phase:
  localparam int unsigned ScoreEnd = ScoreCycles;
  localparam int unsigned MixEnd = ScoreEnd + MixCycles;
  localparam int unsigned EmitEnd = MixEnd + EmitCycles;
  localparam int unsigned CountEnd = EmitEnd + gca_pkg::SyncStages;
  localparam int unsigned AddAge = CountEnd + 1;
  localparam int unsigned Latency = Load + AddAge + 2;  // from the accepting edge to the edge at which the result can be taken
  localparam int unsigned Old = 3 + ((AddAge > Interval) ? AddAge : Interval);  // ages stop here
  localparam int unsigned Waiting = Load + 1;                                   // cycles of load stop here
  localparam int unsigned Bound = 1 + ((Latency > Interval) ? Latency : Interval);
  localparam int unsigned N = $clog2(Bound + Old + 2);

  // ---- all tokens: that of the load phase, the two that began to score last --------------------------------------------

  logic [N-1:0] load_age_q;  // 1 in the first cycle of load, 0: none
  logic [N-1:0] age_q, older_q;
  logic [1:0] outstanding_q;  // accepted, and not taken by the host
  logic [N-1:0] since_accept_q;
  logic stalled_q;  // one cycle ago
  // Cycles in which no result waited for the host: since the last token was accepted, since token_ready_o was high.
  logic [N-1:0] last_elapsed_q, not_ready_q;

  wire logic take = result_valid_o && result_ready_i;
  wire logic stalled = result_valid_o && !result_ready_i;

  function automatic logic in_phase(input logic [N-1:0] young, input logic [N-1:0] old, input logic [N-1:0] first,
                                    input logic [N-1:0] last);
    in_phase = (young >= first && young <= last) || (old >= first && old <= last);
  endfunction

  logic [gca_pkg::SyncStages-1:0] in_sync;
  always_comb begin
    for (int unsigned s = 0; s < gca_pkg::SyncStages; s++) begin
      in_sync[s] = in_phase(age_q, older_q, N'(MixEnd + s + 1), N'(EmitEnd + s));
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      load_age_q     <= '0;
      age_q          <= N'(Old);
      older_q        <= N'(Old);
      outstanding_q  <= '0;
      since_accept_q <= N'(Interval);
      stalled_q      <= 1'b0;
      last_elapsed_q <= N'(Bound);
      not_ready_q    <= '0;
    end else begin
      if (accept_o) load_age_q <= N'(1);
      else if (score_start_o) load_age_q <= '0;
      else if (load_age_q != '0 && load_age_q != N'(Waiting)) load_age_q <= load_age_q + N'(1);

      if (score_start_o) age_q <= N'(1);
      else if (age_q != N'(Old)) age_q <= age_q + N'(1);
      if (score_start_o) older_q <= (age_q == N'(Old)) ? age_q : age_q + N'(1);
      else if (older_q != N'(Old)) older_q <= older_q + N'(1);

      outstanding_q <= outstanding_q + 2'(accept_o) - 2'(take);
      if (accept_o) since_accept_q <= N'(1);
      else if (since_accept_q != N'(Interval)) since_accept_q <= since_accept_q + N'(1);
      stalled_q <= stalled;
      if (accept_o) last_elapsed_q <= N'(1);
      else if (!stalled && last_elapsed_q != N'(Bound)) last_elapsed_q <= last_elapsed_q + N'(1);
      if (token_ready_o) not_ready_q <= '0;
      else if (!stalled) not_ready_q <= not_ready_q + N'(1);

      // The schedule.
      KIsDischargedFirst_A: assert (k_discharge_o == (load_age_q >= N'(1) && load_age_q <= N'(Discharge)));
      KIsWrittenNext_A: assert (k_write_o == (load_age_q > N'(Discharge) && load_age_q <= N'(Load)));
      VIsDischargedFirst_A: assert (v_discharge_o == (age_q <= N'(Discharge)));
      VIsWrittenNext_A: assert (v_write_o == (age_q > N'(Discharge) && age_q <= N'(Load)));
      StageOneIntegratesInScore_A: assert (c2p1_integrate_o == (age_q <= N'(ScoreEnd)));
      MixStartsInTheLastScoreCycle_A: assert (mix_start_o == (age_q == N'(ScoreEnd)));
      StageOneEmitsInMix_A: assert (c2p1_emit_o == in_phase(age_q, older_q, N'(ScoreEnd + 1), N'(MixEnd)));
      StageTwoIntegratesInMix_A: assert (c2p2_integrate_o == c2p1_emit_o);
      StageTwoEmitsInEmit_A: assert (c2p2_emit_o == in_phase(age_q, older_q, N'(MixEnd + 1), N'(EmitEnd)));
      StagesRestInReset_A: assert (c2p1_reset_o == !(c2p1_integrate_o || c2p1_emit_o)
                                   && c2p2_reset_o == !(c2p2_integrate_o || c2p2_emit_o));
      StagesOfTheSynchroniserFollowEmit_A: assert (sync_en_o == in_sync);
      CountingIsEmitLater_A: assert (count_en_o == in_phase(age_q, older_q, N'(MixEnd + gca_pkg::SyncStages + 1), N'(CountEnd)));
      FirstCountIsTheFirst_A: assert (count_first_o == in_phase(age_q, older_q, N'(MixEnd + gca_pkg::SyncStages + 1), N'(MixEnd + gca_pkg::SyncStages + 1)));
      AddFollowsTheLastCount_A: assert (add_o == in_phase(age_q, older_q, N'(AddAge), N'(AddAge)));
      SumIsTakenAsSoonAsThereIsRoom_A: assert (sum_o == (partial_q && (!result_valid_o || take)));

      // No resource serves two tokens.
      KIsNotWrittenWhileRead_A: assert (!((k_discharge_o || k_write_o) && c2p1_integrate_o));
      VIsNotWrittenWhileRead_A: assert (!((v_discharge_o || v_write_o) && c2p1_emit_o));
      StageOneHasOneToken_A: assert (!(c2p1_integrate_o && c2p1_emit_o));
      StageTwoHasOneToken_A: assert (!(c2p2_integrate_o && c2p2_emit_o));
      CountersAreReadBeforeTheyStartAgain_A: assert (!(add_o && count_en_o));
      AddFindsThePartialSumsEmpty_A: assert (!(add_o && partial_q));
      ScoresAreAnIntervalApart_A: assert (!score_start_o || age_q >= N'(Interval));

      // Ready and valid.
      AcceptedMeansValidAndReady_A: assert (accept_o == (token_valid_i && token_ready_o));
      ReadyDependsOnThePastAndTheModeAlone_A: assert (
          token_ready_o == (load_age_q == '0 && age_q >= N'(ScoreEnd) && age_q >= N'(Interval - Load)
                            && (pipelined_i || outstanding_q == 2'(result_valid_o))));
      ResultIsValidUntilItIsTaken_A: assert (!stalled_q || result_valid_o);
      ResultIsNotOverwritten_A: assert (!(stalled && sum_o));

      // Acceptance.
      TokensAreAnIntervalApart_A: assert (!accept_o || since_accept_q == N'(Interval));
      SequentialTokensAreAlone_A: assert (!accept_o || pipelined_i || outstanding_q == 2'(result_valid_o));
      AtMostThreeTokensAreInside_A: assert (outstanding_q != 2'd3 || !accept_o);
      NoResultWithoutAToken_A: assert (!result_valid_o || outstanding_q != '0);
      ReadyComesAgain_A: assert (not_ready_q <= N'(Bound));

      StreamsAtTheInterval_C: cover (accept_o && pipelined_i && outstanding_q == 2'd2 && since_accept_q == N'(Interval)
                                     && load_age_q == '0 && not_ready_q == N'(Interval - 1));
      FullUpToTheHost_C: cover (outstanding_q == 2'd3 && load_age_q == N'(Waiting) && partial_q && result_valid_o);
      SumWhileTheHostTakes_C: cover (sum_o && take);
      SequentialAfterPipelined_C: cover (!pipelined_i && token_valid_i && !token_ready_o && outstanding_q == 2'd2
                                         && partial_q && result_valid_o);
      SequentialWhileAResultWaits_C: cover (accept_o && !pipelined_i && stalled);
    end
  end

  // ---- one token ---------------------------------------------------------------------------------------------------

  // Every fourth token, that of the chosen number: not more than three are inside at a time.
  logic [1:0] number_q, chosen;
  gca_chosen #(.Count(4)) u_number (.value_o(chosen));

  logic chosen_q, done_q;                                        // it was accepted; it was taken by the host
  logic load_is_q, young_q, old_q, partial_is_q, result_is_q;    // where it is
  logic [1:0] ahead_q;        // tokens to be taken before it
  logic [N-1:0] elapsed_q;    // cycles since its acceptance in which no result waited for the host
  logic undisturbed_q;        // no result waited since

  wire logic chosen_d = accept_o && number_q == chosen;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      number_q      <= '0;
      chosen_q      <= 1'b0;
      load_is_q     <= 1'b0;
      young_q       <= 1'b0;
      old_q         <= 1'b0;
      partial_is_q  <= 1'b0;
      result_is_q   <= 1'b0;
      done_q        <= 1'b0;
      ahead_q       <= '0;
      elapsed_q     <= '0;
      undisturbed_q <= 1'b0;
    end else begin
      number_q <= number_q + 2'(accept_o);
      if (chosen_d) begin
        chosen_q <= 1'b1;
        done_q <= 1'b0;
        load_is_q <= 1'b1;
        ahead_q <= outstanding_q - 2'(take);
        elapsed_q <= N'(1);
        undisturbed_q <= 1'b1;
      end else if (chosen_q && !done_q) begin
        ahead_q <= ahead_q - 2'(take && ahead_q != '0);
        if (!stalled) elapsed_q <= elapsed_q + N'(1);
        else undisturbed_q <= 1'b0;
      end
      // The data's way through the registers.
      if (score_start_o) begin
        load_is_q <= 1'b0;
        young_q <= load_is_q;
        old_q <= young_q;
      end
      if (sum_o) begin
        partial_is_q <= 1'b0;
        result_is_q <= partial_is_q;
      end else if (take) begin
        result_is_q <= 1'b0;
      end
      if (add_o) begin
        partial_is_q <= (older_q == N'(AddAge)) ? old_q : young_q;
        if (age_q == N'(AddAge)) begin
          if (score_start_o) old_q <= 1'b0;
          else young_q <= 1'b0;
        end else if (!score_start_o) begin
          old_q <= 1'b0;
        end
      end
      if (take && ahead_q == '0 && chosen_q && !done_q) done_q <= 1'b1;

      OneResultForEachTokenInOrder_A: assert (!result_valid_o || result_is_q == (chosen_q && !done_q && ahead_q == '0));
      ResultComesInTime_A: assert (!chosen_q || done_q || elapsed_q <= N'(Latency + 1));
      LatencyIsFixedWithoutStalls_A: assert (!undisturbed_q || done_q
                                             || (result_valid_o && ahead_q == '0) == (elapsed_q == N'(Latency)));
      Delivered_C: cover (done_q && undisturbed_q);
      DeliveredInTimeAfterAStall_C: cover (result_is_q && take && !undisturbed_q && elapsed_q == N'(Latency));
      DeliveredThird_C: cover (result_is_q && take && !undisturbed_q && outstanding_q == 2'd3);
    end
  end

  // ---- what the registers hold: the strengthening that makes the above inductive ------------------------------------------

  wire logic loading = load_age_q != '0;
  wire logic waited = load_age_q == N'(Waiting);
  wire logic young_flies = age_q <= N'(AddAge);  // on the way to the partial sums
  wire logic old_flies = older_q <= N'(AddAge);

  // A phase that began after age `after`: cycles of its token in it.
  function automatic logic [N-1:0] in_it(input logic [N-1:0] young, input logic [N-1:0] old, input logic [N-1:0] after,
                                         input logic [N-1:0] last);
    in_it = ((young > after && young <= last) ? young : old) - after;
  endfunction

  // The most that may have passed for a token by the end of each place.
  function automatic logic in_time(input logic [N-1:0] elapsed, input logic load, input logic young, input logic old,
                                   input logic partial);
    in_time = elapsed <= (load  ? (!waited ? load_age_q : N'(Load) + N'(pending_q <= 2'd1))
                        : young ? N'(Load + 1) + age_q
                        : old   ? N'(Load + 1) + older_q
                        : partial ? N'(Latency) : N'(Latency + 1));
  endfunction

  logic emit_dly_right;
  always_comb begin
    emit_dly_right = 1'b1;
    for (int unsigned s = 0; s <= gca_pkg::SyncStages; s++) begin
      if (emit_dly_q[s] != in_phase(age_q, older_q, N'(MixEnd + 2 + s), N'(EmitEnd + 1 + s))) emit_dly_right = 1'b0;
    end
  end

  // Nothing is asserted in reset.
  // verilator lint_off SYNCASYNCNET
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      AgesAreInRange_A: assert (load_age_q <= N'(Waiting) && age_q >= N'(1) && age_q <= N'(Old) && older_q <= N'(Old)
                                && (older_q == N'(Old) || older_q >= age_q + N'(Interval))
          && (!loading || age_q >= N'(Interval - Load) + (waited ? N'(Load) : load_age_q)));
      PhasesAreThoseOfTheAges_A: assert (load_q == loading && (!loading || N'(load_cnt_q) == load_age_q - N'(1)));
      CountersAreThoseOfTheAges_A: assert (
          (!c2p1_integrate_o || N'(score_cnt_q) == age_q - N'(1))
          && (!c2p1_emit_o || N'(mix_cnt_q) == in_it(age_q, older_q, N'(ScoreEnd), N'(MixEnd)) - N'(1))
          && (!c2p2_emit_o || N'(emit_cnt_q) == in_it(age_q, older_q, N'(MixEnd), N'(EmitEnd)) - N'(1))
          && emit_dly_right);
      SpacingIsTheRestOfTheInterval_A: assert (N'(spacing_q) == ((age_q < N'(Interval)) ? N'(Interval) - age_q : '0));
      TokensAreWhereTheyAreCounted_A: assert (3'(outstanding_q) == 3'(pending_q) + 3'(loading)
          && 3'(pending_q) == 3'(young_flies) + 3'(old_flies) + 3'(partial_q) + 3'(result_valid_o) && pending_q <= 2'd2);
      AcceptanceIsBeforeTheAge_A: assert (since_accept_q <= N'(Interval) && since_accept_q != '0
          && (since_accept_q == N'(Interval)
              || (loading ? since_accept_q >= load_age_q && (waited || since_accept_q == load_age_q)
                          : since_accept_q >= N'(Load) + age_q)));
      PartialSumsWaitForTheResultOnly_A: assert (!partial_q || result_valid_o || age_q == N'(AddAge + 1)
                                                 || older_q == N'(AddAge + 1));
      TokensWaitForAResultOnly_A: assert (!waited || pending_q <= 2'd1 || result_valid_o);
      LastTokenComesInTime_A: assert (not_ready_q <= last_elapsed_q && (outstanding_q == 2'(result_valid_o)
          || in_time(last_elapsed_q, loading, young_flies, 1'b0, partial_q)));

      ChosenIsAtOnePlace_A: assert (
          3'(load_is_q) + 3'(young_q) + 3'(old_q) + 3'(partial_is_q) + 3'(result_is_q) == 3'(chosen_q && !done_q));
      PlaceOfTheChosenHoldsAToken_A: assert (
          (!load_is_q || loading) && (!young_q || young_flies) && (!old_q || old_flies)
          && (!partial_is_q || partial_q) && (!result_is_q || result_valid_o));
      AheadAreTheOlderTokens_A: assert (!chosen_q || done_q || ahead_q == (
          load_is_q ? outstanding_q - 2'd1 : young_q ? pending_q - 2'd1 : old_q ? 2'(partial_q) + 2'(result_valid_o)
          : partial_is_q ? 2'(result_valid_o) : 2'd0));
      UndisturbedTokensDoNotWait_A: assert (!undisturbed_q || (chosen_q && (done_q || elapsed_q == (
          load_is_q ? load_age_q : young_q ? N'(Load) + age_q : old_q ? N'(Load) + older_q
          : partial_is_q ? N'(Latency - 1) : N'(Latency)))));
      NothingIsInTheWayOfTheUndisturbed_A: assert (!undisturbed_q || !load_is_q || (!waited
          && (pending_q != 2'd2 || older_q <= N'(AddAge + 2) || load_age_q == N'(1))));
      NumberTellsTheTokensBehind_A: assert (!chosen_q || done_q
                                            || (ahead_q < outstanding_q && number_q == chosen + outstanding_q - ahead_q));
      ChosenComesInTime_A: assert (!chosen_q || done_q || in_time(elapsed_q, load_is_q, young_q, old_q, partial_is_q));
    end
  end
  // verilator lint_on SYNCASYNCNET

  initial ResetComesFirst_M: assume (!rst_ni);

endmodule

bind gca_sequencer gca_sequencer_check #(
    .ScoreCycles(ScoreCycles), .MixCycles(MixCycles), .EmitCycles(EmitCycles), .Interval(Interval)
) u_check (.*);

`default_nettype wire
