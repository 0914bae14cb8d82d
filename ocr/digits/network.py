"""The digit network: a small plain convolutional net over one crop of 32 x 40 pixels."""

import copy

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

import cells


def layer(from_, to, side=3, step=1):
    return [nn.Conv2d(from_, to, side, step, side // 2, bias=False), nn.BatchNorm2d(to), nn.ReLU(True)]


def build():
    """Takes crops of 0..255 (1 x 40 x 32, ink high); answers logits. 3.8 million products a crop.

    The first two layers step by two: what costs most, in training and in reading, is the full size.
    """
    return nn.Sequential(
        *layer(1, 16, 5, 2),
        *layer(16, 32, 3, 2),
        *layer(32, 48), *layer(48, 48), nn.MaxPool2d(2),
        *layer(48, 64),
        nn.Flatten(), nn.Dropout(0.25), nn.Linear(64 * 5 * 4, cells.CLASSES))


def logits(net, crops, batch=1000):
    """Of an array of 8-bit crops."""
    net.eval()
    with torch.no_grad():
        parts = [net(scaled(torch.from_numpy(crops[i:i + batch])))
                 for i in range(0, len(crops), batch)]
    return torch.cat(parts)


def scaled(crops):
    return crops.unsqueeze(1).float().div_(255)


def save(net, temperature, path):
    """ONNX that OpenCV 4.6 can read: 8-bit values in, calibrated probabilities out."""
    net = copy.deepcopy(net).eval()
    folded = []
    for part in net:
        if isinstance(part, nn.BatchNorm2d):
            folded[-1] = fuse_conv_bn_eval(folded[-1], part)
        elif not isinstance(part, nn.Dropout):
            folded.append(part)
    with torch.no_grad():
        folded[0].weight /= 255
        folded[-1].weight /= temperature
        folded[-1].bias /= temperature
    torch.onnx.export(nn.Sequential(*folded, nn.Softmax(1)), torch.zeros(1, 1, *cells.CROP), path,
                      opset_version=11, input_names=["crop"], output_names=["likelihood"])
