// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_head_cover: functional points of gca_head. What crosses modules: modes, back-pressure, wraps, sequences, signs,
// status.
// verilator coverage_off
`default_nettype none

module gca_head_cover #(
    parameter int unsigned Tiles = 1,
    parameter int unsigned Dim = 1
) (
    input wire logic clk_i,
    input wire logic rst_ni,
    input wire logic pipelined_i,
    input wire logic status_clear_i,
    input wire logic token_valid_i,
    input wire logic token_ready_o,
    input wire logic new_sequence_i,
    input wire logic result_valid_o,
    input wire logic result_ready_i,
    input wire logic accept,
    input wire logic add,
    input wire logic scan,
    input wire logic [Tiles*Dim-1:0] full,
    input wire logic [Tiles*Dim-1:0] sign,
    input wire logic restart,
    input wire logic wrap,
    input wire logic ring_full,
    input wire logic scores,
    input wire logic mixes,
    input wire logic emits,
    input wire logic waits,
    input wire logic begins_ring
);

  logic stalled, turns, begins;
  assign stalled = result_valid_o && !result_ready_i;
  assign turns = accept && wrap && !restart;
  assign begins = accept && new_sequence_i;

  // verilator coverage_on
  // Mode, back-pressure, wrap.
  PipelinedWrap_C: cover property (@(posedge clk_i) disable iff (!rst_ni) turns && pipelined_i && !stalled);
  PipelinedWrapUnderBackPressure_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      turns && pipelined_i && stalled);
  SequentialWrap_C: cover property (@(posedge clk_i) disable iff (!rst_ni) turns && !pipelined_i && !stalled);
  SequentialWrapUnderBackPressure_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      turns && !pipelined_i && stalled);
  PipelinedStreamWithinAFullRing_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      accept && pipelined_i && ring_full && mixes);
  TokenOfAWrapWaits_C: cover property (@(posedge clk_i) disable iff (!rst_ni) waits && ring_full && begins_ring);
  TokenOfANewSequenceWaits_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      waits && !ring_full && begins_ring);

  // A new sequence in every phase of the older token, in both modes.
  NewSequenceAtRest_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      begins && !scores && !mixes && !emits && !result_valid_o);
  NewSequenceInTheLastScoreCycle_C: cover property (@(posedge clk_i) disable iff (!rst_ni) begins && scores);
  NewSequenceWhileOlderMixes_C: cover property (@(posedge clk_i) disable iff (!rst_ni) begins && mixes);
  NewSequenceWhileOlderEmits_C: cover property (@(posedge clk_i) disable iff (!rst_ni) begins && emits);
  NewSequenceWhileOlderIsAdded_C: cover property (@(posedge clk_i) disable iff (!rst_ni) begins && add);
  NewSequencePipelinedWhileAResultWaits_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      begins && pipelined_i && stalled);
  NewSequenceSequentialWhileAResultWaits_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      begins && !pipelined_i && stalled);
  NewSequenceInAFullRingPipelined_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      begins && ring_full && pipelined_i);
  NewSequenceInAFullRingSequential_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      begins && ring_full && !pipelined_i);

  // Readout and status.
  FullCountersOfBothSigns_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      scan && (|(full & sign)) && (|(full & ~sign)));
  AllCountersFull_C: cover property (@(posedge clk_i) disable iff (!rst_ni) scan && (&full));
  NoCounterFull_C: cover property (@(posedge clk_i) disable iff (!rst_ni) scan && !(|full));
  FullCountersUnderBackPressure_C: cover property (@(posedge clk_i) disable iff (!rst_ni) scan && (|full) && stalled);
  StatusClearWithAResultTaken_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      status_clear_i && result_valid_o && result_ready_i);
  StatusClearWithTheScan_C: cover property (@(posedge clk_i) disable iff (!rst_ni) status_clear_i && scan);
  StatusClearWhileAResultWaits_C: cover property (@(posedge clk_i) disable iff (!rst_ni) status_clear_i && stalled);
  TokenWaitsWhileAResultWaits_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      token_valid_i && !token_ready_o && stalled);
  ResetUnderBackPressure_C: cover property (@(negedge rst_ni) stalled);

endmodule

bind gca_head gca_head_cover #(.Tiles(Tiles), .Dim(Dim)) u_cover (.*, .restart(u_write_ctrl.restart),
    .wrap(u_write_ctrl.wrap), .sign(ana_sign_i), .ring_full(u_write_ctrl.full_q), .scores(ana_c2p1_integrate_o),
    .mixes(ana_c2p1_emit_o), .emits(ana_c2p2_emit_o), .waits(u_sequencer.load_done && !score_start),
    .begins_ring(u_write_ctrl.left_q == u_write_ctrl.last_q));

`default_nettype wire
