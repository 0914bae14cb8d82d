#!/usr/bin/python3
"""Trains the digit network and writes it as ONNX. See CARD.md.

Needs Debian's python3-torch, python3-numpy, python3-onnx, python3-opencv, python3-pil, and fonts
(ink.py).
Only the training writers are used: nine in ten of them to learn from, the others to calibrate.
"""

import argparse
import copy
import os
import time

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # else threads that wait burn a shared machine

import cv2
import numpy as np
import torch
from torch import nn

import cells
import data
import evaluate
import faxed
import ink
import network


SPLIT = 20240601  # whatever the seed is, so that no network learns from another's calibrating writers


def split(hand, share=0.1):
    """Learning writers and calibrating writers: no writer is in both."""
    writers = np.random.default_rng(SPLIT).permutation(np.unique(hand.writers))
    kept = writers[:int(share * len(writers))]
    held = np.isin(hand.writers, kept)
    return hand.only(np.flatnonzero(~held)), hand.only(np.flatnonzero(held))


def split_read(kept, calibrating):
    """What learning writers wrote, and what the others did; typed cells one in ten to the others."""
    crops, labels, writers = kept
    typed = np.random.default_rng(SPLIT).random(len(labels)) < 0.1
    held = np.where(writers < 0, typed, np.isin(writers, calibrating))
    return (crops[~held], labels[~held]), (crops[held], labels[held])


UNWARPED = 0.2  # of all steps, the last: cells as they are
AVERAGED = 0.998  # what is kept is the running mean of the weights


def learn(net, crops, labels, easy, options):
    """`easy`: which cells need not be shown in each epoch. The weights' running mean."""
    torch.manual_seed(options.seed)
    net.to(memory_format=torch.channels_last)
    batch = options.batch
    optimiser = torch.optim.AdamW(net.parameters(), lr=options.rate, weight_decay=options.decay)
    share = torch.from_numpy(np.where(easy, options.easy, 1.0))
    each = int(share.sum()) // batch
    steps = options.epochs * each
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, options.rate, total_steps=steps,
                                                   pct_start=0.2)
    loss_of = nn.CrossEntropyLoss()
    mean = copy.deepcopy(net)
    crops, labels = torch.from_numpy(crops), torch.from_numpy(labels)
    for epoch in range(options.epochs):
        net.train()
        started, total = time.time(), 0.0
        order = torch.randperm(len(crops))
        order = order[torch.rand(len(crops)) < share[order]]
        for i in range(min(each, len(order) // batch)):
            chosen = order[i * batch:(i + 1) * batch]
            cells_now = network.scaled(crops[chosen])
            as_is = epoch * each + i > (1 - UNWARPED) * steps
            cells_now = shifted(cells_now) if as_is else warped(thickened(cells_now), options.warp)
            with torch.autocast("cpu", dtype=torch.bfloat16):  # half the time on processors that have it
                out = net(cells_now)
            loss = loss_of(out.float(), labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            averaged(mean, net)
            total += loss.item()
            if (i + 1) % 500 == 0:
                print(f"  {i + 1} of {each}: {total / (i + 1):.4f}, "
                      f"{time.time() - started:.0f} s", flush=True)
        print(f"epoch {epoch + 1}: loss {total / (i + 1):.4f}, {time.time() - started:.0f} s", flush=True)
        if options.weights:
            torch.save(mean.state_dict(), options.weights)
    return mean


def averaged(mean, net):
    """Moves the mean towards the network as it is now."""
    with torch.no_grad():
        kept, now = mean.state_dict(), net.state_dict()
        for name, value in kept.items():
            if value.is_floating_point():
                value.lerp_(now[name], 1 - AVERAGED)


def thickened(crops):
    """Each crop drawn with a pen a little thicker or thinner, half of them."""
    by = (torch.rand(len(crops), 1, 1, 1) - 0.5) * 1.6
    by = by * (torch.rand(len(crops), 1, 1, 1) < 0.5)
    thick = nn.functional.max_pool2d(crops, 3, 1, 1)
    thin = -nn.functional.max_pool2d(-crops, 3, 1, 1)
    return crops + by.clamp(min=0) * (thick - crops) - by.clamp(max=0) * (thin - crops)


def shifted(crops):
    """All crops of a batch moved by the same step of up to a pixel each way."""
    dy, dx = (int(v) for v in torch.randint(-1, 2, (2,)))
    return crops.roll((dy, dx), (2, 3))


def warped(crops, much):
    """Each crop turned, slanted, stretched, moved and bent a little, as no two hands write alike."""
    count = len(crops)
    height, width = faxed.CROP
    turn, slant, wide, high = (torch.randn(4, count) * torch.tensor([0.06, 0.08, 0.05, 0.05])[:, None] * much)
    move = torch.randn(count, 2) * 1.2 / torch.tensor([width, height])
    lines = torch.stack([
        torch.stack([(1 + wide) * turn.cos(), (slant - turn.sin()) * height / width, move[:, 0]], 1),
        torch.stack([turn.sin() * width / height, (1 + high) * turn.cos(), move[:, 1]], 1)], 1)
    grid = nn.functional.affine_grid(lines, crops.shape, align_corners=False)
    bent = torch.randn(count, 2, 5, 4) * 0.7 * much * 2 / torch.tensor([width, height])[:, None, None]
    bent = nn.functional.interpolate(bent, (height, width), mode="bicubic", align_corners=True)
    return nn.functional.grid_sample(crops, grid + bent.permute(0, 2, 3, 1), align_corners=False)


def calibrate(net, crops, labels):
    """Temperature and doubt under which the probabilities fit writers that were not learnt from."""
    out = network.logits(net, crops).double()
    labels = torch.from_numpy(labels)
    at = torch.tensor([0.0, -7.0], dtype=torch.double, requires_grad=True)  # their logarithms
    optimiser = torch.optim.LBFGS([at], max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        temperature, doubt = at.exp()
        p = network.Probabilities(doubt)(out / temperature)
        loss = -p.gather(1, labels[:, None]).log().mean()
        loss.backward()
        return loss

    loss = optimiser.step(closure).item()
    right = (out.argmax(1) == labels).double().mean().item()
    temperature, doubt = at.exp().tolist()
    doubt = max(doubt, 1 / len(labels))  # so many cells cannot show that there is less
    print(f"calibrating writers: {100 * right:.3f} % right, temperature {temperature:.3f}, "
          f"doubt {doubt:.6f}, loss {loss:.4f}")
    return temperature, doubt


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder with train-images-idx3-ubyte.gz and so on")
    parser.add_argument("--out", default="digits.onnx")
    parser.add_argument("--seed", type=int, default=20240601)
    parser.add_argument("--cells", type=int, default=320_000)
    parser.add_argument("--drawn", type=float, default=cells.KINDS["drawn"],
                        help="share of made-up cells that hold a digit drawn by program")
    parser.add_argument("--fonts", type=float, default=0,
                        help="share of made-up cells that hold a digit of a handwriting font")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=160)
    parser.add_argument("--rate", type=float, default=0.003)
    parser.add_argument("--decay", type=float, default=0.01)
    parser.add_argument("--warp", type=float, default=1, help="how much cells are bent")
    parser.add_argument("--easy", type=float, default=1,
                        help="share of the cells shown in an epoch that --known is sure of")
    parser.add_argument("--known", help="a network (ONNX) that tells which cells are easy")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--size", choices=network.SIZES, default="small")
    parser.add_argument("--further", help="train this network (ONNX of an earlier run) further")
    parser.add_argument("--weights", help="keep the weights before calibration here")
    parser.add_argument("--read", nargs="+", default=[],
                        help="cells of faxed forms that bench/accuracy --cells wrote")
    parser.add_argument("--cache", help="keep the made-up cells in this .npz, or take them from it")
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.cells} cells, {options.epochs} epochs")
    torch.set_num_threads(options.processes)
    torch.manual_seed(options.seed)

    started = time.time()
    hand = ink.load_hand(options.data, "train")
    face = ink.Type(ink.FONTS)
    learning, calibrating = split(hand)
    crops, labels = cached(options.cache, lambda: data.make(
        training_writer(learning, face, options), options.seed, options.cells,
        processes=options.processes))
    held = None
    if options.read:
        read, held = split_read(data.read(options.read), np.unique(calibrating.writers))
        print(f"{len(read[0])} cells of forms to learn from, {len(held[0])} to calibrate")
        crops, labels = (np.concatenate(parts) for parts in zip((crops, labels), read))
    print(f"cells made in {time.time() - started:.0f} s", flush=True)
    net = (network.load(options.further, crops[:2000], options.size) if options.further
           else network.build(options.size))
    net = learn(net, crops, labels, easy_ones(options.known, crops, labels), options)
    if held is None:
        held = data.make(cells.Writer(calibrating, face), options.seed + 1,
                         max(20_000, options.cells // 10), processes=options.processes)
    network.save(net, *calibrate(net, *held), options.out)
    print(f"{options.out} written after {time.time() - started:.0f} s")


def training_writer(learning, face, options):
    fonts = ink.load_fonts(ink.HAND_FONTS) if options.fonts > 0 else None
    return cells.Writer(learning, face, drawn=options.drawn, fonts=fonts, font=options.fonts)


def easy_ones(network_file, crops, labels):
    if network_file is None:
        return np.zeros(len(crops), bool)
    said = evaluate.ask(cv2.dnn.readNetFromONNX(network_file), crops)
    easy = said[np.arange(len(labels)), labels] >= 0.9995
    print(f"easy cells: {100 * easy.mean():.1f} %", flush=True)
    return easy


def cached(path, made):
    if path is None:
        return made()
    try:
        kept = np.load(path)
        return kept["crops"], kept["labels"]
    except FileNotFoundError:
        crops, labels = made()
        np.savez(path, crops=crops, labels=labels)
        return crops, labels


if __name__ == "__main__":
    main()
