"""Ink for digit cells: handwritten digits, digits drawn by program, typed digits, and what is no digit.

Every function draws on a "sheet": an 8-bit array, 0 = paper, 255 = ink, `PX` pixels a millimetre,
with the cell in its middle (see faxed.py for the geometry). Lengths are millimetres.
"""

import gzip
import pathlib

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

PX = 12  # pixels a millimetre of the sheet: a thin frame line (0.2 mm) has 2.4

cv2.setNumThreads(1)


# --- Handwritten digits (MNIST) -----------------------------------------------------------------


class Hand:
    """Digit images of many writers, kept with the box of their ink."""

    def __init__(self, images, labels, writers):
        self.images = images
        self.labels = labels
        self.writers = writers
        self.boxes = np.array([ink_box(image) for image in images], np.float32)
        self.of_label = [np.flatnonzero(labels == d) for d in range(10)]

    def only(self, chosen):
        return Hand(self.images[chosen], self.labels[chosen], self.writers[chosen])

    def pick(self, rng, label):
        return int(rng.choice(self.of_label[label]))


def load_hand(folder, part):
    """`part` is 'train' or 'test'; the files are MNIST's idx files and one writer's number a line."""
    folder = pathlib.Path(folder)
    images = np.frombuffer(gzip.open(folder / f"{part}-images-idx3-ubyte.gz").read(), np.uint8, offset=16)
    labels = np.frombuffer(gzip.open(folder / f"{part}-labels-idx1-ubyte.gz").read(), np.uint8, offset=8)
    writers = np.loadtxt(folder / f"{part}-writers.txt", dtype=np.int64)
    return Hand(images.reshape(-1, 28, 28), labels, writers)


def load_fonts(names, root="/usr/share/fonts"):
    """Hands whose digits are those of handwriting fonts, as MNIST would keep them: 20 of 28 pixels."""
    paths = [path for path in (pathlib.Path(root) / name for name in names) if path.exists()]
    if not paths:
        raise SystemExit(f"none of the handwriting fonts is installed under {root}")
    images = [shrunk(glyph(str(path), str(d))) for path in paths for d in range(10)]
    return Hand(np.array(images), np.tile(np.arange(10), len(paths)),
                np.repeat(-2 - np.arange(len(paths)), 10))


def shrunk(image):
    scale = 20 / max(image.shape)
    size = [max(1, round(side * scale)) for side in image.shape[::-1]]
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    y, x = (28 - small.shape[0]) // 2, (28 - small.shape[1]) // 2
    picture = np.zeros((28, 28), np.uint8)
    picture[y:y + small.shape[0], x:x + small.shape[1]] = small
    return picture


def ink_box(image):
    """x, y, width, height of what is darker than half grey."""
    ink = image > 80
    xs = np.flatnonzero(ink.any(0))
    ys = np.flatnonzero(ink.any(1))
    return xs[0], ys[0], xs[-1] + 1 - xs[0], ys[-1] + 1 - ys[0]


def affine(box, centre, height, aspect, angle, shear):
    """Maps the ink box onto the sheet. `aspect` multiplies the width; angle in degrees."""
    x, y, w, h = (float(v) for v in box)
    sy = height * PX / h
    sx = sy * aspect
    a = np.deg2rad(angle)
    rotate = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    m = rotate @ np.array([[sx, -shear * sy], [0, sy]])
    c = np.array(centre) * PX - m @ np.array([x + w / 2 - 0.5, y + h / 2 - 0.5])
    return np.hstack([m, c[:, None]])


def thinned(rng, mask, most):
    """Wears the strokes down from both sides by up to `most` of their half width, or thickens them.

    Each place is measured against its own stroke, so that thin parts stay; the pen that is left
    is 0.28 mm or wider, and no pen is thickened beyond 1 mm.
    """
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    inside = depth[mask > 0]
    if inside.size == 0:
        return mask
    half = np.percentile(inside, 85)
    share = rng.uniform(-0.3, most)
    if share < 0:
        radius = min(int(rng.integers(0, 3)), int(0.5 * PX - half))
        return cv2.dilate(mask, disc(radius)) if radius > 0 else mask
    share = min(share, 1 - 0.14 * PX / half)
    if share <= 0:
        return mask
    return np.where(depth > share * cv2.dilate(depth, disc(round(half))), 255, 0).astype(np.uint8)


def disc(radius):
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def bent(rng, image, most=1.1):
    """The image with its pixels moved by a slow random field of up to about `most` pixels."""
    field = rng.normal(0, rng.uniform(0, most), (2, 4, 4)).astype(np.float32)
    x, y = (cv2.resize(f, (28, 28), interpolation=cv2.INTER_CUBIC) for f in field)
    return cv2.remap(image, GRID_X + x, GRID_Y + y, cv2.INTER_LINEAR)


GRID_Y, GRID_X = np.mgrid[0:28, 0:28].astype(np.float32)


def place_hand(rng, hand, index, shape, centre, height, aspect, angle, shear, most_thin=0.75,
               bend=1.1):
    """One handwritten digit on an empty sheet."""
    box = hand.boxes[index]
    m = affine(box, centre, height, aspect, angle, shear)
    image = bent(rng, hand.images[index], bend) if bend else hand.images[index]
    big = cv2.warpAffine(image, m, shape[::-1], flags=cv2.INTER_CUBIC)
    big = cv2.GaussianBlur(big, (0, 0), 0.3 * height * PX / box[3])
    mask = np.where(big > rng.uniform(85, 150), 255, 0).astype(np.uint8)
    return thinned(rng, mask, most_thin)


# --- Digits drawn by program ---------------------------------------------------------------------

# Strokes in a unit box, y down. A stroke is smoothed through its points; where it shall have a
# corner, it ends and the next one starts at the same point.
def _oval(start, sweep, cx=0.5, cy=0.5, rx=0.5, ry=0.5, n=14):
    t = np.deg2rad(start + sweep * np.linspace(0, 1, n))
    return [(cx + rx * np.cos(a), cy + ry * np.sin(a)) for a in t]


FORMS = {
    0: [
        [_oval(-90, -360)],
        [_oval(-80, -375)],
        [_oval(-60, -335)],  # not closed at the top
        [_oval(-75, -325, rx=0.42)],
        [_oval(-90, -365), [(0.85, 0.08), (0.15, 0.92)]],  # slashed
        [_oval(-90, -360), [(0.72, 0.25), (0.28, 0.75)]],
        [_oval(-85, -370), [(1.05, -0.05), (-0.02, 1.02)]],
        [_oval(-90, -350), [(0.68, 0.04), (0.34, 0.97)]],
    ],
    1: [
        [[(0.5, 0), (0.5, 0.5), (0.5, 1)]],  # a bare stroke
        [[(0.5, 0), (0.5, 0.5), (0.5, 1)]],
        [[(0.55, 0), (0.5, 0.5), (0.48, 1)]],
        [[(0.3, 0.22), (0.5, 0)], [(0.5, 0), (0.5, 0.5), (0.5, 1)]],  # with a flag
        [[(0.1, 0.24), (0.35, 0.12), (0.58, 0)], [(0.58, 0), (0.56, 0.5), (0.54, 1)]],
        [[(0.05, 0.33), (0.55, 0)], [(0.55, 0), (0.5, 0.5), (0.42, 1)]],
        [[(0.3, 0.15), (0.5, 0)], [(0.5, 0), (0.5, 1)], [(0.2, 1), (0.8, 1)]],
        [[(0.12, 0.3), (0.6, 0)], [(0.6, 0), (0.6, 0.5), (0.6, 1)]],
        [[(0.25, 0.14), (0.55, 0)], [(0.55, 0), (0.55, 0.5), (0.55, 1)]],
    ],
    2: [
        [[(0.05, 0.28), (0.2, 0.06), (0.55, 0), (0.9, 0.2), (0.78, 0.5), (0.4, 0.8), (0.03, 1)],
         [(0.03, 1), (0.5, 0.98), (0.97, 1)]],
        [[(0.08, 0.2), (0.5, 0), (0.9, 0.22), (0.6, 0.62), (0.05, 0.97), (0.1, 0.8), (0.35, 0.83),
          (0.65, 0.98), (0.97, 0.9)]],
        [[(0.05, 0.15), (0.5, 0), (0.88, 0.25), (0.5, 0.68), (0.05, 1)], [(0.05, 1), (0.95, 0.96)]],
    ],
    3: [
        [[(0.08, 0.14), (0.45, 0), (0.85, 0.18), (0.72, 0.4), (0.38, 0.48)],
         [(0.38, 0.48), (0.78, 0.55), (0.95, 0.76), (0.6, 1), (0.05, 0.9)]],
        [[(0.1, 0.02), (0.85, 0)], [(0.85, 0), (0.4, 0.4)],
         [(0.4, 0.4), (0.85, 0.5), (0.92, 0.8), (0.5, 1), (0.05, 0.9)]],
        [[(0.1, 0.1), (0.5, 0), (0.85, 0.2), (0.6, 0.45), (0.9, 0.68), (0.7, 0.95), (0.3, 1),
          (0.05, 0.88)]],
    ],
    4: [
        [[(0.28, 0.02), (0.18, 0.35), (0.05, 0.62)], [(0.05, 0.62), (0.97, 0.6)],
         [(0.68, 0.2), (0.66, 0.6), (0.62, 1)]],  # open
        [[(0.15, 0.05), (0.1, 0.5)], [(0.1, 0.5), (0.85, 0.5)], [(0.8, 0), (0.78, 0.5), (0.75, 1)]],
        [[(0.68, 0), (0.05, 0.66)], [(0.05, 0.66), (1, 0.66)], [(0.68, 0), (0.68, 0.5), (0.68, 1)]],
        [[(0.6, 0.02), (0.08, 0.6)], [(0.08, 0.6), (0.95, 0.62)], [(0.65, 0.3), (0.6, 1)]],
    ],
    5: [
        [[(0.2, 0), (0.16, 0.42)],
         [(0.16, 0.42), (0.5, 0.36), (0.9, 0.6), (0.75, 0.92), (0.4, 1), (0.04, 0.9)],
         [(0.2, 0), (0.92, 0.02)]],
        [[(0.9, 0), (0.2, 0.02)], [(0.2, 0.02), (0.14, 0.45)],
         [(0.14, 0.45), (0.6, 0.4), (0.93, 0.66), (0.6, 1), (0.05, 0.95)]],
        [[(0.25, 0.05), (0.2, 0.4), (0.6, 0.42), (0.9, 0.68), (0.55, 1), (0.05, 0.92)],
         [(0.3, 0.02), (0.95, 0)]],
    ],
    6: [
        [[(0.75, 0), (0.3, 0.3), (0.08, 0.68), (0.3, 0.98), (0.75, 0.96), (0.92, 0.72), (0.6, 0.52),
          (0.14, 0.68)]],
        [[(0.62, 0), (0.2, 0.6), (0.12, 0.8), (0.4, 1), (0.82, 0.9), (0.85, 0.66), (0.5, 0.55),
          (0.16, 0.72)]],  # straight tail
        [[(0.25, 0), (0.12, 0.5), (0.15, 0.85), (0.5, 1), (0.88, 0.8), (0.65, 0.55), (0.13, 0.7)]],
    ],
    7: [
        [[(0.05, 0.02), (0.95, 0)], [(0.95, 0), (0.6, 0.45), (0.42, 1)]],
        [[(0.08, 0.32), (0.1, 0.02)], [(0.1, 0.02), (0.92, 0.02)],
         [(0.92, 0.02), (0.62, 0.5), (0.5, 1)]],  # with a hook
        [[(0.1, 0.4), (0.06, 0.05)], [(0.06, 0.05), (0.9, 0)], [(0.9, 0), (0.75, 0.5), (0.3, 1)]],
        [[(0.14, 0.25), (0.08, 0.03)], [(0.08, 0.03), (0.95, 0.03)],
         [(0.95, 0.03), (0.85, 0.35), (0.8, 1)]],
        [[(0.05, 0.02), (0.95, 0)], [(0.95, 0), (0.4, 1)], [(0.3, 0.5), (0.85, 0.48)]],
        [[(0.1, 0.3), (0.1, 0)], [(0.1, 0), (0.95, 0)], [(0.95, 0), (0.45, 1)],
         [(0.3, 0.55), (0.9, 0.45)]],
    ],
    8: [
        [[(0.8, 0.1), (0.45, 0), (0.15, 0.2), (0.45, 0.46), (0.88, 0.74), (0.5, 1), (0.1, 0.78),
          (0.5, 0.46), (0.84, 0.2), (0.72, 0.04)]],
        [_oval(-90, -365, 0.5, 0.24, 0.36, 0.24), _oval(-90, 365, 0.5, 0.74, 0.46, 0.26)],
        [[(0.9, 0.05), (0.5, 0), (0.12, 0.18), (0.4, 0.45), (0.85, 0.72), (0.55, 1), (0.12, 0.8),
          (0.55, 0.4), (0.95, 0.03)]],
    ],
    9: [
        [[(0.85, 0.12), (0.5, 0), (0.1, 0.22), (0.3, 0.5), (0.7, 0.42), (0.87, 0.12)],
         [(0.87, 0.12), (0.82, 0.6), (0.7, 1)]],
        [_oval(-20, -360, 0.48, 0.25, 0.42, 0.25), [(0.9, 0.18), (0.88, 0.6), (0.85, 1)]],
        [[(0.9, 0.2), (0.5, 0), (0.1, 0.25), (0.4, 0.5), (0.8, 0.4), (0.9, 0.15), (0.85, 0.7),
          (0.5, 1), (0.15, 0.92)]],
        [_oval(0, -350, 0.45, 0.26, 0.42, 0.26), [(0.87, 0.05), (0.6, 0.6), (0.4, 1)]],
    ],
}


def habit(rng, label, aspect):
    """Strokes of a digit as it is written in Japan: a slashed 0, a 1 with a flag, a 7 with a hook.

    `aspect`: width of the unit box to its height, so that angles are those on the paper.
    """
    if label == 0:
        out, up = rng.uniform(0.1, 0.65), rng.uniform(0.15, 0.62)
        at = 0.5 + rng.normal(0, 0.05, 2)
        return [_oval(rng.uniform(-130, -40), rng.choice([-1, 1]) * rng.uniform(340, 380)),
                [(at[0] + out, at[1] - up), (at[0] - out, at[1] + up)]]
    if label == 1:
        angle, long = np.deg2rad(rng.uniform(35, 70)), rng.uniform(0.12, 0.45)
        x = 0.5 + rng.uniform(-0.1, 0.2)
        tip = (x - long * np.cos(angle) / aspect, long * np.sin(angle))
        flag = [tip, (x, 0)]
        if rng.random() < 0.5:  # a little bent
            flag.insert(1, ((tip[0] + x) / 2, tip[1] / 2 + rng.uniform(-0.06, 0.06)))
        foot = x + rng.normal(0, 0.06) / aspect
        strokes = [flag, [(x, 0), ((x + foot) / 2, 0.5), (foot, 1)]]
        if rng.random() < 0.12:
            half = rng.uniform(0.1, 0.3) / aspect
            strokes.append([(foot - half, 1), (foot + half, 1)])
        return strokes
    left, foot = rng.uniform(0, 0.15), rng.uniform(0.1, 0.85)
    rise = rng.normal(0, 0.04)
    strokes = [[(left, rise), (0.95, 0)],
               [(0.95, 0), ((0.95 + foot) / 2 - rng.uniform(0, 0.12), 0.5), (foot, 1)]]
    if rng.random() < 0.75:
        strokes.append([(left + rng.normal(0, 0.08), rise + rng.uniform(0.12, 0.45)), (left, rise)])
    if rng.random() < 0.2:
        strokes.append([(0.3, 0.55 + rng.normal(0, 0.05)), (0.9, 0.5 + rng.normal(0, 0.05))])
    return strokes


def smooth(points, n=10):
    """A Catmull-Rom curve through the points."""
    p = np.asarray(points, np.float64)
    if len(p) < 3:
        return p
    p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    t = np.linspace(0, 1, n, endpoint=False)[:, None]
    parts = []
    for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:]):
        parts.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2
                            + (3 * b - a - 3 * c + d) * t**3))
    return np.vstack(parts + [p[-2][None]])


def draw(sheet, points_mm, width, level=255):
    """A pen line; a round pen of `width` mm."""
    p = np.round(np.asarray(points_mm) * PX * 8).astype(np.int32)
    cv2.polylines(sheet, [p.reshape(-1, 1, 2)], False, int(level), max(1, round(width * PX)),
                  cv2.LINE_AA, 3)


def place_strokes(rng, strokes, shape, centre, height, aspect, angle, shear, pen, wobble=1.0):
    """Draws strokes of the unit box; the hand's unsteadiness is a slow warp and a little jitter."""
    a = np.deg2rad(angle)
    rotate = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    m = rotate @ np.array([[height * aspect, -shear * height], [0, height]])
    amp = rng.uniform(0, 0.06, 2) * wobble
    f = rng.uniform(-0.9, 0.9, (2, 2))
    phase = rng.uniform(0, 2 * np.pi, 2)
    jitter = rng.uniform(0, 0.03) * wobble
    sheet = np.zeros(shape, np.uint8)
    for stroke in strokes:
        p = np.asarray(stroke, np.float64)
        p = p + rng.normal(0, jitter, p.shape)
        p = p + amp * np.sin(2 * np.pi * (p @ f.T) + phase)
        draw(sheet, (smooth(p) - 0.5) @ m.T + np.asarray(centre), pen)
    return sheet


# --- Typed digits and other characters -----------------------------------------------------------

# Characters that no person would take for a digit, also when badly written.
NOT_DIGITS = list("AEFHKMNPRTUVWXYfkmrtuwxy%&?#*+=<") + list(
    "あいえおかきけこさすせたちとなにぬねはひふほまみむめもやゆよらわをん"
    "ウエオカキコサシスセタチツテナニヌネハヒホマミムモヤユヨルロヲ"
    "年月日不明無有未済検再発男女肝胃肺大小上下左右中川田山本木林未良好他同以未回測定")

FONTS = [
    "opentype/ipaexfont-gothic/ipaexg.ttf",
    "opentype/ipaexfont-mincho/ipaexm.ttf",
    "opentype/ipafont-gothic/ipagp.ttf",
    "opentype/noto/NotoSansCJK-Regular.ttc",
    "opentype/noto/NotoSansCJK-Bold.ttc",
    "opentype/noto/NotoSerifCJK-Regular.ttc",
    "truetype/vlgothic/VL-PGothic-Regular.ttf",
    "truetype/dejavu/DejaVuSans.ttf",
    "truetype/dejavu/DejaVuSans-Bold.ttf",
    "truetype/dejavu/DejaVuSansMono.ttf",
    "truetype/dejavu/DejaVuSerif.ttf",
    "truetype/dejavu/DejaVuSans-Oblique.ttf",
] + 2 * [  # the faces of Japanese typing, whose thin lines a fax loses: three times as often
    "opentype/ipaexfont-gothic/ipaexg.ttf",
    "opentype/ipaexfont-mincho/ipaexm.ttf",
]
# Fonts kept out of training, for the evaluation.
OTHER_FONTS = [
    "opentype/ipafont-mincho/ipamp.ttf",
    "opentype/noto/NotoSerifCJK-Bold.ttc",
    "truetype/dejavu/DejaVuSansCondensed.ttf",
]


# Handwriting: fonts-bwht, -dancingscript, -dkg-handwriting, -isabella, -kiloji, -klee, -lxgw-wenkai,
# -rufscript, -sjfonts, -yozvox-yozfont, -comic-neue.
HAND_FONTS = [
    "opentype/bwht/BecauseWeBuild-Regular.otf",
    "opentype/bwht/BecauseWeCreate-Regular.otf",
    "opentype/bwht/BecauseWeMentor-Regular.otf",
    "opentype/dancingscript/DancingScript-Regular.otf",
    "truetype/fifthhorseman/dkg.ttf",
    "truetype/isabella/Isabella.ttf",
    "truetype/kiloji/kiloji.ttf",
    "truetype/kiloji/kiloji_p.ttf",
    "truetype/klee/KleeOne-Regular.ttf",
    "truetype/lxgw-wenkai/LXGWWenKai-Regular.ttf",
    "truetype/rufscript/Rufscript010.ttf",
    "truetype/sjfonts/SteveHand.ttf",
    "truetype/yozvox-yozfont/YOzBAF.ttf",
    "truetype/yozvox-yozfont/YOzRAF.ttf",
    "opentype/comic-neue/ComicNeue-Regular.otf",
]


class Type:
    """Glyphs drawn once for each font, each cut out to its ink."""

    def __init__(self, names, root="/usr/share/fonts"):
        paths = [pathlib.Path(root) / name for name in names]
        self.fonts = [str(p) for p in paths if p.exists()]
        if not self.fonts:
            raise SystemExit(f"none of the fonts is installed under {root}")
        self.digits = [[glyph(font, str(d)) for font in self.fonts] for d in range(10)]
        japanese = [f for f in self.fonts if "dejavu" not in f][:5]
        self.others = [glyph(font, c) for c in NOT_DIGITS for font in japanese]

    def place(self, rng, image, shape, centre, height, aspect, angle):
        h, w = image.shape
        m = affine((0, 0, w, h), centre, height, aspect, angle, 0)
        small = height * PX / h
        if small < 1:
            image = cv2.GaussianBlur(image, (0, 0), 0.35 / small)
        big = cv2.warpAffine(image, m, shape[::-1], flags=cv2.INTER_LINEAR)
        return np.where(big > 128, 255, 0).astype(np.uint8)


def glyph(font, character, size=96):
    face = ImageFont.truetype(font, size)
    picture = Image.new("L", (2 * size, 2 * size), 0)
    ImageDraw.Draw(picture).text((size // 2, size // 3), character, fill=255, font=face)
    box = picture.getbbox()
    if box is None:
        return np.full((size, size // 2), 255, np.uint8)
    return np.asarray(picture.crop(box))
