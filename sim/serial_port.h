// A serial line: a device such as /dev/ttyUSB0, or a pseudo-terminal.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>

namespace gca {

/// The line is gone: the cable was pulled, the other end closed it.
class LineError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

class SerialPort {
 public:
    /// Opens the device for itself, 8 bits, no parity, no flow control. Throws LineError if it is not there or in use,
    /// InputError if it is no serial line or has no such rate.
    SerialPort(const std::filesystem::path& device, unsigned baud);
    SerialPort(const SerialPort&) = delete;
    SerialPort& operator=(const SerialPort&) = delete;
    ~SerialPort();

    /// All bytes; throws LineError, also where they can't be sent for a second.
    void write(std::span<const std::uint8_t> bytes);
    /// What has come, at least a byte, or nothing if nothing comes in that time. Throws LineError.
    std::span<const std::uint8_t> read(std::span<std::uint8_t> buffer, std::chrono::milliseconds patience);
    /// Forgets what has come and was not read.
    void discard_input() const;

 private:
    [[nodiscard]] bool wait(short events, std::chrono::milliseconds patience) const;

    int file_;
};

/// True for the rates that a serial line can be set to.
[[nodiscard]] bool is_baud_rate(unsigned baud);

}  // namespace gca
