// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_uart_tx: bytes to a serial line, 8 data bits, no parity, one stop bit.
//
// Contract: a byte is taken at an edge with valid_i and ready_o. tx_o comes straight from a flop.
//
// Latency: the start bit begins with the edge that takes the byte; 10 bits a byte. Reset: asynchronous; the line is high.
`default_nettype none

module gca_uart_tx #(
    parameter int unsigned ClocksPerBit = 104
) (
    input  wire logic       clk_i,
    input  wire logic       rst_ni,

    input  wire logic       valid_i,
    output logic            ready_o,
    input  wire logic [7:0] data_i,
    output logic            tx_o
);

  localparam int unsigned TimeW = $clog2(ClocksPerBit);

  logic [TimeW-1:0] time_q;
  logic [3:0] left_q;  // bits
  logic [8:0] shift_q;

  assign ready_o = left_q == '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      time_q  <= '0;
      left_q  <= '0;
      shift_q <= '1;
      tx_o    <= 1'b1;
    end else if (ready_o) begin
      if (valid_i) begin
        time_q  <= TimeW'(ClocksPerBit - 1);
        left_q  <= 4'd10;
        shift_q <= {1'b1, data_i};
        tx_o    <= 1'b0;
      end
    end else if (time_q != '0) begin
      time_q <= time_q - TimeW'(1);
    end else begin
      time_q  <= TimeW'(ClocksPerBit - 1);
      left_q  <= left_q - 4'd1;
      shift_q <= {1'b1, shift_q[8:1]};
      tx_o    <= shift_q[0];
    end
  end

endmodule

`default_nettype wire
