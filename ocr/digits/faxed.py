"""A digit cell's way from the sheet to the reader: the scanner, the fax, and the reader's cut.

cells.py writes on sheets; here stand their geometry and what becomes of them.
"""

import cv2
import numpy as np

from ink import PX

WIDTH, HEIGHT = 10, 12
SHAPE = (HEIGHT * PX, WIDTH * PX)
CELL = (2.0, 2.0, 8.0, 10.0)  # left, top, right, bottom in mm
MIDDLE = np.array([5.0, 6.0])
CROP = (40, 32)  # rows, columns

# Pixels a millimetre across and down.
QUALITIES = {
    "standard": (8.03, 3.86),
    "fine": (8.03, 7.72),
    "superfine": (8.03, 15.4),
    "scan300": (11.81, 11.81),
    "scan200": (7.87, 7.87),
}
WEARS = ("light", "normal", "heavy")


def rotation(angle, scale_x, scale_y):
    a = np.deg2rad(angle)
    return np.array([[np.cos(a) * scale_x, -np.sin(a) * scale_x],
                     [np.sin(a) * scale_y, np.cos(a) * scale_y]])


def send(rng, sheet, quality, wear):
    """The crop that the reader gets of this sheet."""
    hard = WEARS.index(wear)
    kx, ky = QUALITIES[quality]
    k = rng.uniform(0.95, 1.04) if rng.random() < 0.8 else rng.uniform(0.82, 1.0)
    skew = np.clip(rng.normal(0, (0.3, 0.7, 1.3)[hard]), -3, 3)
    # Sheet (px) to grid of the scanner.
    forth = rotation(skew, kx * k / PX, ky * k / PX)
    rows = int(np.ceil(HEIGHT * ky * k)) + 6
    columns = int(np.ceil(WIDTH * kx * k)) + 6
    at = np.array([columns, rows]) / 2 + rng.uniform(-0.5, 0.5, 2)
    shift = at - forth @ (MIDDLE * PX)
    aperture = rng.uniform(0.03, (0.06, 0.09, 0.13)[hard])  # sigma, mm
    soft = [max(0.4, PX * np.hypot(aperture, 0.33 / q)) for q in (kx * k, ky * k)]
    sheet = cv2.GaussianBlur(sheet, (0, 0), soft[0], sigmaY=soft[1])
    grid = cv2.warpAffine(sheet, np.hstack([forth, shift[:, None]]), (columns, rows),
                          flags=cv2.INTER_LINEAR).astype(np.float32)
    if rng.random() < (0, 0.01, 0.08)[hard]:
        screened(rng, grid, kx, ky)
    noise = rng.uniform(3, (8, 14, 26)[hard])
    grid += noise * rng.standard_normal(grid.shape, np.float32)
    grey = quality.startswith("scan") and rng.random() < 0.5
    if grey:
        paper = rng.uniform(0, 8 + 8 * hard)
        grid = paper + grid * (rng.uniform(0.95 - 0.17 * hard, 1.0) - paper / 255)
        grid = np.clip(grid, 0, 255)
    else:
        level = np.clip(rng.normal(115, (15, 25, 38)[hard]), max(45, 3 * noise), 190)
        grid = np.where(grid > level, 255, 0).astype(np.float32)
    blemish(rng, grid, hard, grey)
    # The reader knows where the cell is up to a little.
    error = rng.normal(0, [0.12, 0.12] if hard == 0 else [0.16, 0.18], 2).clip(-0.6, 0.6)
    back = rotation(skew + np.clip(rng.normal(0, 0.3), -1, 1), kx * k / 16, ky * k / 16)
    back = back * rng.normal(1, 0.008)
    corner = at + forth @ (error * PX) - back @ np.array([4 * 16, 5 * 16])
    how = cv2.INTER_NEAREST if rng.random() < 0.4 else cv2.INTER_LINEAR
    window = cv2.warpAffine(grid, np.hstack([back, corner[:, None]]), (8 * 16, 10 * 16),
                            flags=how | cv2.WARP_INVERSE_MAP)
    crop = cv2.resize(window, CROP[::-1], interpolation=cv2.INTER_AREA)
    return np.clip(np.round(crop), 0, 255).astype(np.uint8)


def screened(rng, grid, kx, ky):
    """Dots of a photocopied grey ground over all or a part of it. In place."""
    rows, columns = grid.shape
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    y, x = y / ky, x / kx
    turned = np.deg2rad(rng.uniform(0, 90))
    u, v = x * np.cos(turned) + y * np.sin(turned), y * np.cos(turned) - x * np.sin(turned)
    f = 2 * np.pi / rng.uniform(0.28, 0.6)
    dots = np.clip(0.5 + 0.25 * (np.cos(f * u) + np.cos(f * v)) - rng.uniform(0.4, 0.75), 0, 1)
    dots *= 255 * rng.uniform(1, 3)
    if rng.random() < 0.5:
        edge = int(rng.uniform(0.2, 0.8) * rows)
        dots[:edge] = 0
    if rng.random() < 0.5:
        dots = dots[::-1]
    np.maximum(grid, np.minimum(dots, 255), out=grid)


def blemish(rng, grid, hard, grey):
    """Dust, drop-outs, lost, repeated and overwritten rows, streaks. In place."""
    rows, columns = grid.shape
    ink_level = 255 if not grey else grid.max()
    for _ in range(rng.poisson([0.05, 0.25, 1.5][hard])):
        y, x = int(rng.integers(rows)), int(rng.integers(columns))
        h, w = 1 + (rng.random(2) < 0.3)
        grid[y:y + h, x:x + w] = ink_level
    for _ in range(rng.poisson([0.03, 0.2, 1.2][hard])):
        y, x = int(rng.integers(rows)), int(rng.integers(columns))
        h, w = 1 + (rng.random(2) < 0.3)
        grid[y:y + h, x:x + w] = 0
    if rng.random() < [0.01, 0.06, 0.2][hard]:  # a row is lost, or sent twice
        y = int(rng.integers(2, rows - 3))
        n = int(rng.integers(1, 1 + max(1, rows // 30) + 1))
        if rng.random() < 0.5:
            grid[y:rows - n] = grid[y + n:].copy()
        else:
            grid[y + n:] = grid[y:rows - n].copy()
    if rng.random() < [0.005, 0.02, 0.08][hard]:  # a row is white, or a copy of the one before
        y = int(rng.integers(2, rows - 3))
        n = int(rng.integers(1, 3))
        grid[y:y + n] = 0 if rng.random() < 0.5 else grid[y - 1]
    if rng.random() < [0.004, 0.015, 0.05][hard]:  # a streak down the page
        x = int(rng.integers(2, columns - 2))
        grid[:, x] = ink_level if rng.random() < 0.7 else 0
    if rng.random() < [0, 0.002, 0.015][hard]:  # the edge of a black block
        y = int(rng.uniform(0.76, 0.9) * rows)
        if rng.random() < 0.5:
            grid[y:] = ink_level
        else:
            grid[:rows - y] = ink_level
