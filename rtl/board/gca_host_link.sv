// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_host_link: answers the host's frames (gca_frame_rx) and drives gca_emulated_head.
//
// Each frame gets one answer with its number and session, and its command plus 0x80; or, where it can't be done, command
// 0xff with one byte: the reason. A frame that did not arrive whole gets none: the host sends it again.
//
//   command     payload                                            answer
//   1 info      none                                               what this board is: see Info below
//   2 open      none; session: any but 0                           none. The head is reset, the session begins
//   3 load      kind, address (2), data (8) of it and its          none. Numbers of gca_array_view
//               followers
//   4 token     flags (bit 0: new sequence), window (2),           a sum (2 bytes) for each output
//               for each row the query's code and
//               key's + 16 * value's code
//   5 status    none                                               tokens (4), full counters (4), frames with a wrong
//                                                                  CRC (2), cut short (2), bytes with a bad stop bit (2),
//                                                                  frames answered again (2); since the reset
//
//   reason 1: the frame's session is not the open one (the board may have been reset); 2: no such command; 3: a payload of
//   another length; 4: a number that is neither the last one nor the one after it.
//
// Numbers: load, token and status count on from the number of open. A frame with the last number is answered again and not
//   done again: an answer may be lost, too. The result of a token stays in the head until the next number, for this.
// Reset: asynchronous; no session is open.
`default_nettype none

module gca_host_link #(
    parameter int unsigned Dim         = 64,
    parameter int unsigned TileTokens  = 64,
    parameter int unsigned Tiles       = 1,
    parameter int unsigned QueryLevels = 16,
    parameter int unsigned StoreLevels = 8,
    parameter int unsigned OutLevels   = 16,
    parameter int unsigned CellW       = 16,
    parameter int unsigned Leakage     = 0,
    parameter int unsigned HasView     = 1,  // 0: the analog side is outside, numbers for it are passed over
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

    // frames of the host
    input  wire logic                        frame_valid_i,
    output logic                             frame_release_o,
    input  wire logic [7:0]                  frame_length_i,
    input  wire logic [7:0]                  frame_command_i,
    input  wire logic [7:0]                  frame_number_i,
    input  wire logic [15:0]                 frame_session_i,
    output logic      [7:0]                  frame_at_o,
    input  wire logic [7:0]                  frame_payload_i,
    input  wire logic                        frame_bad_i,
    input  wire logic                        frame_gap_i,
    input  wire logic                        byte_error_i,

    // answers
    output logic                             answer_start_o,
    input  wire logic                        answer_busy_i,
    output logic      [7:0]                  answer_length_o,
    output logic      [7:0]                  answer_command_o,
    input  wire logic [7:0]                  answer_at_i,
    output logic      [7:0]                  answer_payload_o,

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

    output logic                             open_o
);

  if (2 * Dim + 3 > 255) begin : gen_too_wide
    $error("Dim must be at most 126: a token is one frame");
  end
  if (QueryLevels > 256 || StoreLevels > 16 || DataW > 64) begin : gen_too_many_bits
    $error("QueryLevels must be at most 256, StoreLevels 16, a charge 64 bits");
  end
  if (AddressW > 16 || SumW > 16) begin : gen_too_many
    $error("addresses of the view's numbers and sums must be at most 16 bits: fewer sub-tiles or tokens");
  end

  localparam int unsigned InfoBytes = 16;
  // Protocol, CellW (0: there is no view), Leakage, then two bytes each.
  localparam logic [8*InfoBytes-1:0] Info = {8'd0, 16'(OutLevels), 16'(StoreLevels), 16'(QueryLevels), 16'(Tiles),
                                             16'(TileTokens), 16'(Dim), 8'(Leakage), 8'((HasView != 0) ? CellW : 0), 8'd1};
  localparam int unsigned StatusBytes = 16;

  localparam logic [7:0] CommandInfo = 8'd1;
  localparam logic [7:0] CommandOpen = 8'd2;
  localparam logic [7:0] CommandLoad = 8'd3;
  localparam logic [7:0] CommandToken = 8'd4;
  localparam logic [7:0] CommandStatus = 8'd5;

  localparam logic [3:0] Idle = 4'd0;
  localparam logic [3:0] Release = 4'd1;   // of the last token's result
  localparam logic [3:0] Fetch = 4'd2;     // a byte of the payload, in two cycles
  localparam logic [3:0] Fetched = 4'd3;
  localparam logic [3:0] Use = 4'd4;
  localparam logic [3:0] Load = 4'd5;
  localparam logic [3:0] Offer = 4'd6;
  localparam logic [3:0] Result = 4'd7;
  localparam logic [3:0] Reset = 4'd8;
  localparam logic [3:0] Answer = 4'd9;
  localparam logic [3:0] Sending = 4'd10;

  logic [3:0] state_q;
  logic [7:0] last_q, at_q;
  logic [15:0] session_q;
  logic [3:0] count_q;
  logic held_q;  // the head holds a result that was read
  logic [15:0] address_q;
  logic [63:0] data_q;
  logic [15:0] window_q;
  logic [15:0] bad_q, gap_q, byte_error_q, again_q;

  logic is_load, is_token, is_status, length_ok;

  always_comb begin
    is_load = frame_command_i == CommandLoad;
    is_token = frame_command_i == CommandToken;
    is_status = frame_command_i == CommandStatus;
    if (is_load) length_ok = frame_length_i >= 8'd11 && frame_length_i[2:0] == 3'd3;
    else if (is_token) length_ok = frame_length_i == 8'(2 * Dim + 3);
    else length_ok = frame_length_i == '0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q          <= Idle;
      last_q           <= '0;
      at_q             <= '0;
      session_q        <= '0;
      count_q          <= '0;
      held_q           <= 1'b0;
      address_q        <= '0;
      window_q         <= '0;
      new_sequence_o   <= 1'b0;
      load_kind_o      <= '0;
      answer_length_o  <= '0;
      answer_command_o <= '0;
      head_rst_no      <= 1'b0;
      open_o           <= 1'b0;
      bad_q            <= '0;
      gap_q            <= '0;
      byte_error_q     <= '0;
      again_q          <= '0;
    end else begin
      if (frame_bad_i) bad_q <= bad_q + 16'd1;
      if (frame_gap_i) gap_q <= gap_q + 16'd1;
      if (byte_error_i) byte_error_q <= byte_error_q + 16'd1;

      unique case (state_q)
        Idle: begin
          at_q             <= '0;
          count_q          <= '0;
          answer_command_o <= frame_command_i | 8'h80;
          answer_length_o  <= '0;
          if (frame_valid_i) begin
            state_q <= Answer;
            if (frame_command_i < CommandInfo || frame_command_i > CommandStatus) begin
              answer_command_o <= 8'hff;
              answer_length_o  <= 8'd1;
              at_q             <= 8'd2;
            end else if (!length_ok) begin
              answer_command_o <= 8'hff;
              answer_length_o  <= 8'd1;
              at_q             <= 8'd3;
            end else if (frame_command_i == CommandInfo) begin
              answer_length_o <= 8'(InfoBytes);
            end else if (frame_command_i == CommandOpen) begin
              state_q <= Reset;
            end else if (!open_o || frame_session_i != session_q) begin
              answer_command_o <= 8'hff;
              answer_length_o  <= 8'd1;
              at_q             <= 8'd1;
            end else if (frame_number_i == last_q || frame_number_i == last_q + 8'd1) begin
              if (is_token) answer_length_o <= 8'(2 * Dim);
              if (is_status) answer_length_o <= 8'(StatusBytes);
              if (frame_number_i != last_q) state_q <= Release;
              else again_q <= again_q + 16'd1;
              last_q <= frame_number_i;
            end else begin
              answer_command_o <= 8'hff;
              answer_length_o  <= 8'd1;
              at_q             <= 8'd4;
            end
          end
        end
        Release: begin
          if (!held_q || result_taken_i) begin
            held_q  <= 1'b0;
            state_q <= is_status ? Answer : Fetch;
          end
        end
        Fetch: state_q <= Fetched;
        Fetched: state_q <= Use;
        Use: begin
          at_q    <= at_q + 8'd1;
          state_q <= Fetch;
          if (at_q == 8'd0) begin
            load_kind_o    <= frame_payload_i[1:0];
            new_sequence_o <= frame_payload_i[0];
          end else if (at_q == 8'd1) begin
            address_q[7:0] <= frame_payload_i;
            window_q[7:0]  <= frame_payload_i;
          end else if (at_q == 8'd2) begin
            address_q[15:8] <= frame_payload_i;
            window_q[15:8]  <= frame_payload_i;
          end else if (is_load) begin
            count_q <= count_q + 4'd1;
            if (count_q == 4'd7) state_q <= Load;
          end else if (at_q + 8'd1 == frame_length_i) begin
            state_q <= Offer;
          end
        end
        Load: begin
          if (load_ready_i) begin
            count_q   <= '0;
            address_q <= address_q + 16'd1;
            state_q   <= (at_q == frame_length_i) ? Answer : Fetch;
          end
        end
        Offer: if (token_taken_i) state_q <= Result;
        Result: begin
          if (result_valid_i) begin
            held_q  <= 1'b1;
            state_q <= Answer;
          end
        end
        Reset: begin
          count_q     <= count_q + 4'd1;
          head_rst_no <= count_q[3];
          if (count_q == 4'd15) state_q <= Answer;
          open_o    <= 1'b1;
          held_q    <= 1'b0;
          session_q <= frame_session_i;
          last_q    <= frame_number_i;
        end
        Answer: state_q <= Sending;
        Sending: if (!answer_busy_i) state_q <= Idle;
        default: state_q <= Idle;
      endcase
    end
  end

  // The codes come by rows, the first one first.
  always_ff @(posedge clk_i) begin
    if (state_q == Use && at_q > 8'd2) begin
      data_q <= {frame_payload_i, data_q[63:8]};
      if (is_token) begin
        if (at_q[0]) begin
          query_o <= (Dim*QueryW)'({QueryW'(frame_payload_i), query_o} >> QueryW);
        end else begin
          key_o   <= (Dim*StoreW)'({StoreW'(frame_payload_i[3:0]), key_o} >> StoreW);
          value_o <= (Dim*StoreW)'({StoreW'(frame_payload_i[7:4]), value_o} >> StoreW);
        end
      end
    end
  end

  // Its byte is asked for many cycles before it is sent.
  logic [127:0] status;
  logic [15:0] sum_q;

  always_comb begin
    status = {again_q, byte_error_q, gap_q, bad_q, status_saturated_i, status_tokens_i};
  end

  always_ff @(posedge clk_i) begin
    sum_q <= 16'($signed(sum_i[32'(answer_at_i[7:1])*SumW +: SumW]));
    if (answer_command_o == 8'hff) answer_payload_o <= at_q;
    else if (is_token) answer_payload_o <= answer_at_i[0] ? sum_q[15:8] : sum_q[7:0];
    else if (is_status) answer_payload_o <= status[8*answer_at_i[3:0] +: 8];
    else answer_payload_o <= Info[8*answer_at_i[3:0] +: 8];
  end

  assign frame_at_o = at_q;
  assign frame_release_o = state_q == Sending && !answer_busy_i;
  assign answer_start_o = state_q == Answer;
  assign load_valid_o = state_q == Load && load_ready_i;
  assign load_address_o = AddressW'(address_q);
  assign load_data_o = DataW'(data_q);
  assign window_o = (32'(window_q) > Columns) ? '0 : WindowW'(window_q);
  assign token_valid_o = state_q == Offer && !token_taken_i;
  assign result_ready_o = state_q == Release && held_q && !result_taken_i;

endmodule

`default_nettype wire
