"""Losses of ten steps of fine-tuning a BERT-like ONNX graph on a sentence classification, by PyTorch.

Usage: python finetune.py tiny FOLDER           writes FOLDER/model.onnx (a small network, exported by PyTorch) and prints its losses
       python finetune.py MODEL.onnx            prints the losses of all-MiniLM-L6-v2's graph, whose weights are read from the file

FineTuningTest computes the same from the same graph. Needs torch and onnx.
"""
import sys

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional as F

SENTENCES, WORDS, CLASSES, STEPS = 8, 16, 2, 10


class Attention(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.dense = (nn.Linear(size, size) for _ in range(4))
        self.norm = nn.LayerNorm(size, eps=1e-12)

    def forward(self, x, mask):
        def split(y):
            return y.view(y.shape[0], y.shape[1], self.heads, -1).permute(0, 2, 1, 3)

        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        scores = q @ k.transpose(-1, -2) / (q.shape[-1] ** 0.5) + mask
        y = (scores.softmax(-1) @ v).permute(0, 2, 1, 3).flatten(2)
        return self.norm(self.dense(y) + x)


class Block(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.attention = Attention(size, heads)
        self.intermediate, self.output = nn.Linear(size, 4 * size), nn.Linear(4 * size, size)
        self.norm = nn.LayerNorm(size, eps=1e-12)

    def forward(self, x, mask):
        y = self.attention(x, mask)
        return self.norm(self.output(F.gelu(self.intermediate(y))) + y)


class Bert(nn.Module):
    def __init__(self, words, positions, size, heads, layers):
        super().__init__()
        self.words, self.positions, self.types = nn.Embedding(words, size), nn.Embedding(positions, size), nn.Embedding(2, size)
        self.norm = nn.LayerNorm(size, eps=1e-12)
        self.layers = nn.ModuleList(Block(size, heads) for _ in range(layers))

    def forward(self, input_ids, attention_mask, token_type_ids):
        place = torch.arange(input_ids.shape[1])[None]
        x = self.norm(self.words(input_ids) + self.types(token_type_ids) + self.positions(place))
        mask = (1.0 - attention_mask[:, None, None, :].float()) * -1e9
        for layer in self.layers:
            x = layer(x, mask)
        return x


def batch(words):
    """Sentences of different length, filled up with 0."""
    ids = np.zeros((SENTENCES, WORDS), np.int64)
    for i in range(SENTENCES):
        for t in range(WORDS - i):
            ids[i, t] = (37 * i + 101 * t + 11) % (words - 1) + 1
    return torch.from_numpy(ids), torch.from_numpy((ids > 0).astype(np.int64)), torch.arange(SENTENCES) % CLASSES


def losses(model, words, size, rate):
    ids, mask, labels = batch(words)
    weight = nn.Parameter(torch.from_numpy((0.1 * np.sin(np.arange(CLASSES * size))).astype(np.float32).reshape(CLASSES, size)))
    bias = nn.Parameter(torch.zeros(CLASSES))
    optimizer = torch.optim.SGD([*model.parameters(), weight, bias], rate)
    there = mask.unsqueeze(-1).float()
    for _ in range(STEPS):
        states = model(ids, mask, torch.zeros_like(ids))
        logits = F.linear((states * there).sum(1) / there.sum(1), weight, bias)
        loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"{loss.item():.6f}f,", end=" ")
    print()


def minilm(path):
    graph = onnx.load(path).graph
    stored = {i.name: torch.from_numpy(onnx.numpy_helper.to_array(i).copy()) for i in graph.initializer}
    products = {n.name: stored[n.input[1]] for n in graph.node if n.op_type == "MatMul" and n.input[1] in stored}
    model = Bert(30522, 512, 384, 12, 6)
    state = {"words.weight": "embeddings.word_embeddings.weight", "positions.weight": "embeddings.position_embeddings.weight",
             "types.weight": "embeddings.token_type_embeddings.weight", "norm.weight": "embeddings.LayerNorm.weight",
             "norm.bias": "embeddings.LayerNorm.bias"}
    values = {own: stored[name] for own, name in state.items()}
    parts = {"attention.query": "attention/self/query", "attention.key": "attention/self/key", "attention.value": "attention/self/value",
             "attention.dense": "attention/output/dense", "intermediate": "intermediate/dense", "output": "output/dense"}
    for i in range(6):
        for own, name in parts.items():
            values[f"layers.{i}.{own}.weight"] = products[f"/encoder/layer.{i}/{name}/MatMul"].T
            values[f"layers.{i}.{own}.bias"] = stored[f"encoder.layer.{i}.{name.replace('/', '.')}.bias"]
        for own, name in {"attention.norm": "attention.output.LayerNorm", "norm": "output.LayerNorm"}.items():
            for kind in ("weight", "bias"):
                values[f"layers.{i}.{own}.{kind}"] = stored[f"encoder.layer.{i}.{name}.{kind}"]
    model.load_state_dict(values)
    losses(model, 30522, 384, 0.01)


def tiny(folder):
    torch.manual_seed(0)
    model = Bert(60, 32, 16, 2, 2).eval()
    for part in model.modules():
        if isinstance(part, nn.LayerNorm):  # the exporter would make one initializer of equal ones
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.uniform_(part.bias, -0.2, 0.2)
    ids, mask, _ = batch(60)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    torch.onnx.export(model, (ids, mask, torch.zeros_like(ids)), f"{folder}/model.onnx", dynamo=False, opset_version=14,
                      input_names=names, output_names=["states"], dynamic_axes={n: {0: "batch", 1: "words"} for n in names})
    losses(model, 60, 16, 0.2)


if __name__ == "__main__":
    torch.set_num_threads(1)
    tiny(sys.argv[2]) if sys.argv[1] == "tiny" else minilm(sys.argv[1])
