// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_stepped_head: gca_head with a clock that waits. One cycle of the head is one step of its analog side, which takes
// as many cycles of clk_i as it needs.
//
// The head has no clock enable: its clock is a flop (head_clk_q) that rises when all its inputs have been still for two
// cycles of clk_i, and whose results are looked at two cycles after it rose at the earliest. So nothing depends on how far
// the head's clock network lags behind clk_i: no hold problem, no race in a simulator, and what crosses between the clocks
// has two periods. Every FPGA tool takes a flop as the source of a global clock; tools that analyse paths between the
// clocks are told so by the board's constraints. The falling edge is the moment at which the analog side acts.
//
// Host contract, all in clk_i: token_valid_i holds, with everything that goes with the token, until token_taken_o (one
//   cycle). result_valid_o says that sum_o holds a result; result_ready_i, held until result_taken_o (one cycle), lets it
//   go. Both are dropped in the cycle after. Status is still while no token is inside.
// Analog contract: step_o (one cycle) tells the analog side to look at the ana_ outputs, which hold until it lowers
//   step_busy_i, high from the cycle after step_o on. ana_pulse_i and ana_sign_i are then as the head's next edge samples
//   them, and hold until the next step_o.
//
// Time: 7 cycles of clk_i for each of the head's cycles, and the time of step_busy_i. Reset: asynchronous assertion,
//   synchronous release expected.
`default_nettype none

module gca_stepped_head #(
    parameter int unsigned Dim         = 64,
    parameter int unsigned TileTokens  = 64,
    parameter int unsigned Tiles       = 1,
    parameter int unsigned QueryLevels = 16,
    parameter int unsigned StoreLevels = 8,
    parameter int unsigned OutLevels   = 16,
    localparam int unsigned Columns    = TileTokens * Tiles,
    localparam int unsigned WindowW    = $clog2(Columns + 1),
    localparam int unsigned QueryW     = $clog2(QueryLevels),
    localparam int unsigned StoreW     = $clog2(StoreLevels),
    localparam int unsigned SumW       = $clog2(Tiles * (OutLevels - 1) + 1) + 1
) (
    input  wire logic                        clk_i,
    input  wire logic                        rst_ni,

    // control
    input  wire logic                        pipelined_i,
    input  wire logic [WindowW-1:0]          window_i,

    // host: token
    input  wire logic                        token_valid_i,
    output logic                             token_taken_o,
    input  wire logic                        new_sequence_i,
    input  wire logic [Dim*QueryW-1:0]       query_i,
    input  wire logic [Dim*StoreW-1:0]       key_i,
    input  wire logic [Dim*StoreW-1:0]       value_i,

    // host: result
    output logic                             result_valid_o,
    input  wire logic                        result_ready_i,
    output logic                             result_taken_o,
    output logic      [Dim*SumW-1:0]         sum_o,

    // status
    output logic      [gca_pkg::StatusW-1:0] status_tokens_o,
    output logic      [gca_pkg::StatusW-1:0] status_saturated_o,

    // the analog side
    output logic                             step_o,
    input  wire logic                        step_busy_i,
    output logic      [Columns-1:0]          ana_k_discharge_o,
    output logic      [Columns-1:0]          ana_k_write_o,
    output logic      [Dim*StoreW-1:0]       ana_k_dac_o,
    output logic      [Dim-1:0]              ana_k_pulse_o,
    output logic                             ana_c2p1_reset_o,
    output logic                             ana_c2p1_integrate_o,
    output logic                             ana_c2p1_emit_o,
    output logic      [Columns-1:0]          ana_c2p1_valid_o,
    output logic      [Columns-1:0]          ana_v_discharge_o,
    output logic      [Columns-1:0]          ana_v_write_o,
    output logic      [Dim*StoreW-1:0]       ana_v_dac_o,
    output logic                             ana_c2p2_reset_o,
    output logic                             ana_c2p2_integrate_o,
    output logic                             ana_c2p2_emit_o,
    input  wire logic [Tiles*Dim-1:0]        ana_pulse_i,
    input  wire logic [Tiles*Dim-1:0]        ana_sign_i
);

  // One cycle of the head.
  localparam logic [2:0] Sample = 3'd0;  // the host's lines are taken over
  localparam logic [2:0] Settle = 3'd1;
  localparam logic [2:0] Rise = 3'd2;
  localparam logic [2:0] High = 3'd3;
  localparam logic [2:0] Fall = 3'd4;
  localparam logic [2:0] Step = 3'd5;
  localparam logic [2:0] Wait = 3'd6;    // for the analog side; after the first cycle the head's reset is released

  logic [2:0] phase_q;
  logic head_clk_q, head_rst_nq, started_q;  // started: the head has had an edge in its reset
  logic token_valid_q, result_ready_q;
  logic token_ready, result_valid;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      phase_q        <= Sample;
      head_clk_q     <= 1'b0;
      head_rst_nq    <= 1'b0;
      started_q      <= 1'b0;
      token_valid_q  <= 1'b0;
      result_ready_q <= 1'b0;
      token_taken_o  <= 1'b0;
      result_valid_o <= 1'b0;
      result_taken_o <= 1'b0;
    end else begin
      token_taken_o  <= 1'b0;
      result_taken_o <= 1'b0;
      unique case (phase_q)
        Sample: begin
          token_valid_q  <= token_valid_i && started_q;
          result_ready_q <= result_ready_i;
          phase_q        <= Settle;
        end
        Settle: phase_q <= Rise;
        Rise: begin
          head_clk_q     <= 1'b1;
          token_taken_o  <= token_valid_q && token_ready;
          result_taken_o <= result_ready_q && result_valid;
          if (result_ready_q) result_valid_o <= 1'b0;
          phase_q        <= High;
        end
        High: phase_q <= Fall;
        Fall: begin
          head_clk_q <= 1'b0;
          phase_q    <= Step;
        end
        Step: phase_q <= Wait;
        Wait: begin
          if (!step_busy_i) begin
            phase_q        <= Sample;
            head_rst_nq    <= 1'b1;
            started_q      <= 1'b1;
            result_valid_o <= result_valid;
          end
        end
        default: phase_q <= Sample;
      endcase
    end
  end

  assign step_o = phase_q == Step;

  gca_head #(
      .Dim        (Dim),
      .TileTokens (TileTokens),
      .Tiles      (Tiles),
      .QueryLevels(QueryLevels),
      .StoreLevels(StoreLevels),
      .OutLevels  (OutLevels)
  ) u_head (
      .clk_i               (head_clk_q),
      .rst_ni              (head_rst_nq),
      .pipelined_i,
      .window_i,
      .status_clear_i      (1'b0),
      .token_valid_i       (token_valid_q),
      .token_ready_o       (token_ready),
      .new_sequence_i,
      .query_i,
      .key_i,
      .value_i,
      .ana_k_discharge_o,
      .ana_k_write_o,
      .ana_k_dac_o,
      .ana_k_pulse_o,
      .ana_c2p1_reset_o,
      .ana_c2p1_integrate_o,
      .ana_c2p1_emit_o,
      .ana_c2p1_valid_o,
      .ana_v_discharge_o,
      .ana_v_write_o,
      .ana_v_dac_o,
      .ana_c2p2_reset_o,
      .ana_c2p2_integrate_o,
      .ana_c2p2_emit_o,
      .ana_pulse_i,
      .ana_sign_i,
      .result_valid_o      (result_valid),
      .result_ready_i      (result_ready_q),
      .sum_o,
      .status_tokens_o,
      .status_saturated_o
  );

endmodule

`default_nettype wire
