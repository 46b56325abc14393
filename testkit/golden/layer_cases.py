"""Cases of layers that came after those of generate.py, so that the cases there stay the same."""
import torch
import torch.nn.functional as F

D = torch.float64


def rn(*s):
    return torch.randn(s, dtype=D)


def layers(w, n, R):
    volumes(w, n, R)
    windows(w, n, R)
    # behind all others, whose numbers stay the same
    far_paddings(w)
    all_dropped(w)


def all_dropped(w):
    """Dropout of everything: the result does not depend on chance."""
    for op, f in (("dropout", F.dropout), ("dropout2d", F.dropout2d), ("alpha_dropout", F.alpha_dropout)):
        w.case(op, lambda x, f=f: f(x, 1., True), {"x": rn(2, 3, 2, 2)}, {"p": 1})


def far_paddings(w):
    """Output padding that is below the dilation, but not below the stride."""
    for st, pd, dl, op in ((1, 0, 2, 1), (1, 1, 3, 2), (2, 2, 3, 2), (1, 3, 4, 3)):
        at = {"stride": [st], "padding": [pd], "dilation": [dl], "groups": 1, "output_padding": [op]}
        w.case("conv_transpose1d", lambda x, weight, bias, a=at: F.conv_transpose1d(x, weight, bias, a["stride"], a["padding"], a["output_padding"], 1, a["dilation"]),
               {"x": rn(2, 2, 6), "weight": rn(2, 3, 3), "bias": rn(3)}, at, rtol=3e-4, atol=3e-4)
        at = {"stride": [st, 2, st], "padding": [pd, 0, 1], "dilation": [dl, 1, dl], "groups": 2, "output_padding": [op, 1, op]}
        w.case("conv_transpose3d", lambda x, weight, bias, a=at: F.conv_transpose3d(x, weight, bias, a["stride"], a["padding"], a["output_padding"], 2, a["dilation"]),
               {"x": rn(1, 2, 4, 2, 4), "weight": rn(2, 1, 2, 2, 2), "bias": rn(2)}, at, rtol=3e-4, atol=3e-4)


def volumes(w, n, R):
    pick = lambda *of: [R.choice(of) for _ in range(3)]
    for _ in range(2 * n):
        g = R.choice([1, 2])
        cin, cout = g * R.choice([1, 2]), g * R.choice([1, 3])
        k, st, pd, dl = pick(1, 2, 3), pick(1, 2), pick(0, 1), pick(1, 2)
        sizes = [R.choice([5, 6, 7]) for _ in range(3)]
        at = {"stride": st, "padding": pd, "dilation": dl, "groups": g}
        w.case("conv3d", lambda x, weight, bias, a=at: F.conv3d(x, weight, bias, a["stride"], a["padding"], a["dilation"], a["groups"]),
               {"x": rn(2, cin, *sizes), "weight": rn(cout, cin // g, *k), "bias": rn(cout)}, at, rtol=3e-4, atol=3e-4)
        op = [R.randint(0, max(s, d) - 1) for s, d in zip(st, dl)]
        at = {**at, "output_padding": op}
        w.case("conv_transpose3d", lambda x, weight, bias, a=at: F.conv_transpose3d(x, weight, bias, a["stride"], a["padding"], a["output_padding"], a["groups"], a["dilation"]),
               {"x": rn(2, cin, 3, 4, 3), "weight": rn(cin, cout // g, *k), "bias": rn(cout)}, at, rtol=3e-4, atol=3e-4)
        at = {"stride": st[:1], "padding": pd[:1], "dilation": dl[:1], "groups": g, "output_padding": op[:1]}
        w.case("conv_transpose1d", lambda x, weight, bias, a=at: F.conv_transpose1d(x, weight, bias, a["stride"], a["padding"], a["output_padding"], a["groups"], a["dilation"]),
               {"x": rn(2, cin, 6), "weight": rn(cin, cout // g, k[0]), "bias": rn(cout)}, at, rtol=3e-4, atol=3e-4)
        k, st = pick(2, 3), pick(1, 2)
        ceil, inc = R.random() < .4, R.random() < .5
        at = {"kernel": k, "stride": st, "padding": pd, "ceil_mode": ceil}
        x = rn(2, 3, *sizes)
        w.case("max_pool3d", lambda x, a=at: F.max_pool3d(x, a["kernel"], a["stride"], a["padding"], ceil_mode=a["ceil_mode"]), {"x": x}, at)
        at = {**at, "count_include_pad": inc}
        w.case("avg_pool3d", lambda x, a=at: F.avg_pool3d(x, a["kernel"], a["stride"], a["padding"], a["ceil_mode"], a["count_include_pad"]), {"x": x}, at)


def windows(w, n, R):
    for _ in range(n):
        f = R.choice([1, 2, 3])
        w.case("pixel_shuffle", lambda x, f=f: F.pixel_shuffle(x, f), {"x": rn(2, 2 * f * f, 3, 4)}, {"factor": f})
        w.case("pixel_unshuffle", lambda x, f=f: F.pixel_unshuffle(x, f), {"x": rn(2, 2, 3 * f, 2 * f)}, {"factor": f})
        k = [R.choice([1, 2, 3]) for _ in range(2)]
        st, pd, dl = ([R.choice(c) for _ in range(2)] for c in ([1, 2, 3], [0, 1], [1, 2]))
        at = {"kernel": k, "stride": st, "padding": pd, "dilation": dl}
        unfold = lambda x, a=at: F.unfold(x, a["kernel"], a["dilation"], a["padding"], a["stride"])
        x = rn(2, 3, 7, 8)
        w.case("unfold", unfold, {"x": x}, at)
        w.case("fold", lambda x, a=at: F.fold(x, [7, 8], a["kernel"], a["dilation"], a["padding"], a["stride"]),
               {"x": torch.randn_like(unfold(x))}, {**at, "size": [7, 8]})
        size = R.choice([1, 2, 3, 5])
        w.case("local_response_norm", lambda x, s=size: F.local_response_norm(x, s, .1, .75, 1.5), {"x": rn(*R.choice([(2, 4, 3), (2, 6, 3, 2)]))},
               {"size": size, "alpha": .1, "beta": .75, "k": 1.5})
        w.case("softmax2d", lambda x: F.softmax(x, -3), {"x": rn(2, 3, 4, 5)})
        p = [R.randint(0, 2) for _ in range(4)]
        for op, mode in (("zero_pad", "constant"), ("reflection_pad", "reflect"), ("replication_pad", "replicate")):
            w.case(op, lambda x, m=mode, p=p: F.pad(x, p, m), {"x": rn(2, 3, 4, 5)}, {"pad": p})
    for _ in range(n):
        e, hd = 12, R.choice([1, 2, 3])
        m = torch.nn.Transformer(e, hd, 2, 1, 20, 0., activation=R.choice(["relu", "gelu"]), batch_first=True, norm_first=R.random() < .5).to(D)
        act = "relu" if m.encoder.layers[0].activation is F.relu else "gelu"
        causal = R.random() < .5
        def run(m=m, causal=causal, **kw):
            src, tgt = kw.pop("src"), kw.pop("tgt")
            mask = torch.nn.Transformer.generate_square_subsequent_mask(tgt.shape[1], dtype=D) if causal else None
            return torch.func.functional_call(m, kw, (src, tgt), {"tgt_mask": mask})
        w.case("transformer", run, {"src": rn(2, 5, e), "tgt": rn(2, 4, e), **{k: v.detach() for k, v in m.named_parameters()}},
               {"embed": e, "heads": hd, "encoders": 2, "decoders": 1, "feedforward": 20, "activation": act,
                "norm_first": m.encoder.layers[0].norm_first, "causal": causal}, rtol=5e-4, atol=5e-5)


def pools(w, n, R):
    """Largest elements of windows with dilation; every second input has many equal elements."""
    pools = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
    for i in range(2 * n):
        for rank, pool in pools.items():
            k, st, dl = ([R.choice(c) for _ in range(rank)] for c in ([1, 2, 3], [1, 2, 3], [1, 2, 3]))
            dl[R.randrange(rank)] = 2
            pd = [R.randint(0, a // 2) for a in k]
            at = {"kernel": k, "stride": st, "padding": pd, "dilation": dl, "ceil_mode": R.random() < .5}
            x = rn(1, 2, *[R.choice([7, 8, 9]) for _ in range(rank)])
            w.case(f"max_pool{rank}d", lambda x, f=pool, a=at: f(x, a["kernel"], a["stride"], a["padding"], a["dilation"], a["ceil_mode"]),
                   {"x": torch.round(x) if i % 2 else x}, at)
