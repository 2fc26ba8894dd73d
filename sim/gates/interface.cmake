# GCA_GATE_HEAD_INTERFACE: a hash of the headers through which the program and a gate-level head meet (sim/gate_head.h).

set(text "")
foreach(header behavioral/config.h behavioral/error.h sim/gate_head.h sim/rtl_head.h sim/trace_signals.h)
  file(READ ${CMAKE_CURRENT_LIST_DIR}/../../${header} content)
  string(APPEND text "${content}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/../../${header})
endforeach()
string(SHA256 GCA_GATE_HEAD_INTERFACE "${text}")
