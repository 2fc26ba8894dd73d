// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_lamps: what a board shows: 0 a heartbeat, 1 a session is open, 2 a frame is being worked on, 3 a byte or a frame has
// been damaged since the reset.
//
// Reset: asynchronous; dark.
`default_nettype none

module gca_lamps (
    input  wire logic       clk_i,
    input  wire logic       rst_ni,
    input  wire logic       open_i,
    input  wire logic       busy_i,
    input  wire logic       damaged_i,
    output logic      [3:0] led_o
);

  localparam int unsigned HeartbeatW = 24;

  logic [HeartbeatW-1:0] heartbeat_q;
  logic damaged_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      heartbeat_q <= '0;
      damaged_q   <= 1'b0;
    end else begin
      heartbeat_q <= heartbeat_q + HeartbeatW'(1);
      damaged_q   <= damaged_q || damaged_i;
    end
  end

  assign led_o = {damaged_q, busy_i, open_i, heartbeat_q[HeartbeatW-1]};

endmodule

`default_nettype wire
