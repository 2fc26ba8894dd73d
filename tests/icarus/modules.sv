// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// modules: the modules without a reset, from X. Their headers say what clears it: Stages edges in gca_synchronizer,
// capture_i in gca_sign_ff, enable_i with first_i in gca_counter_bank, count_first_i in gca_readout_tile, add_i in the
// partial sums of gca_adder_bank, whose sum_o alone has a reset. Until then their outputs are X here, to show that the
// bench sees it; afterwards they are known and right, whatever X comes in while nothing is to be read.
//
//   +replay=TEXT    how to run this again, for failures
`default_nettype none

module modules;

  localparam int Channels = 5;
  localparam int Levels = 11;
  localparam int CountW = 4;
  localparam int Tiles = 3;
  localparam int SumW = 6;
  localparam int Stages = 2;
  localparam int Runs = 200;

  logic clk = 1'b0;
  int runs;

  task tick;
    #1 clk = 1'b1;
    #1 clk = 1'b0;
    #1;
  endtask

  task expect_equal(input reg [8*60:1] what, input logic [63:0] expected, got);
    reg [8*1024:1] replay;
    if (got !== expected) begin
      $display("FAIL  modules: %0s, run %0d: expected %0b, got %0b", what, runs, expected, got);
      if (!$value$plusargs("replay=%s", replay)) replay = "";
      $display("  replay: %0s", replay);
      $finish_and_return(1);
      #1;
    end
  endtask

  // ---- gca_synchronizer ----

  logic [Channels-1:0] sync_in;
  wire [Channels-1:0] sync_out;
  gca_synchronizer #(.Width(Channels), .Stages(Stages)) synchronizer (
      .clk_i(clk), .enable_i({Stages{1'b1}}), .async_i(sync_in), .sync_o(sync_out));

  task test_synchronizer;
    logic [Channels-1:0] value;
    expect_equal("gca_synchronizer before any edge", {Channels{1'bx}}, sync_out);
    for (runs = 0; runs < Runs; runs++) begin
      value = $random;
      sync_in = value;
      tick();
      sync_in = 'x;
      for (int s = 1; s < Stages; s++) begin
        expect_equal("gca_synchronizer, a stage too early", {Channels{1'bx}}, sync_out);
        tick();
      end
      expect_equal("gca_synchronizer", value, sync_out);
      tick();
      expect_equal("gca_synchronizer, the X that followed", {Channels{1'bx}}, sync_out);
      for (int s = 1; s < Stages; s++) tick();
    end
  endtask

  // ---- gca_sign_ff ----

  logic sign_capture;
  logic [Channels-1:0] sign_in;
  wire [Channels-1:0] sign_out;
  gca_sign_ff #(.Channels(Channels)) sign_ff (
      .clk_i(clk), .capture_i(sign_capture), .sign_i(sign_in), .sign_o(sign_out));

  task test_sign_ff;
    logic [Channels-1:0] value;
    runs = 0;
    sign_capture = 1'b0;
    sign_in = '1;
    tick();
    expect_equal("gca_sign_ff before capture_i", {Channels{1'bx}}, sign_out);
    for (runs = 0; runs < Runs; runs++) begin
      value = $random;
      sign_in = value;
      sign_capture = 1'b1;
      tick();
      sign_in = 'x;
      sign_capture = 1'b0;
      expect_equal("gca_sign_ff", value, sign_out);
      tick();
      expect_equal("gca_sign_ff, held", value, sign_out);
    end
  endtask

  // ---- gca_counter_bank ----

  logic count_enable, count_first;
  logic [Channels-1:0] count_pulse;
  wire [CountW*Channels-1:0] count_out;
  wire [Channels-1:0] count_full;
  gca_counter_bank #(.Channels(Channels), .Levels(Levels)) counter_bank (
      .clk_i(clk), .enable_i(count_enable), .first_i(count_first), .pulse_i(count_pulse), .count_o(count_out),
      .full_o(count_full));

  function [CountW-1:0] count_of(input logic [CountW*Channels-1:0] planes, input int c);
    for (int b = 0; b < CountW; b++) count_of[b] = planes[b*Channels+c];
  endfunction

  task test_counter_bank;
    int high [0:Channels-1];
    runs = 0;
    count_enable = 1'b0;
    count_first = 1'b0;
    count_pulse = '1;
    tick();
    expect_equal("gca_counter_bank before first_i", {CountW*Channels{1'bx}}, count_out);
    count_enable = 1'b1;
    tick();
    if (^count_out !== 1'bx) expect_equal("gca_counter_bank counting on from X", 'x, count_out);
    for (runs = 0; runs < Runs; runs++) begin
      for (int c = 0; c < Channels; c++) high[c] = 0;
      for (int n = 0; n < 2 * Levels; n++) begin
        count_enable = n == 0 || ($random & 3) != 0;
        count_first = n == 0;
        count_pulse = $random | $random;
        for (int c = 0; c < Channels; c++) begin
          if (count_enable && count_pulse[c] && high[c] < Levels - 1) high[c] = high[c] + 1;
        end
        if (!count_enable) begin
          count_pulse = 'x;
          count_first = 1'bx;
        end
        tick();
        for (int c = 0; c < Channels; c++) begin
          expect_equal("gca_counter_bank count_o", high[c], count_of(count_out, c));
          expect_equal("gca_counter_bank full_o", high[c] == Levels - 1, count_full[c]);
        end
      end
    end
  endtask

  // ---- gca_readout_tile ----

  logic read_enable, read_first;
  logic [Channels-1:0] read_pulse, read_sign;
  wire [CountW*Channels-1:0] read_count;
  wire [Channels-1:0] read_sign_out, read_full;
  gca_readout_tile #(.Channels(Channels), .Levels(Levels)) readout_tile (
      .clk_i(clk), .count_en_i(read_enable), .count_first_i(read_first), .pulse_i(read_pulse), .sign_i(read_sign),
      .count_o(read_count), .sign_o(read_sign_out), .full_o(read_full));

  task test_readout_tile;
    int width [0:Channels-1];
    logic [Channels-1:0] signs;
    runs = 0;
    read_enable = 1'b0;
    read_first = 1'b0;
    read_sign = 'x;
    read_pulse = 'x;
    tick();
    expect_equal("gca_readout_tile before count_first_i", {CountW*Channels{1'bx}}, read_count);
    for (runs = 0; runs < Runs; runs++) begin
      for (int c = 0; c < Channels; c++) width[c] = ($random & 32'h7fffffff) % Levels;
      signs = $random;
      for (int n = 0; n < Levels - 1 + Stages; n++) begin
        read_enable = n >= Stages;
        read_first = n == Stages;
        read_sign = n == Stages ? signs : 'x;
        read_pulse = 'x;
        if (n < Levels - 1) for (int c = 0; c < Channels; c++) read_pulse[c] = n < width[c];
        tick();
      end
      read_enable = 1'b0;
      read_sign = 'x;
      read_pulse = 'x;
      for (int n = 0; n < 3; n++) begin
        for (int c = 0; c < Channels; c++) begin
          expect_equal("gca_readout_tile count_o", width[c], count_of(read_count, c));
          expect_equal("gca_readout_tile full_o", width[c] == Levels - 1, read_full[c]);
        end
        expect_equal("gca_readout_tile sign_o", signs, read_sign_out);
        tick();
      end
    end
  endtask

  // ---- gca_adder_bank ----

  logic add_reset_n = 1'b1, add_add = 1'b0, add_sum = 1'b0;
  logic [Tiles*CountW*Channels-1:0] add_count;
  logic [Tiles*Channels-1:0] add_sign;
  wire [Channels*SumW-1:0] add_out;
  gca_adder_bank #(.Channels(Channels), .Tiles(Tiles), .Levels(Levels)) adder_bank (
      .clk_i(clk), .rst_ni(add_reset_n), .add_i(add_add), .sum_i(add_sum), .count_i(add_count), .sign_i(add_sign),
      .sum_o(add_out));

  task test_adder_bank;
    logic signed [SumW-1:0] sums [0:Channels-1];
    logic [CountW-1:0] count;
    runs = 0;
    expect_equal("gca_adder_bank before reset", {Channels*SumW{1'bx}}, add_out);
    add_reset_n = 1'b0;
    #1 expect_equal("gca_adder_bank in reset", 0, add_out);
    add_reset_n = 1'b1;
    tick();
    expect_equal("gca_adder_bank after reset, partial sums X", 0, add_out);
    for (runs = 0; runs < Runs; runs++) begin
      for (int c = 0; c < Channels; c++) sums[c] = 0;
      for (int t = 0; t < Tiles; t++) begin
        for (int c = 0; c < Channels; c++) begin
          count = ($random & 32'h7fffffff) % Levels;
          add_sign[t*Channels+c] = $random;
          for (int b = 0; b < CountW; b++) add_count[(t*CountW+b)*Channels+c] = count[b];
          sums[c] = add_sign[t*Channels+c] ? sums[c] - count : sums[c] + count;
        end
      end
      add_add = 1'b1;
      tick();
      add_add = 1'b0;
      add_count = 'x;
      add_sign = 'x;
      tick();
      add_sum = 1'b1;
      tick();
      add_sum = 1'b0;
      for (int n = 0; n < 2; n++) begin
        for (int c = 0; c < Channels; c++) expect_equal("gca_adder_bank sum_o", {sums[c]}, add_out[c*SumW +: SumW]);
        tick();
      end
    end
  endtask

  initial begin
    test_synchronizer();
    test_sign_ff();
    test_counter_bank();
    test_readout_tile();
    test_adder_bank();
    $display("ok    modules: 5 modules, %0d runs each", Runs);
    $finish(0);
  end

endmodule

`default_nettype wire
