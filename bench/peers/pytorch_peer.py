#!/usr/bin/env python3
"""What PyTorch needs for the same work: operations and whole training steps, one JSON line each.

    python3 pytorch_peer.py ops   [--device cpu|cuda] [--threads N] [--only NAMES] [--rounds N] [--budget SECONDS]
    python3 pytorch_peer.py train [--device cpu|cuda] [--threads N] [--only NAMES] [--rounds N] [--budget SECONDS]
                                  [--mode eager|graphs|compile] [--precision fp32|tf32|bf16]
    python3 pytorch_peer.py first  [--only NAMES]          # one training step and out: for the time from process start
    python3 pytorch_peer.py attention                      # some elements of attention's gradients, in double precision
    python3 pytorch_peer.py memory [--only NAMES]          # memory of the process before and after training steps
    python3 pytorch_peer.py sparse [--threads N] [--only sgd,sparse_adam,adagrad]    # steps of a large table with sparse gradients: time and memory
    python3 pytorch_peer.py fit --data DIR [--model mlp|cnn|lenet] [--epochs N]      # MNIST idx files, accuracy and time
    python3 pytorch_peer.py fit --data TAR_GZ --model resnet18 [--epochs N]        # CIFAR-10's binary files, likewise

Times are the best of several rounds, warm; on a GPU they are taken between device synchronizations.
"""
import argparse, contextlib, gzip, itertools, json, os, struct, tarfile, tempfile, time
import torch, torch.nn as nn, torch.nn.functional as F


ONLY, ORDER, ROUNDS, BUDGET = set(), [], None, None  # what the command line asks for


def wanted(name): return not ONLY or name in ONLY


def timed(f, rounds=7, budget=0.25, sync=lambda: None):
    rounds, budget = ROUNDS or rounds, BUDGET if BUDGET is not None else budget
    f(); f(); sync()
    t = time.perf_counter(); f(); sync(); one = max(time.perf_counter() - t, 1e-7)
    n = max(1, int(budget / one))
    best = float("inf")
    for _ in range(rounds):
        t = time.perf_counter()
        for _ in range(n): f()
        sync(); best = min(best, (time.perf_counter() - t) / n)
    return best


def emit(**kw): print(json.dumps(kw), flush=True)


def measure(op, shape, f, sync, flop=None, elements=None):
    if not wanted(op): return
    s = timed(f, sync=sync); rate = {"gflops": flop / s / 1e9} if flop else {"gelems": elements / s / 1e9} if elements else {}
    emit(op=op, shape=list(shape), us=s * 1e6, **rate)


def ops(a):
    dev = torch.device(a.device); sync = torch.cuda.synchronize if a.device == "cuda" else (lambda: None)
    rnd = lambda *s: torch.randn(*s, device=dev)
    for n in (32, 64, 128, 256, 512, 1024, 2048) + ((4096, 8192) if a.device == "cuda" else ()):
        x, y, z = rnd(n, n), rnd(n, n), torch.empty(n, n, device=dev)
        measure("matmul", (n, n, n), lambda: torch.mm(x, y, out=z), sync, flop=2 * n**3)
    for m, k, n in ((128, 784, 100), (64, 9216, 128), (2048, 128, 512), (1, 1024, 1024), (32, 4096, 1000)):
        x, w, b = rnd(m, k), rnd(n, k), rnd(n)
        measure("linear", (m, k, n), lambda: F.linear(x, w, b), sync, flop=2 * m * k * n)
    for sz in (1 << 12, 1 << 16, 1 << 20, 1 << 24):
        x, y, z = rnd(sz), rnd(sz), torch.empty(sz, device=dev)
        for nm, f in (("add", lambda: torch.add(x, y, out=z)), ("mul", lambda: torch.mul(x, y, out=z)), ("relu", lambda: torch.relu(x)),
                      ("exp", lambda: torch.exp(x, out=z)), ("tanh", lambda: torch.tanh(x, out=z)), ("sigmoid", lambda: torch.sigmoid(x, out=z)),
                      ("gelu", lambda: F.gelu(x)), ("sum", lambda: x.sum())):
            measure(nm, (sz,), f, sync, elements=sz)
    for m, n in ((128, 10), (1024, 1024), (4096, 256)):
        x, w, b = rnd(m, n), rnd(n), rnd(n)
        measure("softmax", (m, n), lambda: F.softmax(x, 1), sync)
        measure("layer_norm", (m, n), lambda: F.layer_norm(x, [n], w, b), sync)
        measure("sum_dim0", (m, n), lambda: x.sum(0), sync)
        measure("transpose_copy", (m, n), lambda: x.t().contiguous(), sync)
    for shape in ((64, 1, 28, 32, 3, 1, 0), (64, 32, 26, 64, 3, 1, 0), (64, 1, 28, 6, 5, 1, 2), (64, 6, 14, 16, 5, 1, 0),
                  (32, 64, 32, 64, 3, 1, 1), (32, 128, 16, 128, 3, 1, 1), (32, 256, 8, 256, 3, 1, 1), (32, 512, 4, 512, 3, 1, 1),
                  (32, 64, 32, 128, 1, 2, 0), (8, 3, 224, 64, 7, 2, 3)):
        n, c, h, k, r, st, p = shape
        x = rnd(n, c, h, h).requires_grad_(); w = rnd(k, c, r, r).requires_grad_(); o = F.conv2d(x, w, stride=st, padding=p); g = torch.randn_like(o)
        fl = 2 * o.numel() * c * r * r
        with torch.no_grad(): measure("conv2d_forward", shape, lambda: F.conv2d(x, w, stride=st, padding=p), sync, flop=fl)
        measure("conv2d_backward", shape, lambda: torch.ops.aten.convolution_backward(g, x, w, None, [st, st], [p, p], [1, 1], False, [0, 0], 1, [True, True, False]), sync, flop=2 * fl)
    # depthwise layers of MobileNetV2 (96x96) and EfficientNet-B0 (96x96)
    for n in (1, 4, 32):
        for c, h, r, st in ((32, 48, 3, 1), (96, 48, 3, 2), (144, 24, 3, 1), (192, 12, 3, 1), (384, 6, 3, 1), (576, 6, 3, 2), (960, 3, 3, 1), (144, 24, 5, 2), (240, 12, 5, 1), (480, 6, 5, 1), (672, 6, 5, 1), (1152, 3, 5, 1)):
            p = r // 2; shape = (n, c, h, r, st, p)
            x = rnd(n, c, h, h); w = rnd(c, 1, r, r); o = F.conv2d(x, w, stride=st, padding=p, groups=c); g = torch.randn_like(o); fl = 2 * o.numel() * r * r
            with torch.no_grad(): measure("depthwise_forward", shape, lambda: F.conv2d(x, w, stride=st, padding=p, groups=c), sync, flop=fl)
            measure("depthwise_backward", shape, lambda: torch.ops.aten.convolution_backward(g, x, w, None, [st, st], [p, p], [1, 1], False, [0, 0], c, [True, True, False]), sync, flop=2 * fl)
    x = rnd(64, 64, 24, 24)
    measure("max_pool2d", x.shape, lambda: F.max_pool2d(x, 2), sync)
    w, b, rm, rv = rnd(64), rnd(64), rnd(64), rnd(64).abs()
    measure("batch_norm_train", x.shape, lambda: F.batch_norm(x, rm, rv, w, b, True), sync)


class Mlp(nn.Sequential):
    def __init__(s): super().__init__(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))


class MnistCnn(nn.Module):
    """conv3x3(32)-relu-conv3x3(64)-relu-maxpool2-dropout(.25)-linear(128)-relu-dropout(.5)-linear(10)."""
    def __init__(s):
        super().__init__(); s.conv1 = nn.Conv2d(1, 32, 3); s.conv2 = nn.Conv2d(32, 64, 3); s.drop1 = nn.Dropout(.25); s.drop2 = nn.Dropout(.5); s.fc1 = nn.Linear(9216, 128); s.fc2 = nn.Linear(128, 10)
    def forward(s, x):
        x = F.max_pool2d(F.relu(s.conv2(F.relu(s.conv1(x)))), 2)
        return s.fc2(s.drop2(F.relu(s.fc1(torch.flatten(s.drop1(x), 1)))))


class LeNet5(nn.Sequential):
    def __init__(s): super().__init__(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


class Block(nn.Module):
    def __init__(s, i, o, st):
        super().__init__(); s.c1 = nn.Conv2d(i, o, 3, st, 1, bias=False); s.b1 = nn.BatchNorm2d(o); s.c2 = nn.Conv2d(o, o, 3, 1, 1, bias=False); s.b2 = nn.BatchNorm2d(o)
        s.down = nn.Sequential() if i == o and st == 1 else nn.Sequential(nn.Conv2d(i, o, 1, st, bias=False), nn.BatchNorm2d(o))
    def forward(s, x): return F.relu(s.b2(s.c2(F.relu(s.b1(s.c1(x))))) + s.down(x))


def resnet18_cifar():
    return nn.Sequential(nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(), *[Block(*b) for b in ((64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2), (512, 512, 1))], nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


class TextClassifier(nn.Module):
    def __init__(s): super().__init__(); s.e = nn.Embedding(20000, 64); s.a = nn.Linear(64, 128); s.b = nn.Linear(128, 4)
    def forward(s, x): return s.b(F.relu(s.a(s.e(x).mean(1))))


class CharTransformer(nn.Module):
    def __init__(s):
        super().__init__(); s.e = nn.Embedding(65, 128); s.p = nn.Embedding(64, 128); s.o = nn.Linear(128, 65)
        s.t = nn.TransformerEncoder(nn.TransformerEncoderLayer(128, 4, 512, 0.0, "gelu", batch_first=True, norm_first=True), 4, enable_nested_tensor=False)
        s.register_buffer("m", torch.triu(torch.full((64, 64), float("-inf")), 1)); s.register_buffer("i", torch.arange(64))
    def forward(s, x): return s.o(s.t(s.e(x) + s.p(s.i), mask=s.m, is_causal=True)).transpose(1, 2)


class Vae(nn.Module):
    """784-400-20-400-784; its output is its loss."""
    def __init__(s): super().__init__(); s.i, s.m, s.l, s.d = nn.Linear(784, 400), nn.Linear(400, 20), nn.Linear(400, 20), nn.Sequential(nn.Linear(20, 400), nn.ReLU(), nn.Linear(400, 784))
    def forward(s, x):
        x = x.flatten(1); h = F.relu(s.i(x)); m, l = s.m(h), s.l(h); z = m + torch.randn_like(m) * (.5 * l).exp()
        return (F.binary_cross_entropy_with_logits(s.d(z), x, reduction="sum") - .5 * (1 + l - m**2 - l.exp()).sum()) / len(x)


class Tcn(nn.Module):
    """Causal convolutions, dilated by 1, 2, 4 and 8, two a residual block."""
    def __init__(s):
        super().__init__(); s.b = nn.ModuleList(); s.s = nn.ModuleList(); s.o = nn.Linear(64, 10)
        for i, d in ((16, 1), (64, 2), (64, 4), (64, 8)):
            s.b.append(nn.ModuleList((nn.Conv1d(i, 64, 3, dilation=d), nn.Conv1d(64, 64, 3, dilation=d)))); s.s.append(nn.Conv1d(i, 64, 1) if i != 64 else nn.Identity())
    def forward(s, x):
        for (a, b), skip in zip(s.b, s.s):
            y = x
            for c in (a, b): y = F.relu(c(F.pad(y, (2 * c.dilation[0], 0))))
            x = F.relu(y + skip(x))
        return s.o(x[:, :, -1])


class Bert(nn.Module):
    def __init__(s):
        super().__init__(); s.e = nn.Embedding(8192, 128); s.p = nn.Embedding(64, 128); s.n = nn.LayerNorm(128); s.o = nn.Linear(128, 2); s.register_buffer("i", torch.arange(64))
        s.t = nn.TransformerEncoder(nn.TransformerEncoderLayer(128, 4, 512, 0.0, "gelu", batch_first=True), 3, enable_nested_tensor=False)
    def forward(s, x): return s.o(s.t(s.n(s.e(x) + s.p(s.i)))[:, 0])


class InvertedResidual(nn.Module):
    def __init__(s, i, o, st, t):
        super().__init__(); n = i * t; s.skip = st == 1 and i == o
        s.b = nn.Sequential(*(normalized(i, n, 1, 1, 1) if t > 1 else ()), *normalized(n, n, 3, st, n), nn.Conv2d(n, o, 1, bias=False), nn.BatchNorm2d(o))
    def forward(s, x): return s.b(x) + x if s.skip else s.b(x)


def normalized(i, o, k, st, g): return nn.Conv2d(i, o, k, st, k // 2, groups=g, bias=False), nn.BatchNorm2d(o), nn.ReLU6()


def mobilenet_v2():
    layers, i = [*normalized(3, 32, 3, 2, 1)], 32
    for t, o, n, st in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
        for b in range(n): layers.append(InvertedResidual(i, o, st if b == 0 else 1, t)); i = o
    return nn.Sequential(*layers, *normalized(i, 1280, 1, 1, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(.2), nn.Linear(1280, 10))


class Dcgan(nn.Module):
    """A generator and a discriminator of 32x32 images; a step trains both, with an optimizer each."""
    def __init__(s):
        super().__init__(); up = lambda i, o, st, p: nn.ConvTranspose2d(i, o, 4, st, p, bias=False); down = lambda i, o, st, p: nn.Conv2d(i, o, 4, st, p, bias=False)
        s.g = nn.Sequential(up(100, 256, 1, 0), nn.BatchNorm2d(256), nn.ReLU(), up(256, 128, 2, 1), nn.BatchNorm2d(128), nn.ReLU(), up(128, 64, 2, 1), nn.BatchNorm2d(64), nn.ReLU(), up(64, 3, 2, 1), nn.Tanh())
        s.d = nn.Sequential(down(3, 64, 2, 1), nn.LeakyReLU(.2), down(64, 128, 2, 1), nn.BatchNorm2d(128), nn.LeakyReLU(.2), down(128, 256, 2, 1), nn.BatchNorm2d(256), nn.LeakyReLU(.2), down(256, 1, 1, 0))
        s.og, s.od = (torch.optim.Adam(m.parameters(), 2e-4, betas=(.5, .999)) for m in (s.g, s.d))
    def step(s, codes, images):
        bce = F.binary_cross_entropy_with_logits
        made = s.g(codes); real, fake = s.d(images), s.d(made.detach()); l = bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
        s.od.zero_grad(set_to_none=True); l.backward(); s.od.step()
        fake = s.d(made); l = bce(fake, torch.ones_like(fake)); s.og.zero_grad(set_to_none=True); l.backward(); s.og.step(); return l


SGD, ADAM, ADAMW = (lambda p, **k: torch.optim.SGD(p, .05, momentum=.9)), (lambda p, **k: torch.optim.Adam(p, 1e-3, **k)), (lambda p, **k: torch.optim.AdamW(p, 1e-3, **k))
WORKLOADS = {  # name: (model, batch, inputs, targets, optimizer)
    "mlp": (Mlp, 128, lambda b: torch.rand(b, 1, 28, 28), lambda b: torch.randint(0, 10, (b,)), lambda p, **k: torch.optim.SGD(p, .01)),
    "lenet": (LeNet5, 64, lambda b: torch.rand(b, 1, 28, 28), lambda b: torch.randint(0, 10, (b,)), SGD),
    "mnist-cnn": (MnistCnn, 64, lambda b: torch.rand(b, 1, 28, 28), lambda b: torch.randint(0, 10, (b,)), ADAM),
    "resnet18-cifar": (resnet18_cifar, 32, lambda b: torch.rand(b, 3, 32, 32), lambda b: torch.randint(0, 10, (b,)), SGD),
    "text": (TextClassifier, 32, lambda b: torch.randint(0, 20000, (b, 100)), lambda b: torch.randint(0, 4, (b,)), ADAM),
    "char-transformer": (CharTransformer, 32, lambda b: torch.randint(0, 65, (b, 64)), lambda b: torch.randint(0, 65, (b, 64)), ADAMW),
    "vae": (Vae, 128, lambda b: torch.rand(b, 1, 28, 28), lambda b: torch.randint(0, 10, (b,)), ADAM),
    "dcgan": (Dcgan, 32, lambda b: torch.randn(b, 100, 1, 1), lambda b: torch.rand(b, 3, 32, 32), lambda p, **k: None),
    "tcn": (Tcn, 32, lambda b: torch.randn(b, 16, 128), lambda b: torch.randint(0, 10, (b,)), ADAM),
    "bert": (Bert, 32, lambda b: torch.randint(0, 8192, (b, 64)), lambda b: torch.randint(0, 2, (b,)), ADAMW),
    "mobilenetv2-96": (mobilenet_v2, 16, lambda b: torch.rand(b, 3, 96, 96), lambda b: torch.randint(0, 10, (b,)), SGD),
}
LOSSES = {"vae": lambda loss, y: loss}  # of the others: cross entropy


def training_step(name, m, fwd, o, x, y, cast=contextlib.nullcontext):
    loss = LOSSES.get(name, F.cross_entropy)
    def step():
        if o is None: return adversarial()
        with cast(): l = loss(fwd(x), y)
        o.zero_grad(set_to_none=True); l.backward(); o.step(); return l
    def adversarial():
        with cast(): return m.step(x, y)
    return step


def train(a):
    cuda = a.device == "cuda"; dev = torch.device(a.device); sync = torch.cuda.synchronize if cuda else (lambda: None)
    if a.precision == "tf32": torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    if a.precision == "fp32": torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    for name in ORDER or WORKLOADS:
        mk, b, gx, gy, mo = WORKLOADS[name]
        if mk is Dcgan and a.mode != "eager": continue  # two optimizers
        torch.manual_seed(0); m = mk().to(dev).train(); o = mo(m.parameters(), **({"capturable": True} if a.mode == "graphs" and mo is not SGD and name != "mlp" else {}))
        x, y = gx(b).to(dev), gy(b).to(dev)
        fwd = torch.compile(m, mode="reduce-overhead") if a.mode == "compile" else m
        run = step = training_step(name, m, fwd, o, x, y, lambda: torch.autocast(a.device, torch.bfloat16, enabled=a.precision == "bf16"))
        if a.mode == "graphs":
            s = torch.cuda.Stream(); s.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(s):
                for _ in range(3): step()
            torch.cuda.current_stream().wait_stream(s); g = torch.cuda.CUDAGraph()
            with torch.cuda.graph(g): step()
            run = g.replay
        for _ in range(3 if not cuda else 20): run()
        s = timed(run, rounds=5, budget=1.0, sync=sync)
        emit(workload=name, device=a.device, mode=a.mode, precision=a.precision, batch=b, ms_per_step=s * 1e3, samples_per_s=b / s)


def plain_step(name):
    mk, b, gx, gy, mo = WORKLOADS[name]; torch.manual_seed(0); m = mk().train(); o = mo(m.parameters()); x, y = gx(b), gy(b)
    return training_step(name, m, m, o, x, y)


def first(a):
    for name in WORKLOADS:
        if wanted(name): plain_step(name)(); emit(workload=name, steps=1)


def resident(field):
    with open("/proc/self/status") as f: return next(int(line.split()[1]) for line in f if line.startswith(field)) / 1024


def memory(a):
    """Resident memory in MiB after the imports, and its peak after 20 steps; one workload a process."""
    start = resident("VmRSS")
    for name in WORKLOADS:
        if not wanted(name): continue
        step = plain_step(name)
        for _ in range(20): step()
        emit(workload=name, start_mib=start, peak_mib=resident("VmHWM"))


def idx(path):
    raw = gzip.open(path).read(); nd = raw[3]; dims = struct.unpack(f">{nd}I", raw[4:4 + 4 * nd])
    return torch.frombuffer(bytearray(raw[4 + 4 * nd:]), dtype=torch.uint8).reshape(dims)


def cifar(path):
    """The official binary files, also where only the first of them are there: training images and labels, test images and labels."""
    with tarfile.open(path) as t: raw = {os.path.basename(m.name): t.extractfile(m).read() for m in t if m.name.endswith(".bin")}
    def part(prefix):
        r = torch.frombuffer(bytearray(b"".join(raw[n] for n in sorted(raw) if n.startswith(prefix))), dtype=torch.uint8).reshape(-1, 3073)
        return r[:, 1:].reshape(-1, 3, 32, 32).float() / 255, r[:, 0].long()
    return *part("data_batch"), *part("test_batch")


def fit_cifar(a):
    """ResNet-18 as `lanewise train cifar-resnet18` trains it: shifted by up to 4 pixels, mirrored, one cycle of rates up to 0.1."""
    xt, yt, xv, yv = cifar(a.data); mean, std = torch.tensor([.4914, .4822, .4465]).view(3, 1, 1), torch.tensor([.2470, .2435, .2616]).view(3, 1, 1)
    torch.manual_seed(a.seed); m = resnet18_cifar(); o = torch.optim.SGD(m.parameters(), a.lr, momentum=.9); b = a.batch; start = time.perf_counter()
    steps = a.epochs * -(-len(xt) // b); schedule = torch.optim.lr_scheduler.OneCycleLR(o, a.lr, total_steps=steps, cycle_momentum=False)
    def augmented(x):
        x = F.pad(x, (4, 4, 4, 4)); s = torch.randint(0, 9, (len(x), 2)); x = torch.stack([i[:, r:r + 32, c:c + 32] for i, (r, c) in zip(x, s.tolist())])
        return torch.where(torch.rand(len(x), 1, 1, 1) < .5, x.flip(3), x)
    for e in range(a.epochs):
        m.train(); perm = torch.randperm(len(xt)); t = time.perf_counter()
        for i in range(0, len(xt), b):
            j = perm[i:i + b]; o.zero_grad(set_to_none=True); F.cross_entropy(m((augmented(xt[j]) - mean) / std), yt[j]).backward(); o.step(); schedule.step()
        t = time.perf_counter() - t; m.eval()
        with torch.no_grad(): acc = sum((m((xv[i:i + 250] - mean) / std).argmax(1) == yv[i:i + 250]).sum().item() for i in range(0, len(xv), 250)) / len(xv)
        emit(model="resnet18", epoch=e + 1, train_s=t, test_accuracy=acc)
    emit(model="resnet18", total_s=time.perf_counter() - start)


def attention(a):
    """Causal attention of operands that a formula gives, as the other side makes them too; every 97th element of each gradient."""
    sizes = (2, 3, 130, 64); i = torch.arange(2 * 3 * 130 * 64, dtype=torch.float64)
    for precision, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        q, k, v, g = (torch.sin(.37 * i + n).reshape(sizes).to(dtype).double() for n in (1, 2, 3, 4))
        operands = [x.requires_grad_() for x in (q, k, v)]
        F.scaled_dot_product_attention(*operands, is_causal=True).backward(g)
        emit(precision=precision, **{n: x.grad.flatten()[::97].tolist() for n, x in zip(("dq", "dk", "dv"), operands)})


def sparse(a):
    """Training steps of an embedding of 1,000,000 x 64 that look up 1,024 rows each."""
    rows = 1_000_000; ids = [torch.randint(0, rows, (1024,)) for _ in range(16)]
    for name, make in (("sgd", lambda p: torch.optim.SGD(p, .01)), ("sparse_adam", lambda p: torch.optim.SparseAdam(p, 1e-3)), ("adagrad", lambda p: torch.optim.Adagrad(p, .01))):
        if not wanted(name): continue
        e = nn.Embedding(rows, 64, sparse=True); o = make(list(e.parameters())); batches = itertools.cycle(ids)
        def step(): o.zero_grad(set_to_none=True); e(next(batches)).square().sum().backward(); o.step()
        us = timed(step) * 1e6; o.zero_grad(set_to_none=True)
        emit(optimizer=name, us=us, peak_bytes=peak_bytes(step))


def peak_bytes(step):
    """The most bytes of tensors that a step makes at a time."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as p: step()
    with tempfile.TemporaryDirectory() as d:
        p.export_chrome_trace(os.path.join(d, "trace.json")); events = json.load(open(os.path.join(d, "trace.json")))["traceEvents"]
    now = most = 0
    for e in sorted((e for e in events if e.get("name") == "[memory]"), key=lambda e: e["ts"]): now += e["args"]["Bytes"]; most = max(most, now)
    return most


def fit(a):
    if a.model == "resnet18": return fit_cifar(a)
    dev = torch.device(a.device); p = lambda n: os.path.join(a.data, n)
    xt, yt = idx(p("train-images-idx3-ubyte.gz")).unsqueeze(1).float().div(255).to(dev), idx(p("train-labels-idx1-ubyte.gz")).long().to(dev)
    xv, yv = idx(p("t10k-images-idx3-ubyte.gz")).unsqueeze(1).float().div(255).to(dev), idx(p("t10k-labels-idx1-ubyte.gz")).long().to(dev)
    torch.manual_seed(a.seed); m = {"mlp": Mlp, "cnn": MnistCnn, "lenet": LeNet5}[a.model]().to(dev)
    o = torch.optim.SGD(m.parameters(), a.lr) if a.model == "mlp" else torch.optim.Adam(m.parameters(), 1e-3)
    b = a.batch; start = time.perf_counter()
    for e in range(a.epochs):
        m.train(); perm = torch.randperm(len(xt), device=dev); t = time.perf_counter()
        for i in range(0, len(xt), b):
            j = perm[i:i + b]; o.zero_grad(set_to_none=True); F.cross_entropy(m(xt[j]), yt[j]).backward(); o.step()
        t = time.perf_counter() - t; m.eval()
        with torch.no_grad(): acc = sum((m(xv[i:i + 1000]).argmax(1) == yv[i:i + 1000]).sum().item() for i in range(0, len(xv), 1000)) / len(xv)
        emit(model=a.model, epoch=e + 1, train_s=t, test_accuracy=acc)
    emit(model=a.model, total_s=time.perf_counter() - start)


if __name__ == "__main__":
    p = argparse.ArgumentParser(); p.add_argument("what", choices=["ops", "train", "first", "memory", "attention", "sparse", "fit"]); p.add_argument("--device", default="cpu"); p.add_argument("--threads", type=int, default=0)
    p.add_argument("--mode", default="eager", choices=["eager", "graphs", "compile"]); p.add_argument("--precision", default="fp32", choices=["fp32", "tf32", "bf16"]); p.add_argument("--only", default=""); p.add_argument("--rounds", type=int); p.add_argument("--budget", type=float)
    p.add_argument("--data"); p.add_argument("--model", default="mlp"); p.add_argument("--epochs", type=int, default=1); p.add_argument("--batch", type=int, default=128); p.add_argument("--lr", type=float, default=.1); p.add_argument("--seed", type=int, default=0)
    a = p.parse_args()
    if a.threads: torch.set_num_threads(a.threads)
    ORDER = list(filter(None, a.only.split(",")))
    ONLY, ROUNDS, BUDGET = set(ORDER), a.rounds, a.budget
    {"ops": ops, "train": train, "first": first, "memory": memory, "attention": attention, "sparse": sparse, "fit": fit}[a.what](a)
