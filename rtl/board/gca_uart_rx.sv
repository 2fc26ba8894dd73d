// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_uart_rx: bytes from a serial line, 8 data bits, no parity.
//
// Contract: rx_i is asynchronous. valid_o (one cycle) gives a byte in data_o in the middle of its stop bit; error_o (one
//   cycle) instead if that bit is low: the byte is lost. Each bit is looked at in its middle; the sender's rate may be
//   off by 4 %.
//
// Latency: 9.5 bits after the start bit's edge. Reset: asynchronous; the line must be high before a byte begins.
`default_nettype none

module gca_uart_rx #(
    parameter int unsigned ClocksPerBit = 104
) (
    input  wire logic       clk_i,
    input  wire logic       rst_ni,

    input  wire logic       rx_i,
    output logic            valid_o,
    output logic            error_o,
    output logic      [7:0] data_o
);

  localparam int unsigned TimeW = $clog2(ClocksPerBit);

  if (ClocksPerBit < 4) begin : gen_too_fast
    $error("ClocksPerBit must be at least 4");
  end

  logic rx, idle_q, armed_q;
  logic [TimeW-1:0] time_q;
  logic [3:0] bit_q;

  gca_synchronizer #(
      .Width     (1),
      .Stages    (gca_pkg::SyncStages),
      .FreeStages(gca_pkg::SyncStages)
  ) u_synchronizer (
      .clk_i,
      .enable_i('1),
      .async_i(rx_i),
      .sync_o (rx)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      idle_q  <= 1'b1;
      armed_q <= 1'b0;
      time_q  <= '0;
      bit_q   <= '0;
      valid_o <= 1'b0;
      error_o <= 1'b0;
      data_o  <= '0;
    end else begin
      valid_o <= 1'b0;
      error_o <= 1'b0;
      armed_q <= rx || (armed_q && idle_q);
      if (idle_q) begin
        idle_q <= !(armed_q && !rx);
        time_q <= TimeW'(ClocksPerBit / 2 - 1);
        bit_q  <= '0;
      end else if (time_q != '0) begin
        time_q <= time_q - TimeW'(1);
      end else begin
        time_q <= TimeW'(ClocksPerBit - 1);
        bit_q  <= bit_q + 4'd1;
        if (bit_q == 4'd0) begin
          idle_q <= rx;  // a glitch, no start bit
        end else if (bit_q == 4'd9) begin
          idle_q  <= 1'b1;
          valid_o <= rx;
          error_o <= !rx;
        end else begin
          data_o <= {rx, data_o[7:1]};
        end
      end
    end
  end

endmodule

`default_nettype wire
