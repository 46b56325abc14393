"""Writes what torchvision's models compute with weights that both sides make by one formula.

    python3 testkit/golden/models.py > nn/src/test/resources/dev/lanewise/nn/models/torchvision.txt

Needs torch and torchvision. A line of the result: name, CRC-32 of the state's names and shapes, results.
"""

import zlib

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torchvision import models

CLASSES = 10


def noise(name, count):
    """Numbers from -1 to below 1 that depend on the name and the position alone."""
    x = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32(zlib.crc32(name.encode()))
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    return x.astype(np.float64) / 2**31 - 1


def value(name, tensor):
    numbers = noise(name, tensor.numel())
    last = name.rsplit(".", 1)[-1]
    if last == "running_var":
        numbers = 1 + 0.5 * numbers
    elif tensor.dim() == 1 and last == "weight":
        numbers = 1 + 0.25 * numbers
    elif tensor.dim() < 2:
        numbers = 0.1 * numbers
    else:
        numbers = numbers * (6 / (tensor.numel() // tensor.shape[0])) ** 0.5
    return torch.from_numpy(numbers.astype(np.float32)).reshape(tensor.shape)


def images(count, side):
    return torch.from_numpy(noise("images", count * 3 * side * side).astype(np.float32)).reshape(count, 3, side, side)


class UNet(nn.Module):
    """The network of the class UNet, as its documentation says."""

    def __init__(self, width, depth):
        super().__init__()
        sizes = [3] + [width << i for i in range(depth)]
        self.down = nn.ModuleList(self.twice(a, b) for a, b in zip(sizes, sizes[1:]))
        self.middle = self.twice(sizes[-1], 2 * sizes[-1])
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * s, s, 2, 2) for s in reversed(sizes[1:]))
        self.join = nn.ModuleList(self.twice(2 * s, s) for s in reversed(sizes[1:]))
        self.head = nn.Conv2d(width, CLASSES, 1)

    @staticmethod
    def twice(a, b):
        return nn.Sequential(
            nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(),
            nn.Conv2d(b, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU())

    def forward(self, x):
        skipped = []
        for stage in self.down:
            x = stage(x)
            skipped.append(x)
            x = F.max_pool2d(x, 2)
        x = self.middle(x)
        for up, join in zip(self.up, self.join):
            x = join(torch.cat([skipped.pop(), up(x)], 1))
        return self.head(x)


def vgg(make, hidden):
    net = make(num_classes=CLASSES)
    for i, size in ((0, (25088, hidden)), (3, (hidden, hidden)), (6, (hidden, CLASSES))):
        net.classifier[i] = nn.Linear(*size)
    return net


def transformer():
    return models.VisionTransformer(32, 8, 2, 4, 64, 128, num_classes=CLASSES)


def line(name, net, side=0):
    state = {k: v for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked")}
    listing = "".join(sorted(f"{k} {list(v.shape)}\n" for k, v in state.items()))
    fields = [name, str(zlib.crc32(listing.encode()))]
    if side:
        net.load_state_dict({k: value(k, v) for k, v in state.items()}, strict=False)
        with torch.no_grad():
            result = net.eval()(images(2, side))
        if result.dim() == 4:
            result = result.mean((2, 3))
        fields += [repr(float(x)) for x in result.flatten()]
    print(" ".join(fields))


if __name__ == "__main__":
    torch.set_num_threads(2)
    line("resnet18", models.resnet18(num_classes=CLASSES), 64)
    line("resnet34", models.resnet34(num_classes=CLASSES))
    line("resnet50", models.resnet50(num_classes=CLASSES), 32)
    for depth in (11, 13, 16, 19):
        for norm in ("", "_bn"):
            name = f"vgg{depth}{norm}"
            line(name, vgg(getattr(models, name), 32), 32 if name == "vgg11" else 0)
    line("mobilenet_v2", models.mobilenet_v2(num_classes=CLASSES), 64)
    line("densenet121", models.densenet121(num_classes=CLASSES), 32)
    line("efficientnet_b0", models.efficientnet_b0(num_classes=CLASSES), 64)
    line("vit_small", transformer(), 32)
    line("vit_b_16", models.vit_b_16(num_classes=CLASSES))
    line("unet", UNet(8, 3), 32)
