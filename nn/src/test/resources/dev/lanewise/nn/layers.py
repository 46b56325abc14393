"""Writes layers.safetensors: what PyTorch's modules compute, with their state_dicts.

python3 layers.py (needs torch and safetensors). Tensors are called CASE/state/NAME, CASE/in/NUMBER, CASE/out.
"""

import pathlib

import torch
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(6)
tensors = {}


def case(name, module, *inputs, call=None):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    for key, value in module.state_dict().items():
        tensors[f"{name}/state/{key}"] = value.clone()
    out = (call or module)(*inputs)
    for i, x in enumerate(inputs):
        tensors[f"{name}/in/{i}"] = x.clone().contiguous()
    tensors[f"{name}/out"] = out.detach().clone().contiguous()


def trained(norm, *batches):
    for batch in batches:
        norm(batch)
    return norm.eval()


r = torch.randn
case("linear", nn.Linear(4, 3), r(2, 5, 4))
case("bilinear", nn.Bilinear(3, 4, 2), r(5, 3), r(5, 4))
case("conv1d", nn.Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2, bias=False), r(2, 4, 9))
case("conv2d", nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2), r(2, 4, 7, 6))
case("conv_transpose2d", nn.ConvTranspose2d(4, 6, 3, 2, 1, output_padding=1, groups=2), r(2, 4, 3, 4))
case("batch_norm1d", trained(nn.BatchNorm1d(3), r(6, 3), r(6, 3)), r(4, 3))
case("batch_norm2d", trained(nn.BatchNorm2d(3), 2 * r(4, 3, 2, 2)), r(2, 3, 4, 4))
case("layer_norm", nn.LayerNorm([3, 4]), r(2, 3, 4))
case("group_norm", nn.GroupNorm(2, 4), r(2, 4, 3, 3))
case("instance_norm", nn.InstanceNorm2d(3, affine=True), r(2, 3, 4, 4))
case("rms_norm", nn.RMSNorm(6, eps=1e-5), r(2, 6))
case("embedding", nn.Embedding(5, 3, padding_idx=1), torch.tensor([[0, 1, 4], [2, 2, 3]]))
bags = torch.tensor([[0, 1, 4], [1, 1, 1], [2, 2, 3]])
for mode in ["sum", "mean", "max"]:
    case(f"embedding_bag_{mode}", nn.EmbeddingBag(5, 3, mode=mode, padding_idx=1), bags)
    flat, offsets = torch.tensor([0, 4, 2, 1, 3, 3]), torch.tensor([0, 2, 2, 5])
    case(f"embedding_bag_offsets_{mode}", nn.EmbeddingBag(5, 3, mode=mode), flat, offsets)
case("prelu", nn.PReLU(3), r(2, 3, 4))
for kind in [nn.RNN, nn.GRU, nn.LSTM]:
    net = kind(3, 4, num_layers=2, batch_first=True, bidirectional=True)
    case(kind.__name__.lower(), net, r(2, 5, 3), call=lambda x, net=net: net(x)[0])
attention = nn.MultiheadAttention(8, 2, batch_first=True)
padding = torch.tensor([[False] * 5, [False, False, False, True, True]])
case(
    "attention_padded",
    attention,
    r(2, 5, 8),
    padding,
    call=lambda x, p: attention(x, x, x, key_padding_mask=p, need_weights=False)[0],
)
case("cross_attention", attention, r(2, 3, 8), r(2, 5, 8), call=lambda q, m: attention(q, m, m)[0])
case("encoder_layer", nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True), r(2, 5, 8))
decoder = nn.TransformerDecoderLayer(8, 2, 16, 0.0, batch_first=True)
causal = nn.Transformer.generate_square_subsequent_mask(4)
case("decoder_layer", decoder, r(2, 4, 8), r(2, 5, 8), call=lambda x, m: decoder(x, m, tgt_mask=causal))
case("max_pool1d", nn.MaxPool1d(3, 2, 1), r(2, 3, 8))
case("avg_pool1d", nn.AvgPool1d(2), r(2, 3, 8))
case("avg_pool2d", nn.AvgPool2d(3, 2, 1, count_include_pad=False), r(1, 2, 6, 6))
case("adaptive_avg_pool2d", nn.AdaptiveAvgPool2d((2, 3)), r(1, 2, 5, 7))
case("upsample", nn.Upsample(scale_factor=2, mode="bilinear"), r(1, 2, 3, 3))
case("flatten", nn.Flatten(1, 2), r(2, 3, 4, 2))

activations = {
    "relu6": nn.ReLU6(),
    "leaky_relu": nn.LeakyReLU(0.2),
    "elu": nn.ELU(0.5),
    "selu": nn.SELU(),
    "celu": nn.CELU(0.7),
    "gelu": nn.GELU(),
    "gelu_tanh": nn.GELU(approximate="tanh"),
    "silu": nn.SiLU(),
    "mish": nn.Mish(),
    "hardswish": nn.Hardswish(),
    "hardsigmoid": nn.Hardsigmoid(),
    "hardtanh": nn.Hardtanh(-2, 0.5),
    "sigmoid": nn.Sigmoid(),
    "tanh": nn.Tanh(),
    "softplus": nn.Softplus(beta=2),
    "softsign": nn.Softsign(),
    "log_sigmoid": nn.LogSigmoid(),
    "tanhshrink": nn.Tanhshrink(),
    "softshrink": nn.Softshrink(0.4),
    "hardshrink": nn.Hardshrink(0.4),
    "threshold": nn.Threshold(0.1, -3),
    "softmax": nn.Softmax(1),
    "log_softmax": nn.LogSoftmax(1),
    "softmin": nn.Softmin(1),
    "glu": nn.GLU(-1),
}
for name, module in activations.items():
    case(f"activation_{name}", module, 3 * r(2, 4))

hidden = torch.rand(5, 5) < 0.4
hidden.fill_diagonal_(False)
case(
    "attention_bool",
    attention,
    r(2, 5, 8),
    hidden,
    call=lambda x, m: attention(x, x, x, attn_mask=m, need_weights=False)[0],
)
case("cross_attention_bool", attention, r(2, 3, 8), r(2, 5, 8), hidden[:3], call=lambda q, m, h: attention(q, m, m, attn_mask=h)[0])
case("conv2d_rectangular", nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 2), (1, 2), groups=2, bias=False), r(2, 4, 7, 6))
case(
    "conv_transpose2d_rectangular",
    nn.ConvTranspose2d(4, 6, (3, 2), (2, 3), (1, 0), output_padding=(1, 2), dilation=(1, 2), groups=2),
    r(2, 4, 3, 4),
)
case("max_pool1d_ceil", nn.MaxPool1d(3, 2, 1, ceil_mode=True), r(2, 3, 8))
case("avg_pool1d_ceil", nn.AvgPool1d(3, 2, 1, ceil_mode=True, count_include_pad=False), r(2, 3, 8))
case("max_pool2d_rectangular", nn.MaxPool2d((3, 2), (2, 1), (1, 0), ceil_mode=True), r(2, 3, 8, 5))
case("avg_pool2d_rectangular", nn.AvgPool2d((2, 3), padding=(0, 1), ceil_mode=True), r(2, 3, 5, 8))
case("instance_norm_plain", nn.InstanceNorm2d(3), r(2, 3, 4, 4))
save_file(tensors, pathlib.Path(__file__).with_suffix(".safetensors"))
