// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_head: the digital periphery of one analog attention head. The gain-cell arrays and the charge-to-pulse blocks are
// outside, behind the ports with the prefix ana_.
//
// Host contract
//   Token: taken at a clock edge with token_valid_i and token_ready_o. Vectors hold element 0 in the lowest bits. Key and
//   value codes are below StoreLevels.
//   new_sequence_i goes with the token: it and all later tokens see nothing older. window_i is read with such a token only.
//   Result: one for each token, in order, taken at an edge with result_valid_o and result_ready_i; sum_o holds output e at
//   [e*SumW +: SumW], two's complement. result_ready_i may stay low for any time: nothing is lost.
//   pipelined_i = 0: a token is accepted when all older results have reached the result register, so one every Latency
//   cycles at most; 1: one every Interval cycles. It may change at any time and affects tokens not accepted yet.
//
// Analog contract
//   Controls and pulses act on the analog side half a clock after the edge that changes them (its drivers re-time on the
//   falling edge); both edges of a pulse are delayed alike. So a pulse that begins with its emit phase is sampled 0.5, 1.5,
//   ... cycles after it began, and its count is its width rounded to the nearest cycle, a tie up.
//   discharge and write: one-hot over the columns, column c of sub-tile t at [t*TileTokens + c]. integrate: collect charge;
//   its rising edge starts from zero charge. emit: turn the charge into a pulse. reset: hold the integrators at zero.
//   ana_c2p1_valid_o: a column without it emits no pulse. ana_pulse_i, ana_sign_i: output e of sub-tile t at [t*Dim + e];
//   sign 1 is negative, settled when emit begins; it must hold for SyncStages + 1 cycles and is not looked at later.
//
// Latency: 65 cycles from a token's edge to its result's edge, interval 30 (at 16 query and 16 output levels; gca_sequencer
//   gives the general form). Reset: asynchronous assertion, synchronous release expected; empties the head.
`default_nettype none

module gca_head #(
    parameter int unsigned Dim          = 64,
    parameter int unsigned TileTokens   = 64,
    parameter int unsigned Tiles        = 16,
    parameter int unsigned QueryLevels  = 16,
    parameter int unsigned StoreLevels  = 8,
    parameter int unsigned OutLevels    = 16,
    parameter int unsigned ReadoutStyle = gca_pkg::Counters,
    parameter int unsigned ClockGates   = 0,
    localparam int unsigned Columns     = TileTokens * Tiles,
    localparam int unsigned WindowW     = (Columns > 0) ? $clog2(Columns + 1) : 1,
    localparam int unsigned QueryW      = (QueryLevels > 1) ? $clog2(QueryLevels) : 1,
    localparam int unsigned StoreW      = (StoreLevels > 1) ? $clog2(StoreLevels) : 1,
    localparam int unsigned SumW        = $clog2(Tiles * (OutLevels - 1) + 1) + 1
) (
    input  wire logic                        clk_i,
    input  wire logic                        rst_ni,

    // control
    input  wire logic                        pipelined_i,
    input  wire logic [WindowW-1:0]          window_i,
    input  wire logic                        status_clear_i,

    // host: token
    input  wire logic                        token_valid_i,
    output logic                             token_ready_o,
    input  wire logic                        new_sequence_i,
    input  wire logic [Dim*QueryW-1:0]       query_i,
    input  wire logic [Dim*StoreW-1:0]       key_i,
    input  wire logic [Dim*StoreW-1:0]       value_i,

    // analog boundary: K array and its charge-to-pulse stage
    output logic      [Columns-1:0]          ana_k_discharge_o,
    output logic      [Columns-1:0]          ana_k_write_o,
    output logic      [Dim*StoreW-1:0]       ana_k_dac_o,
    output logic      [Dim-1:0]              ana_k_pulse_o,
    output logic                             ana_c2p1_reset_o,
    output logic                             ana_c2p1_integrate_o,
    output logic                             ana_c2p1_emit_o,
    output logic      [Columns-1:0]          ana_c2p1_valid_o,

    // analog boundary: V array and its signed charge-to-pulse stage
    output logic      [Columns-1:0]          ana_v_discharge_o,
    output logic      [Columns-1:0]          ana_v_write_o,
    output logic      [Dim*StoreW-1:0]       ana_v_dac_o,
    output logic                             ana_c2p2_reset_o,
    output logic                             ana_c2p2_integrate_o,
    output logic                             ana_c2p2_emit_o,
    input  wire logic [Tiles*Dim-1:0]        ana_pulse_i,
    input  wire logic [Tiles*Dim-1:0]        ana_sign_i,

    // host: result
    output logic                             result_valid_o,
    input  wire logic                        result_ready_i,
    output logic      [Dim*SumW-1:0]         sum_o,

    // status
    output logic      [gca_pkg::StatusW-1:0] status_tokens_o,
    output logic      [gca_pkg::StatusW-1:0] status_saturated_o
);

  // Phase lengths. The longest pulse of a converter with L levels is L-1 cycles.
  localparam int unsigned PulseCycles = QueryLevels - 1;
  localparam int unsigned ScoreCycles = (PulseCycles > gca_pkg::LoadCycles) ? PulseCycles : gca_pkg::LoadCycles;
  localparam int unsigned MixCycles = PulseCycles;
  localparam int unsigned EmitCycles = OutLevels - 1;
  // The least distance of two tokens: the longest time for which a resource is busy with one of them.
  localparam int unsigned KBusy = gca_pkg::LoadCycles + ScoreCycles;
  localparam int unsigned C2pBusy = MixCycles + ((ScoreCycles > EmitCycles) ? ScoreCycles : EmitCycles);
  localparam int unsigned Interval = (KBusy > C2pBusy) ? KBusy : C2pBusy;

  if (Dim < 1) begin : gen_bad_dim
    $error("Dim must be at least 1");
  end
  if (TileTokens < 1 || Tiles < 1) begin : gen_bad_tiles
    $error("TileTokens and Tiles must be at least 1");
  end
  if (QueryLevels < 2 || StoreLevels < 2 || OutLevels < 2) begin : gen_bad_levels
    $error("QueryLevels, StoreLevels and OutLevels must be at least 2");
  end
  if (ReadoutStyle > gca_pkg::Popcount) begin : gen_bad_style
    $error("ReadoutStyle must be gca_pkg::Counters (0) or gca_pkg::Popcount (1)");
  end

  logic accept, score_start, mix_start;
  logic k_discharge, k_write, v_discharge, v_write;
  logic [gca_pkg::SyncStages-1:0] sync_en;
  logic count_en, count_first, add, sum, scan;
  logic [Dim*QueryW-1:0] query;
  logic [Dim*StoreW-1:0] key, value;
  logic [Tiles*Dim-1:0] full;

  gca_sequencer #(
      .ScoreCycles(ScoreCycles),
      .MixCycles  (MixCycles),
      .EmitCycles (EmitCycles),
      .Interval   (Interval)
  ) u_sequencer (
      .clk_i,
      .rst_ni,
      .pipelined_i,
      .token_valid_i,
      .token_ready_o,
      .result_valid_o,
      .result_ready_i,
      .accept_o        (accept),
      .score_start_o   (score_start),
      .mix_start_o     (mix_start),
      .k_discharge_o   (k_discharge),
      .k_write_o       (k_write),
      .v_discharge_o   (v_discharge),
      .v_write_o       (v_write),
      .c2p1_reset_o    (ana_c2p1_reset_o),
      .c2p1_integrate_o(ana_c2p1_integrate_o),
      .c2p1_emit_o     (ana_c2p1_emit_o),
      .c2p2_reset_o    (ana_c2p2_reset_o),
      .c2p2_integrate_o(ana_c2p2_integrate_o),
      .c2p2_emit_o     (ana_c2p2_emit_o),
      .sync_en_o       (sync_en),
      .count_en_o      (count_en),
      .count_first_o   (count_first),
      .add_o           (add),
      .sum_o           (sum)
  );

  gca_write_ctrl #(
      .TileTokens((TileTokens > 0) ? TileTokens : 1),  // an illegal 0 is refused above
      .Tiles     (Tiles)
  ) u_write_ctrl (
      .clk_i,
      .rst_ni,
      .accept_i     (accept),
      .new_sequence_i,
      .window_i,
      .score_start_i(score_start),
      .mix_start_i  (mix_start),
      .k_discharge_i(k_discharge),
      .k_write_i    (k_write),
      .v_discharge_i(v_discharge),
      .v_write_i    (v_write),
      .c2p1_emit_i  (ana_c2p1_emit_o),
      .k_discharge_o(ana_k_discharge_o),
      .k_write_o    (ana_k_write_o),
      .v_discharge_o(ana_v_discharge_o),
      .v_write_o    (ana_v_write_o),
      .valid_o      (ana_c2p1_valid_o)
  );

  gca_code_regs #(
      .Dim       (Dim),
      .QueryW    (QueryW),
      .StoreW    (StoreW),
      .ClockGates(ClockGates)
  ) u_code_regs (
      .clk_i,
      .rst_ni,
      .load_i (accept),
      .query_i,
      .key_i,
      .value_i,
      .query_o(query),
      .key_o  (key),
      .value_o(value)
  );

  assign ana_k_dac_o = key;
  assign ana_v_dac_o = value;

  gca_pwm_bank #(
      .Channels(Dim),
      .Levels  (QueryLevels)
  ) u_pwm_bank (
      .clk_i,
      .rst_ni,
      .start_i(score_start),
      .code_i (query),
      .pulse_o(ana_k_pulse_o)
  );

  if (ReadoutStyle == gca_pkg::Counters) begin : gen_counters
    gca_counter_readout #(
        .Channels  (Dim),
        .Tiles     ((Dim > 0) ? Tiles : 0),  // an illegal 0 is refused above
        .Levels    (OutLevels),
        .ClockGates(ClockGates)
    ) u_readout (
        .clk_i,
        .rst_ni,
        .sync_en_i    (sync_en),
        .count_en_i   (count_en),
        .count_first_i(count_first),
        .add_i        (add),
        .sum_i        (sum),
        .pulse_i      (ana_pulse_i),
        .sign_i       (ana_sign_i),
        .sum_o,
        .full_o       (full)
    );

    assign scan = count_en && !sync_en[gca_pkg::SyncStages-1];
  end else begin : gen_popcount
    gca_popcount_readout #(
        .Channels  (Dim),
        .Tiles     (Tiles),
        .Levels    (OutLevels),
        .ClockGates(ClockGates)
    ) u_readout (
        .clk_i,
        .rst_ni,
        .sync_en_i    (sync_en),
        .count_en_i   (count_en),
        .count_first_i(count_first),
        .add_i        (add),
        .sum_i        (sum),
        .pulse_i      (ana_pulse_i),
        .sign_i       (ana_sign_i),
        .sum_o,
        .full_o       (full)
    );

    assign scan = sync_en[gca_pkg::SyncStages-1] && !sync_en[gca_pkg::SyncStages-2];

`ifndef SYNTHESIS
    // The paper's readout beside it, for an observer and as the judge.
    logic [Dim*SumW-1:0] sum_of_counters;
    logic [Tiles*Dim-1:0] unused_full;

    gca_counter_readout #(
        .Channels(Dim),
        .Tiles   (Tiles),
        .Levels  (OutLevels)
    ) u_counters (
        .clk_i,
        .rst_ni,
        .sync_en_i    (sync_en),
        .count_en_i   (count_en),
        .count_first_i(count_first),
        .add_i        (add),
        .sum_i        (sum),
        .pulse_i      (ana_pulse_i),
        .sign_i       (ana_sign_i),
        .sum_o        (sum_of_counters),
        .full_o       (unused_full)
    );

    // They capture the signs in different cycles.
    logic [Tiles*Dim-1:0] sign_q;
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (rst_ni) begin
        sign_q <= ana_sign_i;
        if ((sync_en[gca_pkg::SyncStages-1] && !count_en) || count_first) begin
          SignsHoldUntilTheyAreCaptured_M: assume (ana_sign_i == sign_q);
        end
        if (result_valid_o) begin
          SumsAreThoseOfCounters_A: assert (sum_o == sum_of_counters);
        end
      end
    end
`endif
  end

  gca_status #(
      .Channels  ((Dim > 0) ? Dim : 1),  // an illegal 0 is refused above
      .Tiles     (Tiles),
      .ScanCycles(Interval - EmitCycles + 1)
  ) u_status (
      .clk_i,
      .rst_ni,
      .clear_i    (status_clear_i),
      .token_i    (result_valid_o && result_ready_i),
      .scan_i     (scan),
      .full_i     (full),
      .tokens_o   (status_tokens_o),
      .saturated_o(status_saturated_o)
  );

`ifndef SYNTHESIS
  logic [1:0] inside_q;  // tokens accepted and not taken

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      inside_q <= '0;
    end else begin
      inside_q <= inside_q + 2'(accept) - 2'(result_valid_o && result_ready_i);

      if (accept) begin : check
        logic are_levels;
        are_levels = 1'b1;
        for (int unsigned i = 0; i < Dim; i++) begin
          if (32'(key_i[i*StoreW +: StoreW]) >= StoreLevels) are_levels = 1'b0;
          if (32'(value_i[i*StoreW +: StoreW]) >= StoreLevels) are_levels = 1'b0;
        end
        StoreCodesAreBelowStoreLevels_M: assume (are_levels);
        CodesAreReplacedWhenTheirColumnsAreWritten_A: assert (!(k_discharge || k_write || v_discharge));
        AtMostThreeTokensAreInside_A: assert (inside_q != 2'd3);
      end
      if (result_valid_o) begin
        EveryResultHasItsToken_A: assert (inside_q != '0);
        AResultHoldsUntilItIsTaken_A: assert (result_ready_i || !sum);
      end
      if (count_first) begin
        TheFirstCountIsEnabled_A: assert (count_en);
      end
      if (ana_c2p1_emit_o) begin
        EveryTokenSeesItsSequence_A: assert (ana_c2p1_valid_o[0]);
      end
      if (!ana_c2p1_integrate_o) begin
        QueryPulsesAreWithinTheScorePhase_A: assert (ana_k_pulse_o == '0);
      end
    end
  end
`endif

endmodule

`default_nettype wire
