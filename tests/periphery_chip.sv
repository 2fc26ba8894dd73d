// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// periphery_chip: gca_periphery and, at its serial pins, a test chip: shift registers and gca_array_view. For board_sim.
`default_nettype none

module periphery_chip #(
    parameter int unsigned ClocksPerBit = 8,
    localparam int unsigned Dim         = 8,
    localparam int unsigned TileTokens  = 8,
    localparam int unsigned Tiles       = 2,
    localparam int unsigned CellW       = 18,
    localparam int unsigned AddressW    = 7,
    localparam int unsigned DataW       = 2 * CellW + 4 + 3 + 3 - 2
) (
    input  wire logic                clk_i,
    input  wire logic                rst_ni,
    input  wire logic                uart_rx_i,
    output logic                     uart_tx_o,
    output logic      [3:0]          led_o,

    input  wire logic                load_valid_i,
    input  wire logic [1:0]          load_kind_i,
    input  wire logic [AddressW-1:0] load_address_i,
    input  wire logic [DataW-1:0]    load_data_i
);

  localparam int unsigned Lanes = 2;  // few: the view has the time that the bits take
  localparam int unsigned Columns = TileTokens * Tiles;
  localparam int unsigned OutBits = 5 * Columns + 2 * Dim * 3 + Dim + 6;
  localparam int unsigned InBits = 2 * Tiles * Dim;

  logic ser_clk, ser_latch, ser_load, was_clk_q, was_latch_q, was_load_q, step_q, busy;
  logic [Lanes-1:0] to_chip, from_chip;
  logic [OutBits-1:0] shift_q, lines_q;
  logic [InBits-1:0] answer_q, answer;

  gca_periphery #(
      .Dim         (Dim),
      .TileTokens  (TileTokens),
      .Tiles       (Tiles),
      .Lanes       (Lanes),
      .ClocksPerBit(ClocksPerBit)
  ) u_periphery (
      .clk_i,
      .rst_ni,
      .uart_rx_i,
      .uart_tx_o,
      .led_o,
      .ser_clk_o  (ser_clk),
      .ser_latch_o(ser_latch),
      .ser_load_o (ser_load),
      .ser_data_o (to_chip),
      .ser_data_i (from_chip)
  );

  assign from_chip = answer_q[Lanes-1:0];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      was_clk_q   <= 1'b0;
      was_latch_q <= 1'b0;
      was_load_q  <= 1'b0;
      step_q      <= 1'b0;
    end else begin
      was_clk_q   <= ser_clk;
      was_latch_q <= ser_latch;
      was_load_q  <= ser_load;
      step_q      <= ser_latch && !was_latch_q;
      if (ser_load) begin
        TheChipIsReadyInTime_A: assert (!busy);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (ser_clk && !was_clk_q) begin
      shift_q  <= {to_chip, shift_q[OutBits-1:Lanes]};
      answer_q <= answer_q >> Lanes;
    end
    if (ser_load && !was_load_q) answer_q <= answer;
    if (ser_latch && !was_latch_q) lines_q <= shift_q;
  end

  gca_array_view #(
      .Dim       (Dim),
      .TileTokens(TileTokens),
      .Tiles     (Tiles),
      .CellW     (CellW),
      .Leakage   (1)
  ) u_view (
      .clk_i,
      .rst_ni,
      .step_i              (step_q),
      .busy_o              (busy),
      .load_valid_i,
      .load_kind_i,
      .load_address_i,
      .load_data_i,
      .ana_k_discharge_i   (lines_q[0 +: Columns]),
      .ana_k_write_i       (lines_q[Columns +: Columns]),
      .ana_v_discharge_i   (lines_q[2*Columns +: Columns]),
      .ana_v_write_i       (lines_q[3*Columns +: Columns]),
      .ana_c2p1_valid_i    (lines_q[4*Columns +: Columns]),
      .ana_k_dac_i         (lines_q[5*Columns +: 3*Dim]),
      .ana_v_dac_i         (lines_q[5*Columns+3*Dim +: 3*Dim]),
      .ana_k_pulse_i       (lines_q[5*Columns+6*Dim +: Dim]),
      .ana_c2p1_reset_i    (lines_q[OutBits-6]),
      .ana_c2p1_integrate_i(lines_q[OutBits-5]),
      .ana_c2p1_emit_i     (lines_q[OutBits-4]),
      .ana_c2p2_reset_i    (lines_q[OutBits-3]),
      .ana_c2p2_integrate_i(lines_q[OutBits-2]),
      .ana_c2p2_emit_i     (lines_q[OutBits-1]),
      .ana_pulse_o         (answer[Tiles*Dim-1:0]),
      .ana_sign_o          (answer[InBits-1:Tiles*Dim])
  );

endmodule

`default_nettype wire
