// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_chosen: a number below Count that stays the same from the first cycle to the last. The solver chooses it, so that what
// is asserted of it holds for every one. In a simulation it is drawn by the simulator's seed.
`default_nettype none

module gca_chosen #(
    parameter int unsigned Count  = 2,
    localparam int unsigned Width = (Count > 1) ? $clog2(Count) : 1
) (
    output logic [Width-1:0] value_o
);

`ifdef VERILATOR
  initial value_o = Width'($urandom_range(Count - 1));
`else
  (* anyconst *) logic [Width-1:0] value;

  assign value_o = value;
  always_comb ChosenIsBelowCount_M: assume (32'(value) < Count);
`endif

endmodule

`default_nettype wire
