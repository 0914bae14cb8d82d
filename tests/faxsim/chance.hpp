#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string_view>

namespace faxsim {

/// Seeded chance. Own arithmetic (xoshiro256**), because the distributions of the standard library
/// differ between libraries and the same seed must give the same bytes.
class Chance {
public:
  explicit Chance(std::uint64_t seed) {
    for (auto& word : state_) word = split(seed);
  }

  /// A stream of its own for one purpose, so that one more draw in one part moves no other part.
  [[nodiscard]] Chance branch(std::string_view purpose) const {
    std::uint64_t hash = 0xcbf29ce484222325u ^ state_[0] ^ (state_[2] << 1);
    for (const char c : purpose) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return Chance(hash);
  }
  [[nodiscard]] Chance branch(std::string_view purpose, std::uint64_t number) const {
    Chance made = branch(purpose);
    return Chance(made.bits() + number * 0x9e3779b97f4a7c15u);
  }

  std::uint64_t bits() {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  /// [0, 1)
  double unit() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
  double between(double low, double high) { return low + (high - low) * unit(); }
  /// low to high, both included
  int whole(int low, int high) {
    return low + static_cast<int>(unit() * (static_cast<double>(high) - low + 1));
  }
  bool happens(double probability) { return unit() < probability; }

  double normal(double mean, double sigma) {
    const double radius = std::sqrt(-2 * std::log(1 - unit()));
    return mean + sigma * radius * std::cos(2 * std::numbers::pi * unit());
  }
  /// Normal, drawn again until within `limit` of the mean.
  double normal_within(double mean, double sigma, double limit) {
    for (;;) {
      const double value = normal(mean, sigma);
      if (std::abs(value - mean) <= limit) return value;
    }
  }

  template <class Container>
  const auto& one_of(const Container& choices) {
    return choices[static_cast<std::size_t>(whole(0, static_cast<int>(std::size(choices)) - 1))];
  }

private:
  static std::uint64_t rotate(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  static std::uint64_t split(std::uint64_t& seed) {
    seed += 0x9e3779b97f4a7c15u;
    std::uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace faxsim
