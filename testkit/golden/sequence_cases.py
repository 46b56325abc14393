"""Cases of bags of rows, and of recurrent layers over sequences of different lengths that begin with given states."""
import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

D = torch.float64


def rn(*s):
    return torch.randn(s, dtype=D)


def sequences(w, n, R):
    bags(w, n, R)
    packed(w, n, R)


def bags(w, n, R):
    for i in range(3 * n):
        mode = ("sum", "mean", "max")[i % 3]
        rows, size = R.choice([4, 9]), R.choice([1, 3, 6])
        pad = R.choice([None, 0, rows - 1])
        at = {"mode": mode, "padding_idx": -1 if pad is None else pad}

        def bag(x, weight, offsets=None, per_sample_weights=None, mode=mode, pad=pad):
            return F.embedding_bag(x, weight, offsets, mode=mode, per_sample_weights=per_sample_weights, padding_idx=pad)

        total = R.choice([5, 8])
        for x, offsets in ((torch.randint(0, rows, (R.choice([1, 3]), R.choice([1, 4]))), None),
                           (torch.randint(0, rows, (total,)), torch.tensor([0] + sorted(R.randint(0, total) for _ in range(3))))):
            inputs = {"x": x, "weight": rn(rows, size)}
            if offsets is not None:
                inputs["offsets"] = offsets
            w.case("embedding_bag", bag, inputs, at)
            if mode == "sum":
                w.case("embedding_bag", bag, {**inputs, "per_sample_weights": rn(*x.shape)}, at)


def packed(w, n, R):
    for _ in range(n):
        b, t, i, h, layers = R.choice([2, 4]), R.choice([1, 3, 6]), R.choice([3, 5]), R.choice([2, 4]), R.choice([1, 2])
        both = R.random() < .5
        for kind, cls in (("rnn", torch.nn.RNN), ("gru", torch.nn.GRU), ("lstm", torch.nn.LSTM)):
            m = cls(i, h, layers, batch_first=True, bidirectional=both).to(D)
            states = {name: rn(layers * (2 if both else 1), b, h) for name in (("h_0", "c_0") if kind == "lstm" else ("h_0",))}

            def run(m=m, names=list(states), **kw):
                x, lengths = kw.pop("x"), kw.pop("lengths")
                first = tuple(kw.pop(name) for name in names)
                p = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
                out, last = torch.func.functional_call(m, kw, (p, first if len(first) > 1 else first[0]))
                out, _ = pad_packed_sequence(out, batch_first=True, total_length=x.shape[1])
                return (out, *last) if len(first) > 1 else (out, last)

            w.case(f"packed_{kind}", run,
                   {"x": rn(b, t, i), "lengths": torch.tensor([R.randint(1, t) for _ in range(b)]), **states,
                    **{k: v.detach() for k, v in m.named_parameters()}},
                   {"input": i, "hidden": h, "layers": layers, "bidirectional": both}, rtol=3e-4, atol=3e-5)
