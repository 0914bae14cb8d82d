"""Digit cells in bulk: made up (the same seed gives the same cells, however many processes make them),
or cut out of faxed forms by the reader itself."""

import multiprocessing

import numpy as np

import cells
import faxed

CHUNK = 1000
_writer = None


def _start(writer):
    global _writer
    _writer = writer


def _chunk(job):
    seed, number, count, kind, quality, wear = job
    rng = np.random.default_rng([seed, number])
    crops = np.empty((count,) + faxed.CROP, np.uint8)
    labels = np.empty(count, np.int64)
    for i in range(count):
        if kind is None:
            crops[i], labels[i] = cells.training_cell(rng, _writer)
        else:
            crops[i], labels[i] = cells.cell(rng, _writer, kind, quality, wear)
    return crops, labels


def make(writer, seed, count, kind=None, quality=None, wear=None, processes=2):
    """`count` crops and their classes; of the training mixture, or all of one kind."""
    jobs = [(seed, n, min(CHUNK, count - n * CHUNK), kind, quality, wear)
            for n in range((count + CHUNK - 1) // CHUNK)]
    with multiprocessing.Pool(processes, _start, (writer,)) as pool:
        parts = pool.map(_chunk, jobs, chunksize=1)
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


RECORD = np.dtype([("writer", "<i4"), ("label", "u1"), ("crop", "u1", faxed.CROP)])


def read(paths):
    """Crops, classes and writers (-1: typed) that `bench/accuracy --cells` wrote."""
    kept = np.concatenate([np.fromfile(path, RECORD) for path in paths])
    # What lies under a black block was written, but cannot be read.
    middle = kept["crop"][:, 8:32, 6:26]
    kept = kept[(middle.mean((1, 2)) < 110) & (middle.min(2).max(1) < 200)]
    return kept["crop"], kept["label"].astype(np.int64), kept["writer"]
