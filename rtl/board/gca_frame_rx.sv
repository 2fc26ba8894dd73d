// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_frame_rx: frames from a stream of bytes that may be damaged, shortened or interrupted.
//
// Frame: 0xa7, length N of the payload, command, number, session (2 bytes), payload (N bytes), CRC-32 of all from N on
//   (4 bytes). Numbers of several bytes have the least first.
// Contract: frame_valid_o holds, with what was in the frame, from its last byte to release_i; bytes that come in between
//   are lost. at_i selects a byte of the payload, in payload_o one cycle later. A frame with a wrong CRC is forgotten
//   (bad_o, one cycle), and so is one whose next byte does not come for GapClocks (gap_o, one cycle). Then, and after
//   release_i, it looks for the next 0xa7.
//
// Latency: one cycle after the last byte. Reset: asynchronous.
`default_nettype none

module gca_frame_rx #(
    parameter int unsigned GapClocks = 20800
) (
    input  wire logic        clk_i,
    input  wire logic        rst_ni,

    input  wire logic        valid_i,
    input  wire logic [7:0]  data_i,

    output logic             frame_valid_o,
    input  wire logic        release_i,
    output logic      [7:0]  length_o,
    output logic      [7:0]  command_o,
    output logic      [7:0]  number_o,
    output logic      [15:0] session_o,
    input  wire logic [7:0]  at_i,
    output logic      [7:0]  payload_o,

    output logic             bad_o,
    output logic             gap_o
);

  localparam int unsigned GapW = $clog2(GapClocks + 1);
  localparam logic [31:0] Residue = 32'hdebb20e3;

  localparam logic [3:0] Hunt = 4'd0;
  localparam logic [3:0] Length = 4'd1;
  localparam logic [3:0] Command = 4'd2;
  localparam logic [3:0] Number = 4'd3;
  localparam logic [3:0] SessionLow = 4'd4;
  localparam logic [3:0] SessionHigh = 4'd5;
  localparam logic [3:0] Payload = 4'd6;
  localparam logic [3:0] Crc = 4'd7;
  localparam logic [3:0] Check = 4'd8;
  localparam logic [3:0] Hold = 4'd9;

  logic [3:0] state_q;
  logic [7:0] count_q;
  logic [GapW-1:0] gap_q;
  logic [31:0] crc_q, crc_next;
  logic [7:0] payload_ram [0:255];

  gca_crc32 u_crc (
      .crc_i (crc_q),
      .data_i,
      .crc_o (crc_next)
  );

  assign frame_valid_o = state_q == Hold;

  always_ff @(posedge clk_i) begin
    if (valid_i && state_q == Payload) payload_ram[count_q] <= data_i;
    payload_o <= payload_ram[at_i];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q   <= Hunt;
      count_q   <= '0;
      gap_q     <= '0;
      crc_q     <= '1;
      length_o  <= '0;
      command_o <= '0;
      number_o  <= '0;
      session_o <= '0;
      bad_o     <= 1'b0;
      gap_o     <= 1'b0;
    end else begin
      bad_o <= 1'b0;
      gap_o <= 1'b0;
      if (state_q == Check) begin
        state_q <= (crc_q == Residue) ? Hold : Hunt;
        bad_o   <= crc_q != Residue;
      end else if (state_q == Hold) begin
        if (release_i) state_q <= Hunt;
      end else if (valid_i) begin
        gap_q <= '0;
        crc_q <= (state_q == Hunt) ? '1 : crc_next;
        unique case (state_q)
          Hunt: if (data_i == 8'ha7) state_q <= Length;
          Length: begin
            length_o <= data_i;
            state_q  <= Command;
          end
          Command: begin
            command_o <= data_i;
            state_q   <= Number;
          end
          Number: begin
            number_o <= data_i;
            state_q  <= SessionLow;
          end
          SessionLow: begin
            session_o[7:0] <= data_i;
            state_q        <= SessionHigh;
          end
          SessionHigh: begin
            session_o[15:8] <= data_i;
            count_q         <= '0;
            state_q         <= (length_o == '0) ? Crc : Payload;
          end
          Payload: begin
            count_q <= count_q + 8'd1;
            if (count_q + 8'd1 == length_o) begin
              count_q <= '0;
              state_q <= Crc;
            end
          end
          Crc: begin
            count_q <= count_q + 8'd1;
            if (count_q == 8'd3) state_q <= Check;
          end
          default: ;
        endcase
      end else if (state_q == Hunt) begin
        gap_q <= '0;
      end else if (gap_q == GapW'(GapClocks)) begin
        state_q <= Hunt;
        gap_o   <= 1'b1;
      end else begin
        gap_q <= gap_q + GapW'(1);
      end
    end
  end

endmodule

`default_nettype wire
