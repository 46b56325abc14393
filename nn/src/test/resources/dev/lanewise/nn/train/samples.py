"""Writes samples.safetensors: gradients of single samples by torch.func, in float64, for SampleGradientsTest."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file
from torch.func import functional_call, grad, vmap

torch.manual_seed(19)
torch.set_default_dtype(torch.float64)
stored = {}


class Residual(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return self.body(x) + x


class Last(nn.Module):
    """The last result of an LSTM."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(3, 4, batch_first=True)

    def forward(self, x):
        return self.rnn(x)[0][:, -1]


def case(name, model, x, y, loss, mapped=True):
    parameters = dict(model.named_parameters())
    for p in parameters.values():
        with torch.no_grad():
            p.copy_(torch.randn_like(p) / 2)

    def one(weights, sample, target):
        return loss(functional_call(model, weights, (sample.unsqueeze(0),)), target.unsqueeze(0))

    detached = {key: p.detach() for key, p in parameters.items()}
    if mapped:
        gradients = vmap(grad(one), (None, 0, 0))(detached, x, y)
    else:
        each = [grad(one)(detached, a, b) for a, b in zip(x, y)]
        gradients = {key: torch.stack([g[key] for g in each]) for key in detached}
    stored[name + "/x"], stored[name + "/y"] = x, y.clone()
    for key, value in model.state_dict().items():
        stored[f"{name}/state/{key}"] = value.clone()
    for key, value in gradients.items():
        stored[f"{name}/grad/{key}"] = value.clone()


classes = torch.tensor([2, 0, 1])
case("mlp", nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3, bias=False)), torch.randn(3, 4), classes, F.cross_entropy)
case("places", nn.Sequential(nn.Linear(4, 2), nn.ReLU(), nn.Linear(2, 3)), torch.randn(3, 2, 2, 4), torch.randn(3, 2, 2, 3), F.mse_loss)
shared = nn.Linear(3, 3)
case("shared", nn.Sequential(shared, nn.Tanh(), shared), torch.randn(3, 3), classes, F.cross_entropy)
case("conv1d", nn.Sequential(nn.Conv1d(4, 6, 3, 2, 1, 2, 2, False), nn.ReLU(), nn.MaxPool1d(2), nn.Flatten(), nn.Linear(6, 3)),
     torch.randn(3, 4, 8), classes, F.cross_entropy)
case("conv2d", nn.Sequential(nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 0), 1, 2), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(24, 3)),
     torch.randn(3, 4, 7, 5), classes, F.cross_entropy)
case("conv3d", nn.Sequential(nn.Conv3d(1, 2, 2), nn.Flatten(), nn.Linear(16, 3)), torch.randn(3, 1, 3, 3, 3), classes, F.cross_entropy)
case("embedding", nn.Sequential(nn.Embedding(5, 2, padding_idx=1), nn.Flatten(), nn.Linear(8, 3)),
     torch.tensor([[0, 2, 2, 1], [4, 1, 1, 0], [3, 3, 3, 3]]), classes, F.cross_entropy)
case("norms", nn.Sequential(Residual(nn.Sequential(nn.GroupNorm(2, 4), nn.PReLU(4))), nn.LayerNorm([4, 3]), nn.Flatten(), nn.Linear(12, 3)),
     torch.randn(3, 4, 3), classes, F.cross_entropy)
norm = nn.BatchNorm1d(4)
norm.running_mean.normal_()
norm.running_var.uniform_(.5, 2)
case("batch_norm", nn.Sequential(nn.Linear(3, 4), norm, nn.Linear(4, 3)).eval(), torch.randn(3, 3), classes, F.cross_entropy)
case("lstm", nn.Sequential(Last(), nn.Linear(4, 3)), torch.randn(3, 4, 3), classes, F.cross_entropy, mapped=False)
save_file(stored, "samples.safetensors")
