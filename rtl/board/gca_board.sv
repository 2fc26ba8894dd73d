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
  localparam int unsigned HeartbeatW = 24;

  // The reset is asserted at once and released by the clock. The flops begin at 0 by the bitstream.
  logic [3:0] released_q = '0;
  logic rst_n;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) released_q <= '0;
    else released_q <= {released_q[2:0], 1'b1};
  end

  assign rst_n = released_q[3];

  logic rx_valid, rx_error, tx_valid, tx_ready;
  logic [7:0] rx_data, tx_data;
  logic frame_valid, frame_release, frame_bad, frame_gap;
  logic [7:0] frame_length, frame_command, frame_number, frame_at, frame_payload;
  logic [15:0] frame_session;
  logic answer_start, answer_busy;
  logic [7:0] answer_length, answer_command, answer_at, answer_payload;
  logic head_rst_n, load_ready, load_valid, token_valid, token_taken, new_sequence;
  logic result_valid, result_ready, result_taken, open;
  logic [1:0] load_kind;
  logic [AddressW-1:0] load_address;
  logic [DataW-1:0] load_data;
  logic [WindowW-1:0] window;
  logic [Dim*QueryW-1:0] query;
  logic [Dim*StoreW-1:0] key, value;
  logic [Dim*SumW-1:0] sum;
  logic [gca_pkg::StatusW-1:0] status_tokens, status_saturated;

  gca_uart_rx #(
      .ClocksPerBit(ClocksPerBit)
  ) u_uart_rx (
      .clk_i,
      .rst_ni (rst_n),
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
      .rst_ni       (rst_n),
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
      .rst_ni   (rst_n),
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
      .rst_ni (rst_n),
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
      .Leakage    (Leakage)
  ) u_link (
      .clk_i,
      .rst_ni            (rst_n),
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
      .open_o            (open)
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

  logic [HeartbeatW-1:0] heartbeat_q;
  logic damaged_q;

  always_ff @(posedge clk_i or negedge rst_n) begin
    if (!rst_n) begin
      heartbeat_q <= '0;
      damaged_q   <= 1'b0;
    end else begin
      heartbeat_q <= heartbeat_q + HeartbeatW'(1);
      damaged_q   <= damaged_q || frame_bad || frame_gap || rx_error;
    end
  end

  assign led_o = {damaged_q, frame_valid, open, heartbeat_q[HeartbeatW-1]};

endmodule

`default_nettype wire
