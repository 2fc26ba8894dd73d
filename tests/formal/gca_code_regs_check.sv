// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// Properties of gca_code_regs, for every bit.
`default_nettype none

module gca_code_regs_check #(
    parameter int unsigned Dim    = 64,
    parameter int unsigned QueryW = 4,
    parameter int unsigned StoreW = 3,
    localparam int unsigned CodesW = Dim * (QueryW + 2 * StoreW)
) (
    input wire logic                  clk_i,
    input wire logic                  rst_ni,
    input wire logic                  load_i,
    input wire logic [Dim*QueryW-1:0] query_i,
    input wire logic [Dim*StoreW-1:0] key_i,
    input wire logic [Dim*StoreW-1:0] value_i,
    input wire logic [Dim*QueryW-1:0] query_o,
    input wire logic [Dim*StoreW-1:0] key_o,
    input wire logic [Dim*StoreW-1:0] value_o
);

  logic [CodesW-1:0] loaded_q;  // what the last load_i took; 0 after reset
  logic load_q;

  wire logic [CodesW-1:0] in = {query_i, key_i, value_i};
  wire logic [CodesW-1:0] out = {query_o, key_o, value_o};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      loaded_q <= '0;
      load_q <= 1'b0;
    end else begin
      load_q <= load_i;
      if (load_i) loaded_q <= in;

      if (load_q) CodesAreThoseOfTheLoad_A: assert (out == loaded_q);
      if (!load_q) CodesHoldBetweenLoads_A: assert (out == loaded_q);
      HeldAgainstTheInput_C: cover (!load_q && loaded_q == '1 && in == '0);
    end
  end

  initial ResetComesFirst_M: assume (!rst_ni);

endmodule

bind gca_code_regs gca_code_regs_check #(.Dim(Dim), .QueryW(QueryW), .StoreW(StoreW)) u_check (.*);

`default_nettype wire
