#include "sim/serial_port.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "behavioral/error.h"
#include "sim/interrupt.h"
#include "sim/printable.h"

namespace gca {

namespace {

constexpr std::array<std::pair<unsigned, speed_t>, 11> kRates{{{9600, B9600},
                                                               {19200, B19200},
                                                               {38400, B38400},
                                                               {57600, B57600},
                                                               {115200, B115200},
                                                               {230400, B230400},
                                                               {460800, B460800},
                                                               {500000, B500000},
                                                               {921600, B921600},
                                                               {1000000, B1000000},
                                                               {3000000, B3000000}}};
constexpr std::chrono::milliseconds kWritePatience{1000};
constexpr std::chrono::milliseconds kSlice{50};  // between looks for an interrupt

const std::pair<unsigned, speed_t>* find_rate(unsigned baud) {
    const auto* found =
        std::find_if(kRates.begin(), kRates.end(), [&](const auto& rate) { return rate.first == baud; });
    return found == kRates.end() ? nullptr : found;
}

std::string reason() {
    return std::generic_category().message(errno);
}

}  // namespace

bool is_baud_rate(unsigned baud) {
    return find_rate(baud) != nullptr;
}

SerialPort::SerialPort(const std::filesystem::path& device, unsigned baud)
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): POSIX has no other
    : file_(::open(device.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) {
    const std::string name = printable(device.string());
    if (file_ < 0) {
        throw LineError(fmt::format("{}: cannot open: {}", name, reason()));
    }
    const auto give_up = [this](const auto& error) {
        ::close(file_);
        throw error;
    };
    termios settings{};
    if (::tcgetattr(file_, &settings) != 0) {
        give_up(InputError(fmt::format("{}: is no serial line", name)));
    }
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
        give_up(LineError(fmt::format("{}: is in use by another program", name)));
    }
    const auto* rate = find_rate(baud);
    ::cfmakeraw(&settings);
    settings.c_cflag |= CLOCAL | CREAD;
    settings.c_cflag &= ~static_cast<tcflag_t>(CRTSCTS | CSTOPB);
    if (rate == nullptr || ::cfsetspeed(&settings, rate->second) != 0 || ::tcsetattr(file_, TCSANOW, &settings) != 0) {
        give_up(InputError(fmt::format("{}: has no rate of {} baud", name, baud)));
    }
}

SerialPort::~SerialPort() {
    ::close(file_);
}

bool SerialPort::wait(short events, std::chrono::milliseconds patience) const {
    const auto end = std::chrono::steady_clock::now() + patience;
    for (;;) {
        check_interrupt();
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        pollfd line{.fd = file_, .events = events, .revents = 0};
        const int ready = ::poll(&line, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, kSlice.count())));
        if (ready < 0 && errno != EINTR) {
            throw LineError(fmt::format("serial line: {}", reason()));
        }
        if (ready > 0 && (line.revents & events) != 0) {
            return true;
        }
        if (ready > 0) {
            throw LineError("serial line: hung up");
        }
        if (left.count() <= 0) {
            return false;
        }
    }
}

void SerialPort::write(std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file_, bytes.data(), bytes.size());
        if (written > 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        } else if (written < 0 && errno != EAGAIN && errno != EINTR) {
            throw LineError(fmt::format("serial line: cannot write: {}", reason()));
        } else if (!wait(POLLOUT, kWritePatience)) {
            throw LineError("serial line: nothing can be written");
        }
    }
}

std::span<const std::uint8_t> SerialPort::read(std::span<std::uint8_t> buffer, std::chrono::milliseconds patience) {
    if (!wait(POLLIN, patience)) {
        return {};
    }
    const ssize_t got = ::read(file_, buffer.data(), buffer.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return {};
    }
    if (got <= 0) {
        throw LineError(fmt::format("serial line: cannot read: {}", got == 0 ? "hung up" : reason()));
    }
    return buffer.first(static_cast<std::size_t>(got));
}

void SerialPort::discard_input() const {
    ::tcflush(file_, TCIFLUSH);
}

}  // namespace gca
