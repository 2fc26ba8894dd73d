// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_code_regs_cover: functional points of gca_code_regs. Loads and what the pins do between them.
// verilator coverage_off
`default_nettype none

module gca_code_regs_cover #(
    parameter int unsigned Dim = 1,
    parameter int unsigned QueryW = 1,
    parameter int unsigned StoreW = 1
) (
    input wire logic clk_i,
    input wire logic rst_ni,
    input wire logic load_i,
    input wire logic [Dim*QueryW-1:0] query_i,
    input wire logic [Dim*StoreW-1:0] key_i,
    input wire logic [Dim*StoreW-1:0] value_i,
    input wire logic [Dim*QueryW-1:0] query_o,
    input wire logic [Dim*StoreW-1:0] key_o,
    input wire logic [Dim*StoreW-1:0] value_o
);

  // verilator coverage_on
  LoadsAllZeros_C: cover property (@(posedge clk_i) disable iff (!rst_ni) load_i && !(|{query_i, key_i, value_i}));
  LoadsAllOnes_C: cover property (@(posedge clk_i) disable iff (!rst_ni) load_i && (&{query_i, key_i, value_i}));
  LoadsTwiceInARow_C: cover property (@(posedge clk_i) disable iff (!rst_ni) load_i && $past(load_i));
  LoadsTheSameAgain_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      load_i && {query_i, key_i, value_i} == {query_o, key_o, value_o});
  PinsMoveWhileCodesHold_C: cover property (@(posedge clk_i) disable iff (!rst_ni)
      !load_i && {query_i, key_i, value_i} != {query_o, key_o, value_o});
  ResetOfCodes_C: cover property (@(negedge rst_ni) query_o != '0 && key_o != '0 && value_o != '0);

endmodule

bind gca_code_regs gca_code_regs_cover #(.Dim(Dim), .QueryW(QueryW), .StoreW(StoreW)) u_cover (.*);

`default_nettype wire
