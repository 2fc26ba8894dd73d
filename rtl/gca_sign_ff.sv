// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_sign_ff (S5): the D flip-flops that keep the signs of one sub-tile's outputs.
//
// Contract: capture_i takes sign_i over; sign_o holds until the next capture_i. The comparators settle when the second
//   charge-to-pulse stage stops integrating, cycles before capture_i, and the signs are first used when the counting has
//   ended, so that a comparator caught undecided (a charge near zero, whose pulse counts 0) has that long to resolve.
//
// Latency: one cycle. Reset: none; nothing reads a sign before its capture.
`default_nettype none

module gca_sign_ff #(
    parameter int unsigned Channels   = 64,
    parameter int unsigned ClockGates = 0
) (
    input  wire logic                clk_i,
    input  wire logic                capture_i,
    input  wire logic [Channels-1:0] sign_i,
    output logic      [Channels-1:0] sign_o
);

  wire logic clk;
  gca_clock_gate #(.ClockGates(ClockGates)) u_gate (.clk_i, .enable_i(capture_i), .clk_o(clk));

  always_ff @(posedge clk) begin
    if (ClockGates != 0 || capture_i) sign_o <= sign_i;
  end

endmodule

`default_nettype wire
