// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_host_port: the host at a serial line: bytes, frames, commands (gca_host_link says which), the head's host side.
//
// Contract: that of gca_host_link towards the head. damaged_o (one cycle): a byte or a frame was lost. busy_o: a frame is
//   being worked on.
//
// Reset: asynchronous; no session is open.
`default_nettype none

module gca_host_port #(
    parameter int unsigned ClocksPerBit = 104,
    parameter int unsigned Dim         = 64,
    parameter int unsigned TileTokens  = 64,
    parameter int unsigned Tiles       = 1,
    parameter int unsigned QueryLevels = 16,
    parameter int unsigned StoreLevels = 8,
    parameter int unsigned OutLevels   = 16,
    parameter int unsigned CellW       = 16,
    parameter int unsigned Leakage     = 0,
    parameter int unsigned HasView     = 1,
    localparam int unsigned Columns    = TileTokens * Tiles,
    localparam int unsigned WindowW    = $clog2(Columns + 1),
    localparam int unsigned QueryW     = $clog2(QueryLevels),
    localparam int unsigned StoreW     = $clog2(StoreLevels),
    localparam int unsigned SumW       = $clog2(Tiles * (OutLevels - 1) + 1) + 1,
    localparam int unsigned ColumnW    = (Columns > 1) ? $clog2(Columns) : 1,
    localparam int unsigned TableW     = StoreW + ((Leakage != 0) ? ColumnW : 0),
    localparam int unsigned AddressW   = (TableW > $clog2(OutLevels)) ? TableW : $clog2(OutLevels),
    localparam int unsigned DataW      = 2 * CellW + QueryW + $clog2(Dim) + $clog2(TileTokens) - 2
) (
    input  wire logic                        clk_i,
    input  wire logic                        rst_ni,

    input  wire logic                        uart_rx_i,
    output logic                             uart_tx_o,

    // the head
    output logic                             head_rst_no,
    input  wire logic                        load_ready_i,
    output logic                             load_valid_o,
    output logic      [1:0]                  load_kind_o,
    output logic      [AddressW-1:0]         load_address_o,
    output logic      [DataW-1:0]            load_data_o,
    output logic      [WindowW-1:0]          window_o,
    output logic                             token_valid_o,
    input  wire logic                        token_taken_i,
    output logic                             new_sequence_o,
    output logic      [Dim*QueryW-1:0]       query_o,
    output logic      [Dim*StoreW-1:0]       key_o,
    output logic      [Dim*StoreW-1:0]       value_o,
    input  wire logic                        result_valid_i,
    output logic                             result_ready_o,
    input  wire logic                        result_taken_i,
    input  wire logic [Dim*SumW-1:0]         sum_i,
    input  wire logic [gca_pkg::StatusW-1:0] status_tokens_i,
    input  wire logic [gca_pkg::StatusW-1:0] status_saturated_i,

    output logic                             open_o,
    output logic                             busy_o,
    output logic                             damaged_o
);

  logic rx_valid, rx_error, tx_valid, tx_ready;
  logic [7:0] rx_data, tx_data;
  logic frame_valid, frame_release, frame_bad, frame_gap;
  logic [7:0] frame_length, frame_command, frame_number, frame_at, frame_payload;
  logic [15:0] frame_session;
  logic answer_start, answer_busy;
  logic [7:0] answer_length, answer_command, answer_at, answer_payload;

  assign busy_o = frame_valid;
  assign damaged_o = frame_bad || frame_gap || rx_error;

  gca_uart_rx #(
      .ClocksPerBit(ClocksPerBit)
  ) u_uart_rx (
      .clk_i,
      .rst_ni,
      .rx_i   (uart_rx_i),
      .valid_o(rx_valid),
      .error_o(rx_error),
      .data_o (rx_data)
  );

  // A sender that pauses for 200 bytes (17 ms at 115200 baud) has given up its frame.
  gca_frame_rx #(
      .GapClocks(2000 * ClocksPerBit)
  ) u_frame_rx (
      .clk_i,
      .rst_ni,
      .valid_i      (rx_valid),
      .data_i       (rx_data),
      .frame_valid_o(frame_valid),
      .release_i    (frame_release),
      .length_o     (frame_length),
      .command_o    (frame_command),
      .number_o     (frame_number),
      .session_o    (frame_session),
      .at_i         (frame_at),
      .payload_o    (frame_payload),
      .bad_o        (frame_bad),
      .gap_o        (frame_gap)
  );

  gca_frame_tx u_frame_tx (
      .clk_i,
      .rst_ni,
      .start_i  (answer_start),
      .busy_o   (answer_busy),
      .length_i (answer_length),
      .command_i(answer_command),
      .number_i (frame_number),
      .session_i(frame_session),
      .at_o     (answer_at),
      .payload_i(answer_payload),
      .valid_o  (tx_valid),
      .ready_i  (tx_ready),
      .data_o   (tx_data)
  );

  gca_uart_tx #(
      .ClocksPerBit(ClocksPerBit)
  ) u_uart_tx (
      .clk_i,
      .rst_ni,
      .valid_i(tx_valid),
      .ready_o(tx_ready),
      .data_i (tx_data),
      .tx_o   (uart_tx_o)
  );

  gca_host_link #(
      .Dim        (Dim),
      .TileTokens (TileTokens),
      .Tiles      (Tiles),
      .QueryLevels(QueryLevels),
      .StoreLevels(StoreLevels),
      .OutLevels  (OutLevels),
      .CellW      (CellW),
      .Leakage    (Leakage),
      .HasView    (HasView)
  ) u_link (
      .clk_i,
      .rst_ni,
      .frame_valid_i     (frame_valid),
      .frame_release_o   (frame_release),
      .frame_length_i    (frame_length),
      .frame_command_i   (frame_command),
      .frame_number_i    (frame_number),
      .frame_session_i   (frame_session),
      .frame_at_o        (frame_at),
      .frame_payload_i   (frame_payload),
      .frame_bad_i       (frame_bad),
      .frame_gap_i       (frame_gap),
      .byte_error_i      (rx_error),
      .answer_start_o    (answer_start),
      .answer_busy_i     (answer_busy),
      .answer_length_o   (answer_length),
      .answer_command_o  (answer_command),
      .answer_at_i       (answer_at),
      .answer_payload_o  (answer_payload),
      .head_rst_no,
      .load_ready_i,
      .load_valid_o,
      .load_kind_o,
      .load_address_o,
      .load_data_o,
      .window_o,
      .token_valid_o,
      .token_taken_i,
      .new_sequence_o,
      .query_o,
      .key_o,
      .value_o,
      .result_valid_i,
      .result_ready_o,
      .result_taken_i,
      .sum_i,
      .status_tokens_i,
      .status_saturated_i,
      .open_o
  );

endmodule

`default_nettype wire
