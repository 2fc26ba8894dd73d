// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_ana_serial: the ana_ ports of gca_stepped_head on a few pins, for an analog side outside.
//
// Pins: with each rising edge of ser_clk_o the analog side shifts Lanes bits of ser_data_o in, the lowest bits of the vector
//   below first, and has shifted out the next Lanes bits of its answer on ser_data_i. With the rising edge of ser_latch_o
//   what was shifted in acts, all at once; with that of ser_load_o the pulses and signs of that moment are taken to be
//   shifted out. (Outside these are 74HC595 and 74HC165, or the same on the chip.)
//   To the analog side: {c2p2 emit, integrate, reset, c2p1 emit, integrate, reset, query pulses, V codes, K codes, valid,
//   V write, V discharge, K write, K discharge}. From it: {signs, pulses}.
// Time: a step takes StepCycles whatever is in it, so that the analog side sees a slow but even clock: latch is its
//   falling edge, and load comes half a step later, within two cycles of clk_i, as in gca_head's contract.
// Contract with the head: gca_stepped_head's. ser_data_i is asynchronous and must be stable around ser_clk_o's rising edge.
//
// Reset: asynchronous; ser_clk_o, ser_latch_o, ser_load_o low.
`default_nettype none

module gca_ana_serial #(
    parameter int unsigned Dim         = 8,
    parameter int unsigned TileTokens  = 8,
    parameter int unsigned Tiles       = 2,
    parameter int unsigned StoreLevels = 8,
    parameter int unsigned Lanes       = 4,
    localparam int unsigned Columns    = TileTokens * Tiles,
    localparam int unsigned StoreW     = $clog2(StoreLevels)
) (
    input  wire logic                  clk_i,
    input  wire logic                  rst_ni,

    input  wire logic                  step_i,
    output logic                       busy_o,
    input  wire logic [Columns-1:0]    ana_k_discharge_i,
    input  wire logic [Columns-1:0]    ana_k_write_i,
    input  wire logic [Dim*StoreW-1:0] ana_k_dac_i,
    input  wire logic [Dim-1:0]        ana_k_pulse_i,
    input  wire logic                  ana_c2p1_reset_i,
    input  wire logic                  ana_c2p1_integrate_i,
    input  wire logic                  ana_c2p1_emit_i,
    input  wire logic [Columns-1:0]    ana_c2p1_valid_i,
    input  wire logic [Columns-1:0]    ana_v_discharge_i,
    input  wire logic [Columns-1:0]    ana_v_write_i,
    input  wire logic [Dim*StoreW-1:0] ana_v_dac_i,
    input  wire logic                  ana_c2p2_reset_i,
    input  wire logic                  ana_c2p2_integrate_i,
    input  wire logic                  ana_c2p2_emit_i,
    output logic      [Tiles*Dim-1:0]  ana_pulse_o,
    output logic      [Tiles*Dim-1:0]  ana_sign_o,

    output logic                       ser_clk_o,
    output logic                       ser_latch_o,
    output logic                       ser_load_o,
    output logic      [Lanes-1:0]      ser_data_o,
    input  wire logic [Lanes-1:0]      ser_data_i
);

  localparam int unsigned OutBits = 5 * Columns + 2 * Dim * StoreW + Dim + 6;
  localparam int unsigned InBits = 2 * Tiles * Dim;
  localparam int unsigned OutShifts = (OutBits + Lanes - 1) / Lanes;
  localparam int unsigned InShifts = (InBits + Lanes - 1) / Lanes;
  // Cycles of clk_i: a bit is low for BitCycles, then high for as long, long enough for the way out and back.
  localparam int unsigned BitCycles = gca_pkg::SyncStages + 2;
  localparam int unsigned HeadCycles = 8;  // from busy_o to the first bit
  // From latch to load, less what both take themselves: then load is in the middle between two latches.
  localparam int unsigned HoldCycles = 2 * BitCycles * (OutShifts + InShifts) + HeadCycles;
  localparam int unsigned StepCycles = 2 * BitCycles * (OutShifts + InShifts + 2) + HoldCycles;
  localparam int unsigned TimeW = $clog2(HoldCycles + 1);
  localparam int unsigned CountW = $clog2(((OutShifts > InShifts) ? OutShifts : InShifts) + 1);

  localparam logic [2:0] Idle = 3'd0;
  localparam logic [2:0] Out = 3'd1;
  localparam logic [2:0] Latch = 3'd2;
  localparam logic [2:0] Hold = 3'd3;
  localparam logic [2:0] Load = 3'd4;
  localparam logic [2:0] In = 3'd5;

  logic [2:0] state_q;
  logic [TimeW-1:0] time_q;
  logic [CountW-1:0] count_q;
  logic [OutShifts*Lanes-1:0] out_q;
  logic [InShifts*Lanes-1:0] in_q;
  logic [Lanes-1:0] data;
  logic bit_last;

  // Lanes that belong together are apart by no more than the time of a bit: each is still when it is looked at.
  gca_synchronizer #(
      .Width     (Lanes),
      .Stages    (gca_pkg::SyncStages),
      .FreeStages(gca_pkg::SyncStages)
  ) u_synchronizer (
      .clk_i,
      .enable_i('1),
      .async_i(ser_data_i),
      .sync_o (data)
  );

  assign busy_o = state_q != Idle;
  assign bit_last = time_q == TimeW'(2 * BitCycles - 1);
  assign ser_data_o = out_q[Lanes-1:0];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q     <= Idle;
      time_q      <= '0;
      count_q     <= '0;
      ser_clk_o   <= 1'b0;
      ser_latch_o <= 1'b0;
      ser_load_o  <= 1'b0;
    end else begin
      time_q      <= time_q + TimeW'(1);
      ser_clk_o   <= (state_q == Out || state_q == In) && time_q >= TimeW'(BitCycles - 1) && !bit_last;
      ser_latch_o <= state_q == Latch && !bit_last;
      ser_load_o  <= state_q == Load && !bit_last;
      unique case (state_q)
        Idle: begin
          time_q  <= '0;
          count_q <= '0;
          if (step_i) state_q <= Out;
        end
        Out, In: begin
          if (bit_last) begin
            time_q  <= '0;
            count_q <= count_q + CountW'(1);
            if (state_q == Out && count_q == CountW'(OutShifts - 1)) state_q <= Latch;
            if (state_q == In && count_q == CountW'(InShifts - 1)) state_q <= Idle;
          end
        end
        Latch, Load: begin
          count_q <= '0;
          if (bit_last) begin
            time_q  <= '0;
            state_q <= (state_q == Latch) ? Hold : In;
          end
        end
        Hold: begin
          if (time_q == TimeW'(HoldCycles - 1)) begin
            time_q  <= '0;
            state_q <= Load;
          end
        end
        default: state_q <= Idle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (step_i) begin
      out_q <= (OutShifts*Lanes)'({ana_c2p2_emit_i, ana_c2p2_integrate_i, ana_c2p2_reset_i,
                                   ana_c2p1_emit_i, ana_c2p1_integrate_i, ana_c2p1_reset_i,
                                   ana_k_pulse_i, ana_v_dac_i, ana_k_dac_i, ana_c2p1_valid_i,
                                   ana_v_write_i, ana_v_discharge_i, ana_k_write_i, ana_k_discharge_i});
    end else if (state_q == Out && bit_last) begin
      out_q <= out_q >> Lanes;
    end
    // Before the bit's rising edge.
    if (state_q == In && time_q == TimeW'(BitCycles - 1)) begin
      in_q <= (InShifts*Lanes)'({data, in_q} >> Lanes);
    end
  end

  // What the head sees changes between its edges only: the vector moves while the head waits.
  assign ana_pulse_o = in_q[Tiles*Dim-1:0];
  assign ana_sign_o = in_q[2*Tiles*Dim-1:Tiles*Dim];

`ifndef SYNTHESIS
  int unsigned busy_cycles_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_cycles_q <= 0;
    end else begin
      busy_cycles_q <= busy_o ? busy_cycles_q + 1 : 0;
      if (!busy_o) begin
        EveryStepTakesTheSameTime_A: assert (busy_cycles_q == 0 || busy_cycles_q == StepCycles);
      end
    end
  end
`endif

endmodule

`default_nettype wire
