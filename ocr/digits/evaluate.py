#!/usr/bin/python3
"""Prints how well the digit networks read writers, and fonts, that they were not trained on.

They are asked as digits.cpp asks them.
"""

import argparse

import cv2
import numpy as np

import cells
import data
import ink

BINS = [0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 1.0001]
QUALITIES = ("standard", "fine", "superfine", "scan300")


# As in digits.cpp.
WEIGHT_OF_SMALL = 1
ROUNDS = (("large", 0.9995, 2), ("deep", 0.998, 8))


class Networks:
    def __init__(self, small):
        self.nets = {size: cv2.dnn.readNetFromONNX(small.replace(".onnx", end + ".onnx"))
                     for size, end in (("small", ""), ("large", "-large"), ("deep", "-deep"))}

    def likelihoods(self, crops):
        """The geometric mean of all opinions on a cell."""
        said = ask(self.nets["small"], crops)
        logs, weights = WEIGHT_OF_SMALL * logarithm(said), np.full(len(crops), float(WEIGHT_OF_SMALL))
        for size, sure, weight in ROUNDS:
            unsure = np.flatnonzero(said.max(1) < sure)
            logs[unsure] += weight * logarithm(ask(self.nets[size], crops[unsure]))
            weights[unsure] += weight
            mean = np.exp(logs[unsure] / weights[unsure, None])
            said[unsure] = mean / mean.sum(1, keepdims=True)
        return said


def logarithm(likelihoods):
    return np.log(np.maximum(likelihoods, 1e-9))


def ask(net, crops, batch=500):
    parts = [np.empty((0, cells.CLASSES), np.float32)]
    for i in range(0, len(crops), batch):
        net.setInput(crops[i:i + batch, None].astype(np.float32))
        parts.append(net.forward().copy())
    return np.concatenate(parts)


def by_condition(results):
    print("\nhandwritten digits, unseen writers (%): right, another digit, no digit; "
          "wrong of accepted when 3 % are refused")
    print(f"{'':18}{'right':>9}{'digit':>9}{'none':>9}{'at 3 %':>9}")
    for (quality, wear), (p, labels) in results.items():
        found = p.argmax(1)
        right, digit = found == labels, (found != labels) & (found < 10)
        print(f"{quality:10}{wear:8}{100 * right.mean():9.2f}{100 * digit.mean():9.3f}"
              f"{100 * (found > 9).mean():9.3f}{100 * wrong_at(p, labels, 0.03):9.3f}")


def wrong_at(p, labels, refused):
    order = np.argsort(-sureness(p))
    kept = order[:int(round((1 - refused) * len(order)))]
    return (p[kept].argmax(1) != labels[kept]).mean()


def sureness(p):
    """What a digit is accepted on; what is seen as no digit is refused first."""
    return np.where(p.argmax(1) < 10, p.max(1), p.max(1) - 2)


def error_and_refusal(title, p, labels):
    print(f"\n{title}: wrong of accepted (%) when so many (%) are refused; least likelihood accepted")
    sure = np.sort(sureness(p))
    for refused in (0, 0.5, 1, 2, 3, 5, 10):
        least = sure[int(refused / 100 * len(sure))] if refused else 0
        print(f"{refused:6.1f}{100 * wrong_at(p, labels, refused / 100):9.3f}{max(least, 0):12.5f}")


def reliability(p, labels):
    print("\nreliability: likelihood said, cells, mean said (%), right (%)")
    said, right = p.max(1), p.argmax(1) == labels
    for low, high in zip(BINS, BINS[1:]):
        chosen = (said >= low) & (said < high)
        if chosen.any():
            print(f"{low:7.4f}-{min(high, 1):6.4f}{chosen.sum():9}{100 * said[chosen].mean():10.3f}"
                  f"{100 * right[chosen].mean():10.3f}")


def by_kind(nets, writer, seed, count):
    print("\nother cells (%): right (no digit, if it is none),\nread as a wrong digit, and so with a likelihood of 0.99 or more")
    for kind in ("drawn", "typed", "blank", "struck", "other"):
        for quality in QUALITIES:
            crops, labels = data.make(writer, seed, count, kind, quality, "normal")
            p = nets.likelihoods(crops)
            found = p.argmax(1)
            digit = (found < 10) & (found != labels)
            right = (found == labels) | ((found > 10) & (labels > 10))
            print(f"{kind:8}{quality:10}{100 * right.mean():9.2f}{100 * digit.mean():9.3f}"
                  f"{100 * (digit & (p.max(1) >= 0.99)).mean():9.3f}")
            seed += 1


def confusions(p, labels):
    names = [str(d) for d in range(10)] + ["blank", "struck", "other"]
    found = p.argmax(1)
    pairs = {(a, b): ((labels == a) & (found == b)).sum() for a in range(10) for b in range(13) if a != b}
    worst = sorted(pairs.items(), key=lambda item: -item[1])[:14]
    print("\nmost frequent confusions (written > read: times):")
    print("  " + ", ".join(f"{names[a]} > {names[b]}: {n}" for (a, b), n in worst))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder with test-images-idx3-ubyte.gz and so on")
    parser.add_argument("--network", default="digits.onnx", help="the small one; the others beside it")
    parser.add_argument("--read", nargs="+",
                        help="only cells of faxed forms that bench/accuracy --cells wrote")
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--cells", type=int, default=10_000, help="a quality and wear")
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.cells} cells a row")
    nets = Networks(options.network)
    if options.read:
        crops, labels, _ = data.read(options.read)
        chosen = labels < 10
        on_forms = nets.likelihoods(crops[chosen]), labels[chosen]
        right = (on_forms[0].argmax(1) == on_forms[1]).mean()
        print(f"\n{chosen.sum()} digits of faxed forms: {100 * right:.3f} % right")
        error_and_refusal("faxed forms", *on_forms)
        reliability(*on_forms)
        confusions(*on_forms)
        return
    hand = ink.load_hand(options.data, "test")
    writer = cells.Writer(hand, ink.Type(ink.OTHER_FONTS), varied=False)

    results, seed = {}, options.seed
    for quality in QUALITIES:
        for wear in cells.WEARS:
            seed += 1
            crops, labels = data.make(writer, seed, options.cells, "hand", quality, wear)
            results[quality, wear] = nets.likelihoods(crops), labels
    by_condition(results)
    every = [np.concatenate(parts) for parts in zip(*results.values())]
    normal = [np.concatenate(parts) for parts in zip(*(r for (_, w), r in results.items() if w == "normal"))]
    error_and_refusal("all", *every)
    error_and_refusal("normal wear", *normal)
    reliability(*every)
    confusions(*every)
    by_kind(nets, writer, seed + 1, options.cells // 4)


if __name__ == "__main__":
    main()
