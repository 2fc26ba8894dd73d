// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// Properties of gca_sign_ff, for every channel.
`default_nettype none

module gca_sign_ff_check #(
    parameter int unsigned Channels = 64
) (
    input wire logic                clk_i,
    input wire logic                capture_i,
    input wire logic [Channels-1:0] sign_i,
    input wire logic [Channels-1:0] sign_o
);

  logic captured_q = 1'b0;  // there was a capture
  logic capture_q;
  logic [Channels-1:0] sign_q;  // at the last one

  always_ff @(posedge clk_i) begin
    capture_q <= capture_i;
    if (capture_i) begin
      captured_q <= 1'b1;
      sign_q <= sign_i;
    end

    if (captured_q) begin
      if (capture_q) SignIsTakenAtCapture_A: assert (sign_o == sign_q);
      if (!capture_q) SignHoldsBetweenCaptures_A: assert (sign_o == sign_q);
      HeldAgainstTheInput_C: cover (!capture_q && sign_o == '1 && sign_i == '0);
    end
  end

endmodule

bind gca_sign_ff gca_sign_ff_check #(.Channels(Channels)) u_check (.*);

`default_nettype wire
