// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_board: the top for an FPGA board: a head in closed loop with the array view, and its host at a serial line.
//
// Pins: clk_i, rst_ni (active low, asynchronous; may be left high: the board comes up in reset by itself), the serial line
//   as seen from the board, and four lamps: 0 a heartbeat, 1 a session is open, 2 a frame is being worked on, 3 a frame
//   or byte was damaged.
`default_nettype none

module gca_board #(
    parameter int unsigned Dim          = 8,
    parameter int unsigned TileTokens   = 8,
    parameter int unsigned Tiles        = 2,
    parameter int unsigned QueryLevels  = 16,
    parameter int unsigned StoreLevels  = 8,
    parameter int unsigned OutLevels    = 16,
    parameter int unsigned CellW        = 18,
    parameter int unsigned Leakage      = 1,
    parameter int unsigned ClocksPerBit = 104  // 115200 baud at 12 MHz
) (
    input  wire logic       clk_i,
    input  wire logic       rst_ni,
    input  wire logic       uart_rx_i,
    output logic            uart_tx_o,
    output logic      [3:0] led_o
);

  localparam int unsigned Columns = TileTokens * Tiles;
  localparam int unsigned WindowW = $clog2(Columns + 1);
  localparam int unsigned QueryW = $clog2(QueryLevels);
  localparam int unsigned StoreW = $clog2(StoreLevels);
  localparam int unsigned SumW = $clog2(Tiles * (OutLevels - 1) + 1) + 1;
  localparam int unsigned ColumnW = (Columns > 1) ? $clog2(Columns) : 1;
  localparam int unsigned TableW = StoreW + ((Leakage != 0) ? ColumnW : 0);
  localparam int unsigned AddressW = (TableW > $clog2(OutLevels)) ? TableW : $clog2(OutLevels);
  localparam int unsigned DataW = 2 * CellW + QueryW + $clog2(Dim) + $clog2(TileTokens) - 2;

  logic rst_n;
  logic head_rst_n, load_ready, load_valid, token_valid, token_taken, new_sequence;
  logic result_valid, result_ready, result_taken, open, busy, damaged;
  logic [1:0] load_kind;
  logic [AddressW-1:0] load_address;
  logic [DataW-1:0] load_data;
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
      .CellW       (CellW),
      .Leakage     (Leakage)
  ) u_host (
      .clk_i,
      .rst_ni            (rst_n),
      .uart_rx_i,
      .uart_tx_o,
      .head_rst_no       (head_rst_n),
      .load_ready_i      (load_ready),
      .load_valid_o      (load_valid),
      .load_kind_o       (load_kind),
      .load_address_o    (load_address),
      .load_data_o       (load_data),
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

  gca_emulated_head #(
      .Dim        (Dim),
      .TileTokens (TileTokens),
      .Tiles      (Tiles),
      .QueryLevels(QueryLevels),
      .StoreLevels(StoreLevels),
      .OutLevels  (OutLevels),
      .CellW      (CellW),
      .Leakage    (Leakage)
  ) u_head (
      .clk_i,
      .rst_ni            (head_rst_n),
      .load_ready_o      (load_ready),
      .load_valid_i      (load_valid),
      .load_kind_i       (load_kind),
      .load_address_i    (load_address),
      .load_data_i       (load_data),
      .pipelined_i       (1'b0),
      .window_i          (window),
      .token_valid_i     (token_valid),
      .token_taken_o     (token_taken),
      .new_sequence_i    (new_sequence),
      .query_i           (query),
      .key_i             (key),
      .value_i           (value),
      .result_valid_o    (result_valid),
      .result_ready_i    (result_ready),
      .result_taken_o    (result_taken),
      .sum_o             (sum),
      .status_tokens_o   (status_tokens),
      .status_saturated_o(status_saturated)
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
