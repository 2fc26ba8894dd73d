// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_frame_tx: sends a frame (gca_frame_rx says what one is).
//
// Contract: start_i while not busy_o sends a frame; what goes into it holds until busy_o falls. payload_i is the byte of
//   the payload at at_o, some cycles later is early enough: at least four, the shortest that a byte takes to send is 40.
//
// Reset: asynchronous; gives up a frame.
`default_nettype none

module gca_frame_tx (
    input  wire logic        clk_i,
    input  wire logic        rst_ni,

    input  wire logic        start_i,
    output logic             busy_o,
    input  wire logic [7:0]  length_i,
    input  wire logic [7:0]  command_i,
    input  wire logic [7:0]  number_i,
    input  wire logic [15:0] session_i,
    output logic      [7:0]  at_o,
    input  wire logic [7:0]  payload_i,

    output logic             valid_o,
    input  wire logic        ready_i,
    output logic      [7:0]  data_o
);

  localparam logic [3:0] Idle = 4'd0;
  localparam logic [3:0] Start = 4'd1;
  localparam logic [3:0] Length = 4'd2;
  localparam logic [3:0] Command = 4'd3;
  localparam logic [3:0] Number = 4'd4;
  localparam logic [3:0] SessionLow = 4'd5;
  localparam logic [3:0] SessionHigh = 4'd6;
  localparam logic [3:0] Payload = 4'd7;
  localparam logic [3:0] Crc = 4'd8;

  logic [3:0] state_q;
  logic [1:0] crc_byte_q;
  logic [31:0] crc_q, crc_next;

  gca_crc32 u_crc (
      .crc_i (crc_q),
      .data_i(data_o),
      .crc_o (crc_next)
  );

  assign busy_o = state_q != Idle;
  assign valid_o = state_q != Idle;

  always_comb begin
    unique case (state_q)
      Length: data_o = length_i;
      Command: data_o = command_i;
      Number: data_o = number_i;
      SessionLow: data_o = session_i[7:0];
      SessionHigh: data_o = session_i[15:8];
      Payload: data_o = payload_i;
      Crc: data_o = ~crc_q[7:0];
      default: data_o = 8'ha7;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q    <= Idle;
      crc_byte_q <= '0;
      crc_q      <= '1;
      at_o       <= '0;
    end else if (state_q == Idle) begin
      crc_q      <= '1;
      at_o       <= '0;
      crc_byte_q <= '0;
      if (start_i) state_q <= Start;
    end else if (ready_i) begin
      if (state_q == Crc) crc_q <= {8'hff, crc_q[31:8]};
      else if (state_q != Start) crc_q <= crc_next;
      unique case (state_q)
        Start, Length, Command, Number, SessionLow: state_q <= state_q + 4'd1;
        SessionHigh: state_q <= (length_i == '0) ? Crc : Payload;
        Payload: begin
          at_o <= at_o + 8'd1;
          if (at_o + 8'd1 == length_i) state_q <= Crc;
        end
        default: begin
          crc_byte_q <= crc_byte_q + 2'd1;
          if (crc_byte_q == 2'd3) state_q <= Idle;
        end
      endcase
    end
  end

endmodule

`default_nettype wire
