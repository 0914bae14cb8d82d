"""Made-up cells in bulk: the same seed gives the same cells, however many processes make them."""

import multiprocessing

import numpy as np

import cells

CHUNK = 1000
_writer = None


def _start(writer):
    global _writer
    _writer = writer


def _chunk(job):
    seed, number, count, kind, quality, wear = job
    rng = np.random.default_rng([seed, number])
    crops = np.empty((count,) + cells.CROP, np.uint8)
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
