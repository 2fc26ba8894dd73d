// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_periphery: the top for an FPGA board beside an analog test chip: the periphery alone, its host at a serial line, the
// ana_ ports serialised (gca_ana_serial says how, and what is to be outside).
//
// Pins: clk_i, rst_ni (active low, asynchronous; may be left high: the board comes up in reset by itself), the serial line
//   as seen from the board, the lamps of gca_lamps, the lines to and from the analog side.
`default_nettype none

module gca_periphery #(
    parameter int unsigned Dim          = 8,
    parameter int unsigned TileTokens   = 8,
    parameter int unsigned Tiles        = 2,
    parameter int unsigned QueryLevels  = 16,
    parameter int unsigned StoreLevels  = 8,
    parameter int unsigned OutLevels    = 16,
    parameter int unsigned Lanes        = 4,
    parameter int unsigned ClocksPerBit = 104  // 115200 baud at 12 MHz
) (
    input  wire logic             clk_i,
    input  wire logic             rst_ni,
    input  wire logic             uart_rx_i,
    output logic                  uart_tx_o,
    output logic      [3:0]       led_o,

    output logic                  ser_clk_o,
    output logic                  ser_latch_o,
    output logic                  ser_load_o,
    output logic      [Lanes-1:0] ser_data_o,
    input  wire logic [Lanes-1:0] ser_data_i
);

  localparam int unsigned Columns = TileTokens * Tiles;
  localparam int unsigned WindowW = $clog2(Columns + 1);
  localparam int unsigned QueryW = $clog2(QueryLevels);
  localparam int unsigned StoreW = $clog2(StoreLevels);
  localparam int unsigned SumW = $clog2(Tiles * (OutLevels - 1) + 1) + 1;

  logic rst_n;
  logic head_rst_n, token_valid, token_taken, new_sequence;
  logic result_valid, result_ready, result_taken, open, busy, damaged;
  logic [WindowW-1:0] window;
  logic [Dim*QueryW-1:0] query;
  logic [Dim*StoreW-1:0] key, value;
  logic [Dim*SumW-1:0] sum;
  logic [gca_pkg::StatusW-1:0] status_tokens, status_saturated;

  gca_power_on u_power_on (
      .clk_i,
      .rst_ni,
      .rst_no(rst_n)
  );

  gca_host_port #(
      .ClocksPerBit(ClocksPerBit),
      .Dim         (Dim),
      .TileTokens  (TileTokens),
      .Tiles       (Tiles),
      .QueryLevels(QueryLevels),
      .StoreLevels(StoreLevels),
      .OutLevels   (OutLevels),
      .HasView     (0)
  ) u_host (
      .clk_i,
      .rst_ni            (rst_n),
      .uart_rx_i,
      .uart_tx_o,
      .head_rst_no       (head_rst_n),
      .load_ready_i      (1'b1),
      // There is no view to be loaded.
      // verilator lint_off PINCONNECTEMPTY
      .load_valid_o       (),
      .load_kind_o        (),
      .load_address_o     (),
      .load_data_o        (),
      // verilator lint_on PINCONNECTEMPTY
      .window_o          (window),
      .token_valid_o     (token_valid),
      .token_taken_i     (token_taken),
      .new_sequence_o    (new_sequence),
      .query_o           (query),
      .key_o             (key),
      .value_o           (value),
      .result_valid_i    (result_valid),
      .result_ready_o    (result_ready),
      .result_taken_i    (result_taken),
      .sum_i             (sum),
      .status_tokens_i   (status_tokens),
      .status_saturated_i(status_saturated),
      .open_o            (open),
      .busy_o            (busy),
      .damaged_o         (damaged)
  );

  logic step, step_busy;
  logic [Columns-1:0] k_discharge, k_write, valid, v_discharge, v_write;
  logic [Dim*StoreW-1:0] k_dac, v_dac;
  logic [Dim-1:0] k_pulse;
  logic c2p1_reset, c2p1_integrate, c2p1_emit, c2p2_reset, c2p2_integrate, c2p2_emit;
  logic [Tiles*Dim-1:0] pulse, sign;

  gca_stepped_head #(
      .Dim        (Dim),
      .TileTokens (TileTokens),
      .Tiles      (Tiles),
      .QueryLevels(QueryLevels),
      .StoreLevels(StoreLevels),
      .OutLevels  (OutLevels)
  ) u_stepped (
      .clk_i,
      .rst_ni              (head_rst_n),
      .pipelined_i         (1'b0),
      .window_i            (window),
      .token_valid_i       (token_valid),
      .token_taken_o       (token_taken),
      .new_sequence_i      (new_sequence),
      .query_i             (query),
      .key_i               (key),
      .value_i             (value),
      .result_valid_o      (result_valid),
      .result_ready_i      (result_ready),
      .result_taken_o      (result_taken),
      .sum_o               (sum),
      .status_tokens_o     (status_tokens),
      .status_saturated_o  (status_saturated),
      .step_o              (step),
      .step_busy_i         (step_busy),
      .ana_k_discharge_o   (k_discharge),
      .ana_k_write_o       (k_write),
      .ana_k_dac_o         (k_dac),
      .ana_k_pulse_o       (k_pulse),
      .ana_c2p1_reset_o    (c2p1_reset),
      .ana_c2p1_integrate_o(c2p1_integrate),
      .ana_c2p1_emit_o     (c2p1_emit),
      .ana_c2p1_valid_o    (valid),
      .ana_v_discharge_o   (v_discharge),
      .ana_v_write_o       (v_write),
      .ana_v_dac_o         (v_dac),
      .ana_c2p2_reset_o    (c2p2_reset),
      .ana_c2p2_integrate_o(c2p2_integrate),
      .ana_c2p2_emit_o     (c2p2_emit),
      .ana_pulse_i         (pulse),
      .ana_sign_i          (sign)
  );

  gca_ana_serial #(
      .Dim        (Dim),
      .TileTokens (TileTokens),
      .Tiles      (Tiles),
      .StoreLevels(StoreLevels),
      .Lanes      (Lanes)
  ) u_serial (
      .clk_i,
      .rst_ni              (head_rst_n),
      .step_i              (step),
      .busy_o              (step_busy),
      .ana_k_discharge_i   (k_discharge),
      .ana_k_write_i       (k_write),
      .ana_k_dac_i         (k_dac),
      .ana_k_pulse_i       (k_pulse),
      .ana_c2p1_reset_i    (c2p1_reset),
      .ana_c2p1_integrate_i(c2p1_integrate),
      .ana_c2p1_emit_i     (c2p1_emit),
      .ana_c2p1_valid_i    (valid),
      .ana_v_discharge_i   (v_discharge),
      .ana_v_write_i       (v_write),
      .ana_v_dac_i         (v_dac),
      .ana_c2p2_reset_i    (c2p2_reset),
      .ana_c2p2_integrate_i(c2p2_integrate),
      .ana_c2p2_emit_i     (c2p2_emit),
      .ana_pulse_o         (pulse),
      .ana_sign_o          (sign),
      .ser_clk_o,
      .ser_latch_o,
      .ser_load_o,
      .ser_data_o,
      .ser_data_i
  );

  gca_lamps u_lamps (
      .clk_i,
      .rst_ni   (rst_n),
      .open_i   (open),
      .busy_i   (busy),
      .damaged_i(damaged),
      .led_o
  );

endmodule

`default_nettype wire
