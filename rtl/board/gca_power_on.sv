// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_power_on: a board's reset, from a pin and from the start of the FPGA.
//
// Contract: rst_no is low from the start, asserted at once with rst_ni, and released by the clock four cycles after. The
//   flops begin at 0 by the bitstream; rst_ni may be left high for ever.
`default_nettype none

module gca_power_on (
    input  wire logic clk_i,
    input  wire logic rst_ni,
    output logic      rst_no
);

  logic [3:0] released_q = '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) released_q <= '0;
    else released_q <= {released_q[2:0], 1'b1};
  end

  assign rst_no = released_q[3];

endmodule

`default_nettype wire
