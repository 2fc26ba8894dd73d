// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_code_regs (S0): holds the codes of the token that is being loaded and scored.
//
// Contract: load_i takes all three vectors over; they hold until the next load_i. The store codes drive the DACs of the
//   K array (from the token's load phase on) and of the V array (in its score phase), the query codes the PWM bank.
//
// Latency: one cycle. Reset: asynchronous, all codes 0.
`default_nettype none

module gca_code_regs #(
    parameter int unsigned Dim        = 64,
    parameter int unsigned QueryW     = 4,
    parameter int unsigned StoreW     = 3,
    parameter int unsigned ClockGates = 0
) (
    input  wire logic                  clk_i,
    input  wire logic                  rst_ni,

    input  wire logic                  load_i,
    input  wire logic [Dim*QueryW-1:0] query_i,
    input  wire logic [Dim*StoreW-1:0] key_i,
    input  wire logic [Dim*StoreW-1:0] value_i,
    output logic      [Dim*QueryW-1:0] query_o,
    output logic      [Dim*StoreW-1:0] key_o,
    output logic      [Dim*StoreW-1:0] value_o
);

  wire logic clk;
  gca_clock_gate #(.ClockGates(ClockGates)) u_gate (.clk_i, .enable_i(load_i), .clk_o(clk));

  always_ff @(posedge clk or negedge rst_ni) begin
    if (!rst_ni) begin
      query_o <= '0;
      key_o   <= '0;
      value_o <= '0;
    end else if (ClockGates != 0 || load_i) begin
      query_o <= query_i;
      key_o   <= key_i;
      value_o <= value_i;
    end
  end

endmodule

`default_nettype wire
