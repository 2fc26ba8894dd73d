// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_readout_tile (S5, S6): one sub-tile's way from pulses to signed counts.
//
// Contract: pulse_i is asynchronous. A pulse that is high at n of the clock edges of the emit phase's samples counts n;
//   count_en_i and count_first_i come SyncStages cycles after the samples they count (gca_sequencer), sync_en_i[s] s cycles
//   after them. The sign is captured with the first count.
//
// Latency: SyncStages + 1 cycles from a sample to its count. Reset: none.
`default_nettype none

module gca_readout_tile #(
    parameter int unsigned Channels   = 64,
    parameter int unsigned Levels     = 16,
    parameter int unsigned ClockGates = 0,
    localparam int unsigned CountW    = (Levels > 1) ? $clog2(Levels) : 1
) (
    input  wire logic                             clk_i,

    input  wire logic [gca_pkg::SyncStages-1:0]   sync_en_i,
    input  wire logic                             count_en_i,
    input  wire logic                             count_first_i,
    input  wire logic [Channels-1:0]              pulse_i,
    input  wire logic [Channels-1:0]              sign_i,
    output logic      [CountW*Channels-1:0]       count_o,
    output logic      [Channels-1:0]              sign_o,
    output logic      [Channels-1:0]              full_o
);

  logic [Channels-1:0] pulse_sync;

  gca_synchronizer #(
      .Width     (Channels),
      .Stages    (gca_pkg::SyncStages),
      .FreeStages((ClockGates != 0) ? 0 : gca_pkg::SyncStages),  // an enable would cost a multiplexer a bit
      .ClockGates(ClockGates)
  ) u_synchronizer (
      .clk_i,
      .enable_i(sync_en_i),
      .async_i (pulse_i),
      .sync_o  (pulse_sync)
  );

  gca_sign_ff #(
      .Channels  (Channels),
      .ClockGates(ClockGates)
  ) u_sign_ff (
      .clk_i,
      .capture_i(count_first_i),
      .sign_i,
      .sign_o
  );

  gca_counter_bank #(
      .Channels  (Channels),
      .Levels    (Levels),
      .ClockGates(ClockGates)
  ) u_counter_bank (
      .clk_i,
      .enable_i(count_en_i),
      .first_i (count_first_i),
      .pulse_i (pulse_sync),
      .count_o,
      .full_o
  );

endmodule

`default_nettype wire
