// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_pkg: constants of one attention head that no parameter changes.
//
// Schedule of one token at the paper's level counts (16 query levels, 16 output levels), in cycles after the token is
// accepted. Each phase belongs to one token; other level counts stretch ScoreCycles, MixCycles and EmitCycles.
//
//   cycles   phase     K array            V array            charge-to-pulse 1  charge-to-pulse 2  digital
//   0-4      load      discharge column
//   5-14     load      write column
//   15-29    score     read (PWM)         discharge, write   integrate                             PWM (S1)
//   30-44    mix                          read               emit               integrate
//   45-59    emit                                                               emit               count (S6)
//   60-64    deliver                                                                               synchronise, add (S7, S8)
`default_nettype none

package gca_pkg;

  // The longest time that a column needs before it can be written, and to be written.
  localparam int unsigned DischargeCycles = 5;
  localparam int unsigned WriteCycles = 10;
  localparam int unsigned LoadCycles = DischargeCycles + WriteCycles;

  // Flops between an asynchronous pulse and the first logic that reads it.
  localparam int unsigned SyncStages = 2;

  localparam int unsigned StatusW = 32;

  // ReadoutStyle: how the pulses of the sub-tiles become sums.
  localparam int unsigned Counters = 0;  // the paper's: a counter for each pulse, then adders (gca_counter_readout)
  localparam int unsigned Popcount = 1;  // the pulses that are high are added up in each cycle (gca_popcount_readout)

endpackage

`default_nettype wire
