#!/usr/bin/python3
"""Writes the network whose weights are the mean of several.

Networks that were trained further from one another, each on another mixture of cells, lie in one
valley: their mean is as good as the best of them on each mixture (Wortsman and others, "Model
soups", 2022).
"""

import argparse

import numpy as np
import onnx
import onnx.numpy_helper


def mean_of(paths):
    networks = [onnx.load(path) for path in paths]
    kept = networks[0].graph.initializer
    if any(len(network.graph.initializer) != len(kept) for network in networks):
        raise SystemExit("the networks are not alike")
    for i, first in enumerate(kept):
        same = [network.graph.initializer[i] for network in networks]
        if any(tensor.name != first.name for tensor in same):
            raise SystemExit(f"{first.name}: the networks are not alike")
        parts = [onnx.numpy_helper.to_array(tensor) for tensor in same]
        if parts[0].dtype != np.float32 or any(part.shape != parts[0].shape for part in parts):
            if any(not np.array_equal(part, parts[0]) for part in parts):
                raise SystemExit(f"{first.name}: the networks are not alike")
            continue
        mean = np.mean(parts, 0, dtype=np.float64).astype(np.float32)
        kept[i].CopyFrom(onnx.numpy_helper.from_array(mean, first.name))
    return networks[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="+", help="ONNX files of one size")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    onnx.save(mean_of(options.networks), options.out)


if __name__ == "__main__":
    main()
