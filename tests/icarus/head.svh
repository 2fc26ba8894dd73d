// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// What the benches of gca_head share: the head's parameters, its ports as signals of the same names, and the head, dut:
// the RTL or, with NETLIST, what Yosys has read. Included inside a module. The clock is at rest at first, everything
// else is X.

parameter [31:0] Dim = 8;
parameter [31:0] TileTokens = 8;
parameter [31:0] Tiles = 2;
parameter [31:0] QueryLevels = 16;
parameter [31:0] StoreLevels = 8;
parameter [31:0] OutLevels = 16;
parameter [31:0] ReadoutStyle = 0;
parameter [31:0] ClockGates = 0;
localparam [31:0] Columns = TileTokens * Tiles;
localparam [31:0] WindowW = $clog2(Columns + 1);
localparam [31:0] QueryW = $clog2(QueryLevels);
localparam [31:0] StoreW = $clog2(StoreLevels);
localparam [31:0] SumW = $clog2(Tiles * (OutLevels - 1) + 1) + 1;
localparam [31:0] SyncStages = 2;
localparam [31:0] StatusW = 32;
// No port is wider.
localparam [31:0] MostW = Columns + Dim * (QueryW + StoreW + SumW + Tiles) + StatusW;

logic clk_i = 1'b0;
logic rst_ni;
logic pipelined_i, status_clear_i, token_valid_i, new_sequence_i, result_ready_i;
logic [WindowW-1:0] window_i;
logic [Dim*QueryW-1:0] query_i;
logic [Dim*StoreW-1:0] key_i, value_i;
logic [Tiles*Dim-1:0] ana_pulse_i, ana_sign_i;

wire token_ready_o, result_valid_o;
wire [Columns-1:0] ana_k_discharge_o, ana_k_write_o, ana_v_discharge_o, ana_v_write_o, ana_c2p1_valid_o;
wire [Dim*StoreW-1:0] ana_k_dac_o, ana_v_dac_o;
wire [Dim-1:0] ana_k_pulse_o;
wire ana_c2p1_reset_o, ana_c2p1_integrate_o, ana_c2p1_emit_o, ana_c2p2_reset_o, ana_c2p2_integrate_o, ana_c2p2_emit_o;
wire [Dim*SumW-1:0] sum_o;
wire [StatusW-1:0] status_tokens_o, status_saturated_o;

gca_head
`ifndef NETLIST
    #(
    .Dim         (Dim),
    .TileTokens  (TileTokens),
    .Tiles       (Tiles),
    .QueryLevels (QueryLevels),
    .StoreLevels (StoreLevels),
    .OutLevels   (OutLevels),
    .ReadoutStyle(ReadoutStyle),
    .ClockGates  (ClockGates)
)
`endif
dut (.*);

int cycle = 0;

// +trace=FILE
initial begin
  reg [8*1024:1] trace;
  if ($value$plusargs("trace=%s", trace)) begin
    $dumpfile(trace);
    $dumpvars(0, dut);
  end
end

// The run ends at the first failure, with what the caller has printed of it.
task fail;
  reg [8*4096:1] replay;
  if (!$value$plusargs("replay=%s", replay)) replay = "";
  $display("  replay: %0s", replay);
  $finish_and_return(1);
  #1;  // nothing of the time step's rest runs on
endtask
