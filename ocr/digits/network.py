"""The digit network: a small plain convolutional net over one crop of 32 x 40 pixels."""

import copy

import onnx
import onnx.numpy_helper
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

import cells


def layer(from_, to, side=3, step=1):
    return [nn.Conv2d(from_, to, side, step, side // 2, bias=False), nn.BatchNorm2d(to), nn.ReLU(True)]


# Widths of the convolutions; products a crop: 7.3 and 16 million.
SIZES = {"small": (24, None, 48, 64, 64, 96), "large": (32, 40, 64, 80, 80, 128)}


def build(size="small"):
    """Takes crops of 0..255 (1 x 40 x 32, ink high); answers logits.

    Two layers step by two early: what costs most, in training and in reading, is the full size.
    """
    first, early, second, third, fourth, last = SIZES[size]
    return nn.Sequential(
        *layer(1, first, 5, 2),
        *(layer(first, early) if early else []),
        *layer(early or first, second, 3, 2),
        *layer(second, third), *layer(third, fourth), nn.MaxPool2d(2),
        *layer(fourth, last),
        nn.Flatten(), nn.Dropout(0.25), nn.Linear(last * 5 * 4, cells.CLASSES))


def logits(net, crops, batch=1000):
    """Of an array of 8-bit crops."""
    net.eval()
    with torch.no_grad():
        parts = [net(scaled(torch.from_numpy(crops[i:i + batch])))
                 for i in range(0, len(crops), batch)]
    return torch.cat(parts)


def scaled(crops):
    return crops.unsqueeze(1).float().div_(255)


def load(path, crops, size="small"):
    """A network to train further, from the ONNX that save() wrote.

    Its batch norms were folded away; new ones are set so that they change nothing on `crops`.
    """
    kept = [onnx.numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer]
    kept = iter([torch.from_numpy(t.copy()) for t in kept if t.ndim > 0 and t.size > 1])
    net = build(size).eval()
    x = torch.from_numpy(crops).unsqueeze(1).float().div_(255)
    first = True
    with torch.no_grad():
        for part in net:
            if isinstance(part, (nn.Conv2d, nn.Linear)):
                part.weight.copy_(next(kept) * (255 if first else 1))
                bias, first = next(kept), False
            if isinstance(part, nn.Linear):
                part.bias.copy_(bias)
            if isinstance(part, nn.BatchNorm2d):
                var, mean = torch.var_mean(x, (0, 2, 3), unbiased=False)
                part.running_mean.copy_(mean)
                part.running_var.copy_(var)
                part.weight.copy_((var + part.eps).sqrt())
                part.bias.copy_(mean + bias)
            x = part(x)
    return net


class Probabilities(nn.Module):
    """Softmax, and a share of doubt spread over all classes: paper can always lie."""

    def __init__(self, doubt):
        super().__init__()
        self.doubt = doubt

    def forward(self, out):
        return nn.functional.softmax(out, 1) * (1 - self.doubt) + self.doubt / cells.CLASSES


def save(net, temperature, doubt, path):
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
    torch.onnx.export(nn.Sequential(*folded, Probabilities(doubt)), torch.zeros(1, 1, *cells.CROP),
                      path, opset_version=11, input_names=["crop"], output_names=["likelihood"])
