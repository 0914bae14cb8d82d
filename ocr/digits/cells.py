"""Digit cells as a fax or a scanner delivers them, made up.

A sheet is 10 x 12 mm with the printed cell (6 x 8 mm) in its middle. It is written on, sent
through a simulated scanner or fax, and cut out as the reader cuts cells: a window of 8 x 10 mm
(the cell and 1 mm around it), averaged to 32 x 40 pixels, 0 = paper, 255 = ink.
"""

import cv2
import numpy as np

import ink
from faxed import CELL, MIDDLE, QUALITIES, SHAPE, WEARS, send
from ink import PX

BLANK, STRUCK, OTHER = 10, 11, 12
CLASSES = 13

# How much of each is in the training set.
KINDS = {"hand": 0.53, "drawn": 0.12, "typed": 0.12, "blank": 0.06, "struck": 0.08, "other": 0.09}


def mixture(drawn, font=0.0):
    """`KINDS` with these shares of digits drawn by program and of handwriting fonts."""
    rest = (1 - drawn - font) / (1 - KINDS["drawn"])
    kinds = {kind: drawn if kind == "drawn" else rest * share for kind, share in KINDS.items()}
    return kinds | {"font": font}


class Writer:
    """Writes on sheets. `hand` and `typeface` are the sources of digits.

    With the wear of the page goes the haste of the writer: 0 stays in the cell, 2 writes over it.
    `varied`: handwritten digits are bent at random, some sevens get a hook and some ones a flag
    (for training). `drawn`: share of drawn digits among training cells; `font`: of
    digits of `fonts`, hands that are handwriting fonts.
    """

    def __init__(self, hand, typeface, varied=True, drawn=KINDS["drawn"], fonts=None, font=0.0):
        self.kinds = mixture(drawn, font)
        self.fonts = fonts
        self.hand = hand
        self.typeface = typeface
        self.varied = varied
        self.haste = 1

    # --- One digit ---

    def font_digit(self, rng, label):
        return self.hand_digit(rng, label, hand=self.fonts)

    def hand_digit(self, rng, label, centre=None, height=None, index=None, hand=None):
        hand = hand or self.hand
        height = height or rng.uniform(*[(4.2, 6.8), (3.6, 7.2), (3.0, 7.6)][self.haste])
        index = hand.pick(rng, label) if index is None else index
        box = hand.boxes[index]
        aspect = rng.uniform(0.7, 1.1)
        width = height * aspect * box[2] / box[3]
        widest = rng.uniform(5.0, 6.8)
        if width > widest:
            aspect *= widest / width
            width = widest
        if centre is None:
            centre = self.somewhere(rng, width, height)
        if self.varied and rng.random() < {1: 0.1, 7: 0.25}.get(label, 0):
            return self.japanese(rng, hand, label, index, centre, height, aspect)
        return ink.place_hand(rng, hand, index, SHAPE, centre, height, aspect,
                              rng.normal(0, 4), rng.normal(0, 0.08), bend=1.1 if self.varied else 0)

    def japanese(self, rng, hand, label, index, centre, height, aspect):
        """A 7 with a stroke down from where its bar starts; a 1 with a flag at its top."""
        sheet = ink.place_hand(rng, hand, index, SHAPE, centre, height, aspect,
                               rng.normal(0, 3), 0, most_thin=0.4)
        rows = np.flatnonzero(sheet.any(1))
        if rows.size == 0:
            return sheet
        top = sheet[rows[0]:rows[0] + max(3, int(0.3 * rows.size))]
        column = np.flatnonzero(top.any(0))[0]
        row = rows[0] + np.flatnonzero(top[:, column])[0]
        start = np.array([column + 2, row + 1]) / PX
        if label == 7:
            length = height * rng.uniform(0.12, 0.38)
            step = [rng.uniform(-0.25, 0.15) * length, length]
        else:
            start[1] = (rows[0] + 2) / PX
            length, angle = height * rng.uniform(0.1, 0.22), np.deg2rad(rng.uniform(40, 70))
            step = [-length * np.cos(angle), length * np.sin(angle)]
        ink.draw(sheet, [start, start + step], rng.uniform(0.3, 0.7))
        return sheet

    def drawn_digit(self, rng, label, centre=None, height=None, wobble=1.0):
        height = height or rng.uniform(3.0, 7.5)
        aspect = rng.uniform(0.4, 0.85)
        forms = ink.FORMS[label]
        strokes = forms[int(rng.integers(len(forms)))]
        if label in (0, 1, 7) and rng.random() < 0.5:
            strokes = ink.habit(rng, label, aspect)
        if centre is None:
            centre = self.somewhere(rng, height * aspect, height)
        return ink.place_strokes(rng, strokes, SHAPE, centre, height, aspect, rng.normal(0, 4),
                                 rng.normal(0.05, 0.12), pen_width(rng), wobble)

    def typed_digit(self, rng, label, centre=None, height=None):
        height = height or rng.uniform(2.3, 4.8)
        images = self.typeface.digits[label]
        image = images[int(rng.integers(len(images)))]
        aspect = rng.uniform(0.85, 1.1)
        if centre is None:
            centre = self.somewhere(rng, height * aspect * image.shape[1] / image.shape[0], height)
        return self.typeface.place(rng, image, SHAPE, centre, height, aspect, rng.normal(0, 0.7))

    def digit(self, rng, label, centre=None, height=None):
        make = rng.choice([self.hand_digit, self.drawn_digit, self.typed_digit], p=[0.75, 0.17, 0.08])
        return make(rng, label, centre, height)

    def somewhere(self, rng, width, height):
        """A centre such that the digit is inside the cell, or a little over its frame."""
        over = 0.0
        if rng.random() < (0.05, 0.14, 0.3)[self.haste]:
            over = rng.uniform(0, (0.4, 0.7, 0.9)[self.haste])
        rx = max(0.0, 3.0 - width / 2) + over
        ry = max(0.0, 4.0 - height / 2) + over * 0.8
        x = np.clip(rng.normal(0, 0.5), -1, 1) if over == 0 else rng.uniform(-1, 1)
        y = np.clip(rng.normal(0.05, 0.5), -1, 1) if over == 0 else rng.uniform(-1, 1)
        return MIDDLE + [x * rx, y * ry]

    # --- What is in a cell ---

    def write(self, rng, kind):
        """The cell's own ink and its class."""
        if kind == "blank":
            return np.zeros(SHAPE, np.uint8), BLANK
        if kind == "struck":
            return self.struck(rng), STRUCK
        if kind == "other":
            return self.other(rng), OTHER
        label = int(rng.integers(10))
        make = {"hand": self.hand_digit, "drawn": self.drawn_digit, "typed": self.typed_digit,
                "font": self.font_digit}[kind]
        return make(rng, label), label

    def struck(self, rng):
        label = int(rng.integers(10))
        sheet = self.digit(rng, label)
        pen = pen_width(rng)
        how = rng.choice(["double", "line", "cross", "scribble", "black"], p=[0.42, 0.12, 0.12, 0.21, 0.13])
        rows, columns = np.flatnonzero(sheet.any(1)), np.flatnonzero(sheet.any(0))
        if rows.size == 0:
            return sheet
        top, bottom = rows[0] / PX, rows[-1] / PX
        left, right = columns[0] / PX, columns[-1] / PX
        cx, cy = (left + right) / 2, (top + bottom) / 2
        if how == "line" and label in (0, 1, 4, 7):
            how = "double"  # one stroke through these makes another digit, or a slashed one
        if how in ("double", "line"):
            strike(rng, sheet, (cx, cy), (right - left) / 2, pen, 2 if how == "double" else 1)
        elif how == "cross":
            s = rng.uniform(0.9, 1.3)
            hx, hy = max(1.3, (right - left) / 2) * s, max(1.5, (bottom - top) / 2) * s
            bend = rng.normal(0, 0.3, 4)
            ink.draw(sheet, [(cx - hx, cy - hy + bend[0]), (cx + hx, cy + hy + bend[1])], pen)
            ink.draw(sheet, [(cx + hx, cy - hy + bend[2]), (cx - hx, cy + hy + bend[3])], pen)
        elif how == "scribble":
            n = int(rng.integers(6, 13))
            x = np.where(np.arange(n) % 2, right + 0.5, left - 0.5) + rng.normal(0, 0.3, n)
            y = np.linspace(top + rng.uniform(-0.2, 1), bottom - rng.uniform(-0.2, 1), n)
            y += rng.normal(0, 0.25, n)
            p = np.stack([x, y] if rng.random() < 0.7 else
                         [np.linspace(left - 0.5, right + 0.5, n) + rng.normal(0, 0.2, n),
                          np.where(np.arange(n) % 2, top - 0.2, bottom + 0.2) + rng.normal(0, 0.4, n)], 1)
            ink.draw(sheet, ink.smooth(p, 6), pen)
        else:
            n = int(rng.integers(8, 16))
            t = np.sort(rng.uniform(0, 2 * np.pi, n))
            r = rng.uniform(0.9, 1.25, (n, 1))
            half = [max(1.4, (right - left) / 2 + 0.4), max(1.8, (bottom - top) / 2 + 0.3)]
            p = np.array([cx, cy]) + r * np.stack([np.cos(t), np.sin(t)], 1) * half
            cv2.fillPoly(sheet, [np.round(p * PX).astype(np.int32)], 255, cv2.LINE_AA)
            if rng.random() < 0.25:  # light shows through
                ink.draw(sheet, [cx, cy] + rng.normal(0, 0.8, (2, 2)), 0.15, 0)
        return sheet

    def other(self, rng):
        """Ink that is no digit; enough of it inside the cell that it cannot be overlooked."""
        sheet = np.zeros(SHAPE, np.uint8)
        how = rng.choice(["glyph", "strokes", "seal", "smear", "dash", "dot", "two", "tick", "across",
                          "text"], p=[0.24, 0.11, 0.09, 0.07, 0.1, 0.07, 0.19, 0.05, 0.04, 0.04])
        while inner_ink(sheet[PX:-PX, PX:-PX], PX) < 0.3:
            getattr(self, "other_" + how)(rng, sheet)
        return sheet

    def other_glyph(self, rng, sheet):
        images = self.typeface.others
        image = images[int(rng.integers(len(images)))]
        height = rng.uniform(2.5, 7)
        aspect = rng.uniform(0.6, 1.2)
        width = height * aspect * image.shape[1] / image.shape[0]
        if width > 6.5:
            height *= 6.5 / width
        at = MIDDLE + rng.normal(0, 0.5, 2)
        mask = self.typeface.place(rng, image, SHAPE, at, height, aspect, rng.normal(0, 6))
        np.maximum(sheet, ink.thinned(rng, mask, 0.4), out=sheet)

    def other_strokes(self, rng, sheet):
        """Lines that cross each other, as a kana or a scrawl has them."""
        pen = pen_width(rng)
        middle = MIDDLE + rng.normal(0, 0.4, 2)
        for _ in range(int(rng.integers(3, 7))):
            p = middle + rng.uniform(-1, 1, (int(rng.integers(2, 5)), 2)) * [2.6, 3.3]
            ink.draw(sheet, ink.smooth(p), pen)

    def other_seal(self, rng, sheet):
        """A round seal that reaches into the cell from somewhere, with bits of characters."""
        radius = rng.uniform(4.0, 7.5)
        a = rng.uniform(0, 2 * np.pi)
        centre = MIDDLE + rng.uniform(0.6, 1.0) * radius * np.array([np.cos(a), np.sin(a)])
        level = rng.uniform(150, 255)
        ring = [centre + radius * np.array([np.cos(t), np.sin(t)]) for t in np.linspace(0, 2 * np.pi, 60)]
        ink.draw(sheet, ring, rng.uniform(0.3, 0.7), level)
        for _ in range(int(rng.integers(1, 4))):
            image = self.typeface.others[int(rng.integers(len(self.typeface.others)))]
            at = MIDDLE + (centre - MIDDLE) * rng.uniform(0, 0.8) + rng.normal(0, 1, 2)
            mask = self.typeface.place(rng, image, SHAPE, at, rng.uniform(2, 4.5), 1, rng.normal(0, 8))
            sheet[mask > 0] = level

    def other_smear(self, rng, sheet):
        small = rng.normal(0, 1, (9, 7)).astype(np.float32)
        field = cv2.resize(small, SHAPE[::-1], interpolation=cv2.INTER_CUBIC)
        y, x = np.mgrid[0:SHAPE[0], 0:SHAPE[1]] / PX
        c = MIDDLE + rng.normal(0, 0.8, 2)
        field -= (((x - c[0]) / rng.uniform(0.8, 2.5)) ** 2 + ((y - c[1]) / rng.uniform(0.8, 3)) ** 2)
        sheet[field > rng.uniform(-0.8, 0.2)] = int(rng.uniform(120, 255))

    def other_dash(self, rng, sheet):
        half = rng.uniform(0.7, 2.8)
        c = MIDDLE + rng.normal(0, 0.5, 2)
        p = [c - [half, rng.normal(0, 0.25)], c + [0, rng.normal(0, 0.1)], c + [half, rng.normal(0, 0.25)]]
        ink.draw(sheet, ink.smooth(p), pen_width(rng))
        if rng.random() < 0.15:
            ink.draw(sheet, np.asarray(p) + [0, rng.uniform(0.8, 2)], pen_width(rng))

    def other_dot(self, rng, sheet):
        c = MIDDLE + [rng.uniform(-2, 2), rng.uniform(-1, 3.2)]
        d = rng.normal(0, 0.25, 2) if rng.random() < 0.6 else [-0.35, rng.uniform(0.4, 0.9)]
        ink.draw(sheet, [c, c + d], rng.uniform(0.55, 1.0))

    def other_two(self, rng, sheet):
        height = rng.uniform(2.8, 5.5)
        for side in (-1, 1):
            at = MIDDLE + [side * rng.uniform(1.1, 1.8), rng.normal(0, 0.3)]
            label = 1 if rng.random() < 0.15 else int(rng.integers(10))
            make = self.hand_digit if rng.random() < 0.7 else self.drawn_digit
            digit = make(rng, label, at, height)
            columns = np.flatnonzero(digit.any(0))
            if columns.size and columns.size > 2.9 * PX:  # too wide for half a cell: squeeze it
                squeeze = 2.7 * PX / columns.size
                m = np.float32([[squeeze, 0, at[0] * PX * (1 - squeeze)], [0, 1, 0]])
                digit = cv2.warpAffine(digit, m, SHAPE[::-1])
            np.maximum(sheet, digit, out=sheet)

    def other_tick(self, rng, sheet):
        c = MIDDLE + rng.normal(0, 0.4, 2)
        s = rng.uniform(0.7, 1.2)
        p = c + s * np.array([[-1.8, 0.2], [-0.7, 1.8], [2.2, -2.2]]) + rng.normal(0, 0.2, (3, 2))
        ink.draw(sheet, p, pen_width(rng))

    def other_across(self, rng, sheet):
        """A line from corner to corner: the cell was not meant to be used."""
        d = np.array([3.2, 4.2]) * rng.uniform(0.95, 1.25)
        if rng.random() < 0.5:
            d[0] = -d[0]
        n = rng.normal(0, 0.25, (2, 2))
        ink.draw(sheet, [MIDDLE - d + n[0], MIDDLE + d + n[1]], pen_width(rng))

    def other_text(self, rng, sheet):
        """Small writing, several characters in the cell."""
        height = rng.uniform(1.4, 2.6)
        y = 6 + rng.normal(0, 1)
        for x in np.arange(2.6 + rng.uniform(0, 0.8), 8, height * 1.05):
            image = self.typeface.others[int(rng.integers(len(self.typeface.others)))]
            mask = self.typeface.place(rng, image, SHAPE, (x, y), height, 0.9, 0)
            np.maximum(sheet, mask, out=sheet)

    # --- What stands around it ---

    def surroundings(self, rng, sheet):
        """The frame, the neighbours' frames, what neighbours wrote over into ours, small print."""
        pitch = 6.0 if rng.random() < 0.65 else 6.0 + rng.uniform(0.3, 2.0)
        sides = [side for side in (-1, 1) if rng.random() < 0.8]
        for side in sides:
            if rng.random() < 0.55:
                self.neighbour(rng, sheet, side, pitch)
        frame = rng.random()
        if frame < 0.06:
            return  # taken away, or printed in a colour that the scanner drops
        level = rng.uniform(90, 255) if frame < 0.2 else 255
        width = rng.uniform(0.13, 0.36)
        for x0 in [0.0] + [side * pitch for side in sides]:
            rectangle(rng, sheet, x0, width, level)
        if rng.random() < 0.08:  # a decimal point printed between two cells
            x = CELL[0] if rng.random() < 0.5 else CELL[2]
            x += np.sign(x - 5) * (pitch - 6) / 2
            ink.draw(sheet, [(x, 9.6), (x, 9.6)], rng.uniform(0.5, 0.9))
        if rng.random() < 0.06:  # small print beside the cell
            y = 1.0 if rng.random() < 0.5 else 11.0
            for x in np.arange(1, 9, rng.uniform(1.2, 2.2)):
                image = self.typeface.others[int(rng.integers(len(self.typeface.others)))]
                mask = self.typeface.place(rng, image, SHAPE, (x, y), rng.uniform(1.0, 1.8), 1, 0)
                np.maximum(sheet, mask, out=sheet)

    def neighbour(self, rng, sheet, side, pitch):
        height = rng.uniform(4, 7.6)
        digit = self.digit(rng, int(rng.integers(10)), MIDDLE.copy(), height)
        columns = np.flatnonzero(digit.any(0))
        if columns.size == 0:
            return
        # Where its nearest ink lies: from just outside our frame to a little inside.
        reach = np.clip(rng.normal(-0.35, 0.5), -2, 0.8)
        if side < 0:
            shift = (CELL[0] - (pitch - 6) + reach) * PX - columns[-1]
        else:
            shift = (CELL[2] + (pitch - 6) - reach) * PX - columns[0]
        m = np.float32([[1, 0, shift], [0, 1, rng.normal(0, 0.4) * PX]])
        np.maximum(sheet, cv2.warpAffine(digit, m, SHAPE[::-1]), out=sheet)


def inner_ink(window, px):
    """mm2 of ink well inside the frame, in a window of 8 x 10 mm."""
    edge = round(1.5 * px)
    return window[edge:-edge, edge:-edge].sum() / 255 / px**2


def pen_width(rng):
    return float(np.clip(rng.lognormal(np.log(0.48), 0.32), 0.2, 1.0))


def strike(rng, sheet, at, half, pen, lines):
    """One or two lines through a digit, longer than it; often they run on through the neighbours."""
    x, y = at
    left = 0 if rng.random() < 0.5 else x - half - rng.uniform(0.6, 1.6)
    right = 10 if rng.random() < 0.5 else x + half + rng.uniform(0.6, 1.6)
    slope = rng.normal(0, 0.12)
    if lines == 2 and rng.random() < 0.25:
        slope = rng.uniform(-0.9, 0.9)
    gap = rng.uniform(0.7, 1.6)
    for k in range(lines):
        dy = (k - (lines - 1) / 2) * gap + rng.normal(0, 0.15)
        p = [(t, y + dy + slope * (t - x) + rng.normal(0, 0.1)) for t in np.linspace(left, right, 4)]
        ink.draw(sheet, ink.smooth(p), pen)


def rectangle(rng, sheet, x0, width, level):
    left, top, right, bottom = CELL
    corners = [(left + x0, top), (right + x0, top), (right + x0, bottom), (left + x0, bottom)]
    for a, b in zip(corners, corners[1:] + corners[:1]):
        if rng.random() < 0.03:
            continue
        if rng.random() < 0.12:  # broken
            t = np.sort(rng.uniform(0, 1, 2))
            a_, b_ = np.array(a), np.array(b)
            pieces = [(a_, a_ + t[0] * (b_ - a_)), (a_ + t[1] * (b_ - a_), b_)]
        else:
            pieces = [(a, b)]
        for p, q in pieces:
            line = np.zeros_like(sheet) if level < 255 else sheet
            ink.draw(line, [p, q], width, level)
            if level < 255:
                np.maximum(sheet, line, out=sheet)


def cell(rng, writer, kind, quality, wear):
    """One crop and its class."""
    writer.haste = WEARS.index(wear)
    while True:
        sheet, label = writer.write(rng, kind)
        if rng.random() < 0.12:  # a pencil, or a pen that runs dry
            sheet = (sheet * rng.uniform(0.7, 0.95)).astype(np.uint8)
        writer.surroundings(rng, sheet)
        crop = send(rng, sheet, quality, wear)
        if label == BLANK or inner_ink(crop, 4) >= 0.15:  # else nobody could see it
            return crop, label


def training_cell(rng, writer):
    kind = rng.choice(list(writer.kinds), p=list(writer.kinds.values()))
    quality = rng.choice(list(QUALITIES), p=[0.34, 0.32, 0.12, 0.15, 0.07])
    wear = rng.choice(WEARS, p=[0.25, 0.45, 0.30])
    return cell(rng, writer, kind, quality, wear)
