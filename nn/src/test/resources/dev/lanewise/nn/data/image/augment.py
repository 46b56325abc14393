"""Writes augment.safetensors: what the operations of torchvision's RandAugment make of two images, for RandAugmentTest.

python3 augment.py (needs torch, torchvision, safetensors). x is an image of bytes / 255, wide one of few values (for the histogram);
OPERATION/MAGNITUDE, of 31, and OPERATION/-MAGNITUDE are its results, in float64 where torchvision takes them. Where it takes only
bytes, they are bytes / 255.
"""
import torch
from safetensors.torch import save_file
from torchvision.transforms import InterpolationMode, RandAugment
from torchvision.transforms.autoaugment import _apply_op

torch.manual_seed(19)
x = torch.randint(20, 230, (3, 6, 9), dtype=torch.uint8)
wide = torch.randint(60, 90, (1, 24, 40), dtype=torch.uint8)
stored = {"x": x / 255, "wide": wide / 255}
space = RandAugment()._augmentation_space(31, tuple(x.shape[1:]))
for name, (magnitudes, signed) in space.items():
    for magnitude in [9, 30] if magnitudes.ndim else [9]:
        strength = float(magnitudes[magnitude]) if magnitudes.ndim else 0.
        for sign in [1, -1] if signed else [1]:
            source = x if name in ["Posterize", "Equalize"] else x.double() / 255
            at = strength / 255 if name == "Solarize" else sign * strength
            y = _apply_op(source, name, at, InterpolationMode.NEAREST, None)
            y = y / 255 if y.dtype == torch.uint8 else y
            stored[f"{name}/{sign * magnitude}"] = y.float()
stored["wide/Equalize"] = _apply_op(wide, "Equalize", 0., InterpolationMode.NEAREST, None) / 255
save_file({key: value.contiguous() for key, value in stored.items()}, "augment.safetensors")
