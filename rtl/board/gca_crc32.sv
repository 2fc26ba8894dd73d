// Copyright the gca authors. SPDX-License-Identifier: Apache-2.0
//
// gca_crc32: one byte's step of the CRC-32 of IEEE 802.3 (zlib's): reflected, polynomial 0xedb88320.
//
// Contract: a message's CRC is the complement of what its bytes make of all ones. Over a message and its CRC, least byte
//   first, the steps end at 0xdebb20e3.
//
// Latency: none, combinational.
`default_nettype none

module gca_crc32 (
    input  wire logic [31:0] crc_i,
    input  wire logic [7:0]  data_i,
    output logic      [31:0] crc_o
);

  always_comb begin : step
    logic [31:0] crc;
    crc = crc_i ^ 32'(data_i);
    for (int unsigned b = 0; b < 8; b++) crc = (crc >> 1) ^ (crc[0] ? 32'hedb88320 : 32'h0);
    crc_o = crc;
  end

endmodule

`default_nettype wire
