// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// head_replay: gca_head against a recording of the closed loop (tests/icarus_record.cpp), every output in every cycle.
//
//   +vectors=FILE   the recording
//   +x              whatever the contract lets the host or the analog side drive at random is X: codes and
//                   new_sequence_i without an accepted token, window_i without a new sequence, pulses outside the
//                   samples of the emit phase, signs SyncStages + 1 samples after it began
//   +trace=FILE     the waveform
//   +replay=TEXT    how to run this again, for failures
//
// All flops are X at first, and so are all inputs in reset. An output that is X differs from what is recorded. Outputs
// are looked at twice a cycle: half a clock after the edge, before the analog side's new pulses, where token_ready_o
// alone may differ, since it follows pipelined_i; and just before the next edge.
`default_nettype none

module head_replay;

  `include "head.svh"

  bit x;
  int file, cycles;

  // A cycle as it is recorded: inputs, then outputs (r_).
  logic n_pipelined, n_status_clear, n_token_valid, n_new_sequence, n_result_ready;
  logic [WindowW-1:0] n_window;
  logic [Dim*QueryW-1:0] n_query;
  logic [Dim*StoreW-1:0] n_key, n_value;
  logic [Tiles*Dim-1:0] n_pulse, n_sign;
  logic r_token_ready, r_result_valid;
  logic [Columns-1:0] r_k_discharge, r_k_write, r_v_discharge, r_v_write, r_c2p1_valid;
  logic [Dim*StoreW-1:0] r_k_dac, r_v_dac;
  logic [Dim-1:0] r_k_pulse;
  logic r_c2p1_reset, r_c2p1_integrate, r_c2p1_emit, r_c2p2_reset, r_c2p2_integrate, r_c2p2_emit;
  logic [Dim*SumW-1:0] r_sum;
  logic [StatusW-1:0] r_status_tokens, r_status_saturated;

  int tokens, results;     // accepted, taken
  bit new_begun;           // a token has been accepted since the reset
  bit emitting;            // in the cycle before
  int unsigned sign_left;  // samples for which the signs must hold

  task open;
    reg [8*1024:1] text;
    int unused;
    if (!$value$plusargs("vectors=%s", text)) $fatal(1, "+vectors=FILE is missing");
    file = $fopen(text, "r");
    if (file == 0) $fatal(1, "%0s: cannot be read", text);
    unused = $fgets(text, file);  // parameters
    unused = $fgets(text, file);  // ports
  endtask

  // The next cycle; `more` is 0 at the end.
  task read(output bit more);
    int number;
    number = $fscanf(file, "%h %h %h %h %h %h %h %h %h %h %h %h %h %h %h %h %h %h %h %h %h %h %h %h %h %h %h %h %h %h",
        n_pipelined, n_window, n_status_clear, n_token_valid, n_new_sequence, n_query, n_key, n_value, n_pulse, n_sign,
        n_result_ready, r_token_ready, r_k_discharge, r_k_write, r_k_dac, r_k_pulse, r_c2p1_reset, r_c2p1_integrate,
        r_c2p1_emit, r_c2p1_valid, r_v_discharge, r_v_write, r_v_dac, r_c2p2_reset, r_c2p2_integrate, r_c2p2_emit,
        r_result_valid, r_sum, r_status_tokens, r_status_saturated);
    more = number == 30;
    if (!more && number > 0) $fatal(1, "cycle %0d: the recording breaks off", cycle);
    sign_left = r_c2p2_emit && !emitting ? SyncStages + 1 : sign_left - (sign_left > 0 ? 1 : 0);
    emitting = r_c2p2_emit;
  endtask

  task drive_analog;
    ana_pulse_i = x && !r_c2p2_emit ? 'x : n_pulse;
    ana_sign_i = x && sign_left == 0 ? 'x : n_sign;
  endtask

  task drive_host;
    bit accepts;
    accepts = n_token_valid && r_token_ready;
    pipelined_i = n_pipelined;
    status_clear_i = n_status_clear;
    token_valid_i = n_token_valid;
    result_ready_i = n_result_ready;
    new_sequence_i = x && !accepts ? 1'bx : n_new_sequence;
    query_i = x && !accepts ? 'x : n_query;
    key_i = x && !accepts ? 'x : n_key;
    value_i = x && !accepts ? 'x : n_value;
    window_i = x && !(accepts && (n_new_sequence || !new_begun)) ? 'x : n_window;
  endtask

  task differ(input reg [8*20:1] port, input logic [MostW-1:0] expected, got);
    int bit_number;
    while (expected[bit_number] === got[bit_number]) bit_number = bit_number + 1;
    $display("FAIL  head_replay: cycle %0d, %0d tokens accepted, %0d results taken: %0s, bit %0d: expected %b, got %b",
        cycle, tokens, results, port, bit_number, expected[bit_number], got[bit_number]);
    $display("  expected %0h\n  got      %0h", expected, got);
    fail();
  endtask

  task check_all;
    if (token_ready_o !== r_token_ready) differ("token_ready_o", r_token_ready, token_ready_o);
    check_flops();
  endtask

  // The outputs that change at clock edges only.
  task check_flops;
    if (ana_k_discharge_o !== r_k_discharge) differ("ana_k_discharge_o", r_k_discharge, ana_k_discharge_o);
    if (ana_k_write_o !== r_k_write) differ("ana_k_write_o", r_k_write, ana_k_write_o);
    if (ana_k_dac_o !== r_k_dac) differ("ana_k_dac_o", r_k_dac, ana_k_dac_o);
    if (ana_k_pulse_o !== r_k_pulse) differ("ana_k_pulse_o", r_k_pulse, ana_k_pulse_o);
    if (ana_c2p1_reset_o !== r_c2p1_reset) differ("ana_c2p1_reset_o", r_c2p1_reset, ana_c2p1_reset_o);
    if (ana_c2p1_integrate_o !== r_c2p1_integrate)
      differ("ana_c2p1_integrate_o", r_c2p1_integrate, ana_c2p1_integrate_o);
    if (ana_c2p1_emit_o !== r_c2p1_emit) differ("ana_c2p1_emit_o", r_c2p1_emit, ana_c2p1_emit_o);
    if (ana_c2p1_valid_o !== r_c2p1_valid) differ("ana_c2p1_valid_o", r_c2p1_valid, ana_c2p1_valid_o);
    if (ana_v_discharge_o !== r_v_discharge) differ("ana_v_discharge_o", r_v_discharge, ana_v_discharge_o);
    if (ana_v_write_o !== r_v_write) differ("ana_v_write_o", r_v_write, ana_v_write_o);
    if (ana_v_dac_o !== r_v_dac) differ("ana_v_dac_o", r_v_dac, ana_v_dac_o);
    if (ana_c2p2_reset_o !== r_c2p2_reset) differ("ana_c2p2_reset_o", r_c2p2_reset, ana_c2p2_reset_o);
    if (ana_c2p2_integrate_o !== r_c2p2_integrate)
      differ("ana_c2p2_integrate_o", r_c2p2_integrate, ana_c2p2_integrate_o);
    if (ana_c2p2_emit_o !== r_c2p2_emit) differ("ana_c2p2_emit_o", r_c2p2_emit, ana_c2p2_emit_o);
    if (result_valid_o !== r_result_valid) differ("result_valid_o", r_result_valid, result_valid_o);
    if (sum_o !== r_sum) differ("sum_o", r_sum, sum_o);
    if (status_tokens_o !== r_status_tokens) differ("status_tokens_o", r_status_tokens, status_tokens_o);
    if (status_saturated_o !== r_status_saturated) differ("status_saturated_o", r_status_saturated, status_saturated_o);
  endtask

  initial begin
    bit more;
    x = $test$plusargs("x");
    open();
    #1 rst_ni = 1'b0;
    repeat (4) #2 clk_i = !clk_i;
    #1 rst_ni = 1'b1;
    read(more);
    drive_analog();
    while (more) begin
      drive_host();
      #1 check_all();
      if (token_valid_i && token_ready_o) begin
        tokens = tokens + 1;
        new_begun = 1'b1;
      end
      if (result_valid_o && result_ready_i) results = results + 1;
      #1 clk_i = 1'b1;
      cycle = cycle + 1;
      read(more);
      if (more) begin
        #2 check_flops();
        clk_i = 1'b0;
        drive_analog();
      end
      #1;
    end
    if (tokens == 0 || results != tokens) $fatal(1, "%0d tokens accepted, %0d results taken", tokens, results);
    $display("ok    head_replay%0s: %0d cycles, %0d tokens", x ? " with X wherever nothing is to be read" : "", cycle,
        results);
    $finish(0);
  end

endmodule

`default_nettype wire
