// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_emulated_head: gca_head in closed loop with gca_array_view. One cycle of the head is one simulated nanosecond.
//
// Contract: gca_stepped_head's; load: gca_array_view's, load_ready_o says that the view is not busy.
//
// Time: 7 cycles of clk_i for each of the head's cycles, and what gca_array_view needs. Reset: asynchronous assertion,
//   synchronous release expected.
`default_nettype none

module gca_emulated_head #(
    parameter int unsigned Dim         = 64,
    parameter int unsigned TileTokens  = 64,
    parameter int unsigned Tiles       = 1,
    parameter int unsigned QueryLevels = 16,
    parameter int unsigned StoreLevels = 8,
    parameter int unsigned OutLevels   = 16,
    parameter int unsigned CellW       = 16,
    parameter int unsigned Leakage     = 0,
    localparam int unsigned Columns    = TileTokens * Tiles,
    localparam int unsigned WindowW    = $clog2(Columns + 1),
    localparam int unsigned QueryW     = $clog2(QueryLevels),
    localparam int unsigned StoreW     = $clog2(StoreLevels),
    localparam int unsigned SumW       = $clog2(Tiles * (OutLevels - 1) + 1) + 1,
    localparam int unsigned ColumnW    = (Columns > 1) ? $clog2(Columns) : 1,
    localparam int unsigned TableW     = StoreW + ((Leakage != 0) ? ColumnW : 0),
    localparam int unsigned AddressW   = (TableW > $clog2(OutLevels)) ? TableW : $clog2(OutLevels),
    localparam int unsigned DataW      = 2 * CellW + QueryW + $clog2(Dim) + $clog2(TileTokens) - 2
) (
    input  wire logic                        clk_i,
    input  wire logic                        rst_ni,

    // the view's numbers
    output logic                             load_ready_o,
    input  wire logic                        load_valid_i,
    input  wire logic [1:0]                  load_kind_i,
    input  wire logic [AddressW-1:0]         load_address_i,
    input  wire logic [DataW-1:0]            load_data_i,

    // control
    input  wire logic                        pipelined_i,
    input  wire logic [WindowW-1:0]          window_i,

    // host: token
    input  wire logic                        token_valid_i,
    output logic                             token_taken_o,
    input  wire logic                        new_sequence_i,
    input  wire logic [Dim*QueryW-1:0]       query_i,
    input  wire logic [Dim*StoreW-1:0]       key_i,
    input  wire logic [Dim*StoreW-1:0]       value_i,

    // host: result
    output logic                             result_valid_o,
    input  wire logic                        result_ready_i,
    output logic                             result_taken_o,
    output logic      [Dim*SumW-1:0]         sum_o,

    // status
    output logic      [gca_pkg::StatusW-1:0] status_tokens_o,
    output logic      [gca_pkg::StatusW-1:0] status_saturated_o
);

  logic step, view_busy;
  logic [Columns-1:0] k_discharge, k_write, valid, v_discharge, v_write;
  logic [Dim*StoreW-1:0] k_dac, v_dac;
  logic [Dim-1:0] k_pulse;
  logic c2p1_reset, c2p1_integrate, c2p1_emit, c2p2_reset, c2p2_integrate, c2p2_emit;
  logic [Tiles*Dim-1:0] pulse, sign;

  assign load_ready_o = !step && !view_busy;

  gca_stepped_head #(
      .Dim        (Dim),
      .TileTokens (TileTokens),
      .Tiles      (Tiles),
      .QueryLevels(QueryLevels),
      .StoreLevels(StoreLevels),
      .OutLevels  (OutLevels)
  ) u_stepped (
      .clk_i,
      .rst_ni,
      .pipelined_i,
      .window_i,
      .token_valid_i,
      .token_taken_o,
      .new_sequence_i,
      .query_i,
      .key_i,
      .value_i,
      .result_valid_o,
      .result_ready_i,
      .result_taken_o,
      .sum_o,
      .status_tokens_o,
      .status_saturated_o,
      .step_o              (step),
      .step_busy_i         (view_busy),
      .ana_k_discharge_o   (k_discharge),
      .ana_k_write_o       (k_write),
      .ana_k_dac_o         (k_dac),
      .ana_k_pulse_o       (k_pulse),
      .ana_c2p1_reset_o    (c2p1_reset),
      .ana_c2p1_integrate_o(c2p1_integrate),
      .ana_c2p1_emit_o     (c2p1_emit),
      .ana_c2p1_valid_o    (valid),
      .ana_v_discharge_o   (v_discharge),
      .ana_v_write_o       (v_write),
      .ana_v_dac_o         (v_dac),
      .ana_c2p2_reset_o    (c2p2_reset),
      .ana_c2p2_integrate_o(c2p2_integrate),
      .ana_c2p2_emit_o     (c2p2_emit),
      .ana_pulse_i         (pulse),
      .ana_sign_i          (sign)
  );

  gca_array_view #(
      .Dim        (Dim),
      .TileTokens (TileTokens),
      .Tiles      (Tiles),
      .QueryLevels(QueryLevels),
      .StoreLevels(StoreLevels),
      .OutLevels  (OutLevels),
      .CellW      (CellW),
      .Leakage    (Leakage)
  ) u_view (
      .clk_i,
      .rst_ni,
      .step_i              (step),
      .busy_o              (view_busy),
      .load_valid_i,
      .load_kind_i,
      .load_address_i,
      .load_data_i,
      .ana_k_discharge_i   (k_discharge),
      .ana_k_write_i       (k_write),
      .ana_k_dac_i         (k_dac),
      .ana_k_pulse_i       (k_pulse),
      .ana_c2p1_reset_i    (c2p1_reset),
      .ana_c2p1_integrate_i(c2p1_integrate),
      .ana_c2p1_emit_i     (c2p1_emit),
      .ana_c2p1_valid_i    (valid),
      .ana_v_discharge_i   (v_discharge),
      .ana_v_write_i       (v_write),
      .ana_v_dac_i         (v_dac),
      .ana_c2p2_reset_i    (c2p2_reset),
      .ana_c2p2_integrate_i(c2p2_integrate),
      .ana_c2p2_emit_i     (c2p2_emit),
      .ana_pulse_o         (pulse),
      .ana_sign_o          (sign)
  );

endmodule

`default_nettype wire
