// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// head_reset: which outputs of gca_head may be X, and when. Rules:
//
//   From the moment in which rst_ni falls, whatever was before, clock or no clock, inputs X: every output has its reset
//   value, data outputs too (DAC codes, sums and status are 0).
//   After the release: no output is ever X, as long as pipelined_i, status_clear_i, token_valid_i and result_ready_i
//   are known, an accepted token with all that comes with it, window_i with a new sequence, and the pulses and signs in
//   the samples of the emit phase. Everything else is X here, always.
//   An X where something is read stays in its lane: row r of a token's codes in line r of the PWM pulses and of the
//   DAC; a pulse or sign of output e in sum e of that token (a pulse also in status_saturated_o, until status_clear_i).
//   The next token is free of it.
//
//   +trace=FILE     the waveform
//   +replay=TEXT    how to run this again, for failures
//
// The analog side is a stub: half a clock after its emit phase began, each output's pulse is as long as its place and
// the token's number say.
`default_nettype none

module head_reset;

  `include "head.svh"

  localparam int Outputs = Tiles * Dim;
  localparam int EmitCycles = OutLevels - 1;
  localparam int Patience = 4 * (60 + 3 * QueryLevels + OutLevels);

  reg [8*60:1] scenario;
  int number;          // of the token that is emitted, by which its pulses are
  int sample;          // of the emit phase
  int poisoned = -1;   // the output (of Outputs) whose pulse is X in one sample
  bit poisoned_sign;   // and its sign

  // ---- what must be known -------------------------------------------------------------------------------------------

  task failed(input reg [8*20:1] port, input logic [MostW-1:0] expected, got);
    $display("FAIL  head_reset: %0s: cycle %0d, token %0d: %0s: expected %0h, got %0h", scenario, cycle, number, port,
        expected, got);
    fail();
  endtask

  task leaked(input reg [8*20:1] port, input logic [MostW-1:0] got);
    $display("FAIL  head_reset: %0s: cycle %0d, token %0d: %0s: expected no X, got %0h", scenario, cycle, number, port,
        got);
    fail();
  endtask

  // `rows`, `sums`: those that may be X.
  task check_known(input logic [Dim-1:0] rows, sums, input bit saturated);
    logic [Dim*StoreW-1:0] dac;
    logic [Dim*SumW-1:0] sum;
    for (int r = 0; r < Dim; r++) begin
      dac[r*StoreW +: StoreW] = {StoreW{rows[r]}};
      sum[r*SumW +: SumW] = {SumW{sums[r]}};
    end
    if (^token_ready_o === 1'bx) leaked("token_ready_o", token_ready_o);
    if (^ana_k_discharge_o === 1'bx) leaked("ana_k_discharge_o", ana_k_discharge_o);
    if (^ana_k_write_o === 1'bx) leaked("ana_k_write_o", ana_k_write_o);
    if (^(ana_k_dac_o & ~dac) === 1'bx) leaked("ana_k_dac_o", ana_k_dac_o);
    if (^(ana_k_pulse_o & ~rows) === 1'bx) leaked("ana_k_pulse_o", ana_k_pulse_o);
    if (^ana_c2p1_reset_o === 1'bx) leaked("ana_c2p1_reset_o", ana_c2p1_reset_o);
    if (^ana_c2p1_integrate_o === 1'bx) leaked("ana_c2p1_integrate_o", ana_c2p1_integrate_o);
    if (^ana_c2p1_emit_o === 1'bx) leaked("ana_c2p1_emit_o", ana_c2p1_emit_o);
    if (^ana_c2p1_valid_o === 1'bx) leaked("ana_c2p1_valid_o", ana_c2p1_valid_o);
    if (^ana_v_discharge_o === 1'bx) leaked("ana_v_discharge_o", ana_v_discharge_o);
    if (^ana_v_write_o === 1'bx) leaked("ana_v_write_o", ana_v_write_o);
    if (^(ana_v_dac_o & ~dac) === 1'bx) leaked("ana_v_dac_o", ana_v_dac_o);
    if (^ana_c2p2_reset_o === 1'bx) leaked("ana_c2p2_reset_o", ana_c2p2_reset_o);
    if (^ana_c2p2_integrate_o === 1'bx) leaked("ana_c2p2_integrate_o", ana_c2p2_integrate_o);
    if (^ana_c2p2_emit_o === 1'bx) leaked("ana_c2p2_emit_o", ana_c2p2_emit_o);
    if (^result_valid_o === 1'bx) leaked("result_valid_o", result_valid_o);
    if (^(sum_o & ~sum) === 1'bx) leaked("sum_o", sum_o);
    if (^status_tokens_o === 1'bx) leaked("status_tokens_o", status_tokens_o);
    if (!saturated && ^status_saturated_o === 1'bx) leaked("status_saturated_o", status_saturated_o);
  endtask

  task check_reset_values;
    if (token_ready_o !== 1'b1) failed("token_ready_o", 1, token_ready_o);
    if (ana_k_discharge_o !== 0) failed("ana_k_discharge_o", 0, ana_k_discharge_o);
    if (ana_k_write_o !== 0) failed("ana_k_write_o", 0, ana_k_write_o);
    if (ana_k_dac_o !== 0) failed("ana_k_dac_o", 0, ana_k_dac_o);
    if (ana_k_pulse_o !== 0) failed("ana_k_pulse_o", 0, ana_k_pulse_o);
    if (ana_c2p1_reset_o !== 1'b1) failed("ana_c2p1_reset_o", 1, ana_c2p1_reset_o);
    if (ana_c2p1_integrate_o !== 0) failed("ana_c2p1_integrate_o", 0, ana_c2p1_integrate_o);
    if (ana_c2p1_emit_o !== 0) failed("ana_c2p1_emit_o", 0, ana_c2p1_emit_o);
    if (ana_c2p1_valid_o !== 0) failed("ana_c2p1_valid_o", 0, ana_c2p1_valid_o);
    if (ana_v_discharge_o !== 0) failed("ana_v_discharge_o", 0, ana_v_discharge_o);
    if (ana_v_write_o !== 0) failed("ana_v_write_o", 0, ana_v_write_o);
    if (ana_v_dac_o !== 0) failed("ana_v_dac_o", 0, ana_v_dac_o);
    if (ana_c2p2_reset_o !== 1'b1) failed("ana_c2p2_reset_o", 1, ana_c2p2_reset_o);
    if (ana_c2p2_integrate_o !== 0) failed("ana_c2p2_integrate_o", 0, ana_c2p2_integrate_o);
    if (ana_c2p2_emit_o !== 0) failed("ana_c2p2_emit_o", 0, ana_c2p2_emit_o);
    if (result_valid_o !== 0) failed("result_valid_o", 0, result_valid_o);
    if (sum_o !== 0) failed("sum_o", 0, sum_o);
    if (status_tokens_o !== 0) failed("status_tokens_o", 0, status_tokens_o);
    if (status_saturated_o !== 0) failed("status_saturated_o", 0, status_saturated_o);
  endtask

  // ---- clock, host, analog side -------------------------------------------------------------------------------------

  function [31:0] width(input int i);
    width = (7 * i + 3 * number + i / Dim) % OutLevels;
  endfunction

  function sign(input int i);
    sign = ((i / 2) % 2) ^ (number % 2);
  endfunction

  // Half a clock after the edge.
  task step_analog;
    ana_pulse_i = 'x;
    ana_sign_i = 'x;
    if (ana_c2p2_emit_o === 1'b1 || (sample > 0 && sample <= SyncStages)) begin
      for (int i = 0; i < Outputs; i++) begin
        if (ana_c2p2_emit_o === 1'b1) ana_pulse_i[i] = sample < width(i);
        if (sample <= SyncStages) ana_sign_i[i] = sign(i);
      end
      if (poisoned >= 0 && poisoned_sign) ana_sign_i[poisoned] = 1'bx;
      if (poisoned >= 0 && !poisoned_sign && sample == 0) ana_pulse_i[poisoned] = 1'bx;
      sample = sample + 1;
    end else begin
      sample = 0;
    end
  endtask

  task tick;
    #1 clk_i = 1'b1;
    cycle = cycle + 1;
    #1 clk_i = 1'b0;
    step_analog();
    #1;
  endtask

  task ticks(input int n);
    for (int i = 0; i < n; i++) tick();
  endtask

  task no_data;
    token_valid_i = 1'b0;
    new_sequence_i = 1'bx;
    window_i = 'x;
    query_i = 'x;
    key_i = 'x;
    value_i = 'x;
  endtask

  task idle_host(input bit pipelined);
    pipelined_i = pipelined;
    status_clear_i = 1'b0;
    result_ready_i = 1'b1;
    no_data();
  endtask

  task inputs_x;
    pipelined_i = 1'bx;
    status_clear_i = 1'bx;
    result_ready_i = 1'bx;
    no_data();
    token_valid_i = 1'bx;
    ana_pulse_i = 'x;
    ana_sign_i = 'x;
  endtask

  // Offers a token until it is accepted, its codes known.
  task offer(input bit fresh, input bit window_known);
    bit accepted;
    accepted = 1'b0;
    for (int i = 0; i < Patience && !accepted; i++) begin
      token_valid_i = 1'b1;
      new_sequence_i = fresh;
      window_i = window_known ? 1 + number % Columns : 'x;
      for (int r = 0; r < Dim; r++) begin
        query_i[r*QueryW +: QueryW] = (r + number) % QueryLevels;
        key_i[r*StoreW +: StoreW] = (r + 2 * number) % StoreLevels;
        value_i[r*StoreW +: StoreW] = (3 * r + number) % StoreLevels;
      end
      #1;
      accepted = token_ready_o === 1'b1;
      tick();
    end
    if (!accepted) failed("token_ready_o", 1, token_ready_o);
    no_data();
  endtask

  // Lets the token run to its result and compares that, but for the sums in `unknown`. No other output is ever X, but
  // for `rows`, and the sums in `left` until the result is there.
  task expect_result(input logic [Dim-1:0] rows, left, unknown, input bit saturated);
    logic signed [SumW-1:0] sum, got;
    for (int i = 0; i < Patience && result_valid_o !== 1'b1; i++) begin
      tick();
      check_known(rows, result_valid_o === 1'b1 ? unknown : left, saturated);
    end
    if (result_valid_o !== 1'b1) failed("result_valid_o", 1, result_valid_o);
    for (int e = 0; e < Dim; e++) begin
      sum = 0;
      for (int t = 0; t < Tiles; t++) sum = sign(t * Dim + e) ? sum - width(t * Dim + e) : sum + width(t * Dim + e);
      got = sum_o[e*SumW +: SumW];
      if (got !== sum && !unknown[e]) failed("sum_o, one output", sum, got);
    end
    tick();
  endtask

  task run_token(input bit fresh, input bit window_known);
    number = number + 1;
    offer(fresh, window_known);
    check_known('0, '0, 1'b0);
    expect_result('0, '0, '0, 1'b0);
  endtask

  // ---- scenarios ----------------------------------------------------------------------------------------------------

  // Whatever was before: the reset values at once, and as long as the reset lasts; then a head that works. `edges`:
  // clock edges in reset, 0 for a pulse between two of them, or with the clock stopped.
  task reset(input int edges, input bit clock_high);
    if (clock_high) begin
      #1 clk_i = 1'b1;
      #1;
    end
    rst_ni = 1'b0;
    #1 check_reset_values();
    inputs_x();
    #1 check_reset_values();
    if (clock_high) begin
      clk_i = 1'b0;
      #1 check_reset_values();
    end
    for (int i = 0; i < edges; i++) begin
      #1 clk_i = 1'b1;
      #1 check_reset_values();
      clk_i = 1'b0;
      #1 check_reset_values();
    end
    sample = 0;
    poisoned = -1;
    poisoned_sign = 1'b0;
    idle_host(number % 2);
    #1 check_reset_values();
    rst_ni = 1'b1;
    #1 check_reset_values();
  endtask

  // The first token needs no new_sequence_i to begin at column 0, but a window.
  task run_after_reset;
    run_token(1'b0, 1'b1);
    run_token(1'b0, 1'b0);
  endtask

  int latency;

  // Two tokens, and a reset `at` cycles after the first was accepted.
  task reset_in_mid_token(input int at);
    number = number + 1;
    offer(1'b1, 1'b1);
    token_valid_i = 1'b0;
    for (int i = 0; i < at; i++) begin
      tick();
      check_known('0, '0, 1'b0);
      if (i == at / 2) pipelined_i = !pipelined_i;
    end
    reset(at % 3, at % 2);
    ticks(at % 4);
    check_reset_values();
    run_token(1'b0, 1'b1);
  endtask

  // Every input X for `n` cycles of a token, controls too.
  task reset_after_poison(input int n);
    number = number + 1;
    offer(1'b1, 1'b1);
    ticks(n % latency);
    inputs_x();
    for (int i = 0; i < n; i++) begin
      #1 clk_i = 1'b1;
      cycle = cycle + 1;
      #1 clk_i = 1'b0;
      #1;
    end
    reset(n % 3, n % 2);
    run_after_reset();
  endtask

  // One row of a token's codes is X.
  task poisoned_row(input int r);
    logic [Dim-1:0] rows;
    rows = '0;
    rows[r] = 1'b1;
    number = number + 1;
    token_valid_i = 1'b1;
    new_sequence_i = 1'b0;
    query_i = '0;
    key_i = '0;
    value_i = '0;
    query_i[r*QueryW +: QueryW] = 'x;
    key_i[r*StoreW +: StoreW] = 'x;
    value_i[r*StoreW +: StoreW] = 'x;
    #1;
    if (token_ready_o !== 1'b1) failed("token_ready_o", 1, token_ready_o);
    tick();
    no_data();
    if (ana_k_dac_o[r*StoreW] !== 1'bx) failed("ana_k_dac_o, the poisoned row", 1'bx, ana_k_dac_o[r*StoreW]);
    expect_result(rows, '0, '0, 1'b0);
    run_token(1'b0, 1'b0);
    run_token(1'b1, 1'b1);
  endtask

  // One output's pulse or sign is X.
  task poisoned_output(input int i, input bit in_sign);
    logic [Dim-1:0] sums;
    sums = '0;
    sums[i%Dim] = 1'b1;
    number = number + 1;
    offer(1'b0, 1'b0);
    poisoned = i;
    poisoned_sign = in_sign;
    expect_result('0, '0, sums, !in_sign);
    if (^sum_o !== 1'bx && width(i) > 0) failed("sum_o, the poisoned output", 'x, sum_o);
    poisoned = -1;
    number = number + 1;
    offer(1'b0, 1'b0);
    expect_result('0, sums, '0, !in_sign);
    ticks(latency);
    status_clear_i = 1'b1;
    tick();
    status_clear_i = 1'b0;
    check_known('0, '0, 1'b0);
    run_token(1'b0, 1'b0);
  endtask

  int tokens;

  initial begin
    scenario = "reset from X, the clock at rest";
    #5 reset(0, 1'b0);
    ticks(5);
    check_reset_values();
    run_after_reset();

    scenario = "a token's length";
    number = number + 1;
    offer(1'b1, 1'b1);
    latency = cycle;
    expect_result('0, '0, '0, 1'b0);
    latency = cycle - latency;

    scenario = "all inputs X, and rst_ni, with the clock running; then a reset pulse between two edges";
    inputs_x();
    rst_ni = 1'bx;
    ticks(2 * latency);
    reset(0, 1'b0);
    run_after_reset();

    scenario = "reset in mid-token";
    for (int at = 0; at <= latency + 3; at++) reset_in_mid_token(at);

    scenario = "reset after X on all inputs";
    for (int n = 1; n <= latency + 40; n = n + 7) reset_after_poison(n);

    scenario = "X in one row of a token";
    for (int r = 0; r < Dim; r = r + 1 + Dim / 4) poisoned_row(r);

    scenario = "X in one output's pulse";
    for (int i = 0; i < Outputs; i = i + 1 + Outputs / 5) poisoned_output(i, 1'b0);

    scenario = "X in one output's sign";
    for (int i = 0; i < Outputs; i = i + 1 + Outputs / 5) poisoned_output(i, 1'b1);

    $display("ok    head_reset: %0d tokens, %0d cycles, latency %0d", number, cycle, latency);
    $finish(0);
  end

endmodule

`default_nettype wire
