"""The digit network: a small plain convolutional net over one crop of 32 x 40 pixels."""

import copy

import onnx
import onnx.numpy_helper
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

import cells
import faxed


def layer(from_, to, side=3, step=1):
    return [nn.Conv2d(from_, to, side, step, side // 2, bias=False), nn.BatchNorm2d(to), nn.ReLU(True)]


class Residual(nn.Module):
    """What two layers find is added to what came in."""

    def __init__(self, width):
        super().__init__()
        self.inner = nn.Sequential(*layer(width, width), *layer(width, width)[:-1])

    def forward(self, x):
        return torch.relu(x + self.inner(x))


# Widths of the convolutions; products a crop: 7.3, 16 and 60 million.
SIZES = {"small": (24, None, 48, 64, 64, 96), "large": (32, 40, 64, 80, 80, 128),
         "deep": (32, 48, 96, 160)}


def build(size="small"):
    """Takes crops of 0..255 (1 x 40 x 32, ink high); answers logits.

    Two layers step by two early: what costs most, in training and in reading, is the full size.
    """
    if size == "deep":
        first, second, third, last = SIZES[size]
        return nn.Sequential(
            *layer(1, first, 5, 2),
            *layer(first, second), Residual(second),
            *layer(second, third, 3, 2), Residual(third), Residual(third),
            *layer(third, last, 3, 2), Residual(last),
            nn.Flatten(), nn.Dropout(0.25), nn.Linear(last * 5 * 4, cells.CLASSES))
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
    """To 0..1, laid out as the convolutions run fastest."""
    return crops.unsqueeze(1).float().div_(255).contiguous(memory_format=torch.channels_last)


def load(path, crops, size="small"):
    """A network to train further, from the ONNX that save() wrote.

    Its batch norms were folded away; new ones are set so that they change nothing on `crops`.
    """
    kept = [onnx.numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer]
    kept = iter([torch.from_numpy(t.copy()) for t in kept if t.ndim > 0 and t.size > 1])
    net = build(size).eval()
    with torch.no_grad():
        _fill(net, kept, scaled(torch.from_numpy(crops)), 255)
    return net


def _fill(parts, kept, x, scale=1):
    for part in parts:
        if isinstance(part, Residual):
            x = torch.relu(x + _fill(part.inner, kept, x))
            continue
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            part.weight.copy_(next(kept) * scale)
            bias, scale = next(kept), 1
        if isinstance(part, nn.Linear):
            part.bias.copy_(bias)
        if isinstance(part, nn.BatchNorm2d):
            var, mean = torch.var_mean(x, (0, 2, 3), unbiased=False)
            part.running_mean.copy_(mean)
            part.running_var.copy_(var)
            part.weight.copy_((var + part.eps).sqrt())
            part.bias.copy_(mean + bias)
        x = part(x)
    return x


def _folded(parts):
    """The layers without batch norms and drop-out, which reading does not need."""
    folded = []
    for part in parts:
        if isinstance(part, Residual):
            folded.append(part)
            part.inner = _folded(part.inner)
        elif isinstance(part, nn.BatchNorm2d):
            folded[-1] = fuse_conv_bn_eval(folded[-1], part)
        elif not isinstance(part, nn.Dropout):
            folded.append(part)
    return nn.Sequential(*folded)


class Probabilities(nn.Module):
    """Softmax, and a share of doubt spread over all classes: paper can always lie."""

    def __init__(self, doubt):
        super().__init__()
        self.doubt = doubt

    def forward(self, out):
        return nn.functional.softmax(out, 1) * (1 - self.doubt) + self.doubt / cells.CLASSES


def save(net, temperature, doubt, path):
    """ONNX that OpenCV 4.6 can read: 8-bit values in, calibrated probabilities out."""
    folded = _folded(copy.deepcopy(net).eval())
    with torch.no_grad():
        folded[0].weight /= 255
        folded[-1].weight /= temperature
        folded[-1].bias /= temperature
    torch.onnx.export(nn.Sequential(folded, Probabilities(doubt)), torch.zeros(1, 1, *faxed.CROP),
                      path, opset_version=11, input_names=["crop"], output_names=["likelihood"])
