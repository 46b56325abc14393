"""Cases of optimizers and schedules that came after those of generate.py, so that the cases there stay the same."""
import torch

D = torch.float64
STEPS = 8


def lion(lr, betas=(.9, .99), weight_decay=0.):
    """Algorithm 2 of the paper (arXiv:2302.06675); PyTorch has none."""
    def step(p, g, state):
        m = state.setdefault("m", torch.zeros_like(p))
        update = torch.sign(betas[0] * m + (1 - betas[0]) * g)
        p = p * (1 - lr * weight_decay) - lr * update
        state["m"] = betas[1] * m + (1 - betas[1]) * g
        return p
    return step


def optimizers(w, n, R):
    """x and one gradient per step in; x after every step out."""
    combos = [("radam", torch.optim.RAdam, dict(lr=.05)),
              ("radam", torch.optim.RAdam, dict(lr=.05, betas=(.8, .9), eps=1e-6, weight_decay=.1)),
              ("radam", torch.optim.RAdam, dict(lr=.05, betas=(.8, .9), weight_decay=.1, decoupled_weight_decay=True)),
              ("adafactor", torch.optim.Adafactor, dict(lr=.05)),
              ("adafactor", torch.optim.Adafactor, dict(lr=.3, beta2_decay=-.5, eps=(1e-4, 1e-2), d=1.3, weight_decay=.1)),
              ("muon", torch.optim.Muon, dict(lr=.05)),
              ("muon", torch.optim.Muon, dict(lr=.05, momentum=.8, nesterov=False, weight_decay=0., ns_steps=3,
                                              adjust_lr_fn="match_rms_adamw"))]
    shapes = {"adafactor": ([4, 7], [3, 2, 5], [9]), "muon": ([4, 7], [7, 4])}
    for op, cls, kw in combos:
        for shape in shapes.get(op, ([R.choice([5, 17]), 3],)):
            def run(x, grads, cls=cls, kw=kw):
                p = torch.nn.Parameter(x.detach().clone())
                o, res = cls([p], **kw), []
                for g in grads:
                    p.grad = g.clone()
                    o.step()
                    res.append(p.detach().clone())
                return torch.stack(res)
            attrs = {k: list(v) if isinstance(v, tuple) else v for k, v in kw.items()}
            narrow, torch.Tensor.bfloat16 = torch.Tensor.bfloat16, lambda t: t.clone()  # Muon without its rounding
            w.case("optim_" + op, run, {"x": torch.randn(shape, dtype=D), "grads": torch.randn(STEPS, *shape, dtype=D)},
                   attrs, grad=False, rtol=1e-3 if op == "muon" else 2e-4, atol=1e-5)
            torch.Tensor.bfloat16 = narrow
    for kw in (dict(lr=.02), dict(lr=.02, betas=(.8, .95), weight_decay=.1)):
        def run(x, grads, kw=kw):
            step, state, res = lion(**kw), {}, []
            for g in grads:
                x = step(x, g, state)
                res.append(x)
            return torch.stack(res)
        w.case("optim_lion", run, {"x": torch.randn(5, 3, dtype=D), "grads": torch.randn(STEPS, 5, 3, dtype=D)},
               {k: list(v) if isinstance(v, tuple) else v for k, v in kw.items()}, grad=False)
    lbfgs(w)
    schedules(w)
    # behind all others, whose numbers stay the same
    rosenbrock(w)
    by_rows(w)
    parametrizations(w)


def lbfgs(w):
    """x after each of four steps on a quadratic function with a fourth power, computed in float64."""
    for kw in (dict(max_iter=4), dict(max_iter=1), dict(lr=.5, max_iter=5, history_size=2), dict(max_iter=6, line_search_fn="strong_wolfe"),
               dict(lr=4., max_iter=3, line_search_fn="strong_wolfe"), dict(lr=1e-3, max_iter=3, line_search_fn="strong_wolfe")):
        def run(x, a, b, kw=kw):
            p = torch.nn.Parameter(x.detach().clone())
            o, res = torch.optim.LBFGS([p], **kw), []
            def closure():
                o.zero_grad()
                loss = ((a @ p - b) ** 2).sum() / 2 + .1 * (p ** 4).sum()
                loss.backward()
                return loss
            for _ in range(4):
                o.step(closure)
                res.append(p.detach().clone())
            return torch.stack(res)
        w.case("optim_lbfgs", run, {"x": torch.randn(6, dtype=D), "a": torch.randn(8, 6, dtype=D), "b": torch.randn(8, dtype=D)},
               kw, grad=False, rtol=1e-5, atol=1e-6)


def rosenbrock(w):
    """x after each of six steps down Rosenbrock's valley, where line searches are long; computed in float64."""
    for x, kw in (([-1.2, 1.], dict(max_iter=20)), ([-1.2, 1., -.5, 2.], dict(max_iter=4)), ([3., -2., 4.], dict(max_iter=2)),
                  ([-1.2, 1., 1.5], dict(max_iter=5, lr=.01, history_size=2)), ([0., 0.], dict(max_iter=3, lr=20.))):
        def run(x, kw=kw):
            p = torch.nn.Parameter(x.detach().clone())
            o, res = torch.optim.LBFGS([p], line_search_fn="strong_wolfe", **kw), []
            def closure():
                o.zero_grad()
                loss = (100 * (p[1:] - p[:-1] ** 2) ** 2 + (1 - p[:-1]) ** 2).sum()
                loss.backward()
                return loss
            for _ in range(6):
                o.step(closure)
                res.append(p.detach().clone())
            return torch.stack(res)
        w.case("optim_lbfgs_rosenbrock", run, {"x": torch.tensor(x, dtype=D)}, {"line_search_fn": "strong_wolfe", **kw}, grad=False, rtol=1e-5, atol=1e-6)


def by_rows(w):
    """A table after each of four steps by the loss sum(scale row^2) over rows that are looked up, some of them twice."""
    for op, cls, kw in (("sgd", torch.optim.SGD, dict(lr=.1)), ("adagrad", torch.optim.Adagrad, dict(lr=.1)),
                        ("sparse_adam", torch.optim.SparseAdam, dict(lr=.05)),
                        ("sparse_adam", torch.optim.SparseAdam, dict(lr=.1, betas=(.8, .95), eps=1e-3))):
        def run(x, ids, scale, cls=cls, kw=kw):
            table = torch.nn.Embedding.from_pretrained(x.detach().clone(), freeze=False, sparse=True)
            o, res = cls(table.parameters(), **kw), []
            for i, s in zip(ids, scale):
                o.zero_grad()
                (table(i).square() * s).sum().backward()
                o.step()
                res.append(table.weight.detach().clone())
            return torch.stack(res)
        attrs = {"optimizer": op, **{k: list(v) if isinstance(v, tuple) else v for k, v in kw.items()}}
        w.case("optim_by_rows", run, {"x": torch.randn(7, 3, dtype=D), "ids": torch.randint(0, 7, (4, 5)), "scale": torch.randn(4, 5, 1, dtype=D)},
               attrs, grad=False, rtol=2e-4, atol=1e-5)


def parametrizations(w):
    """Weights of layers by their parts: of weight norm, and of spectral norm at its third use in training, with the vectors found."""
    P = torch.nn.utils.parametrizations
    for shape, dim in (([4, 3], 0), ([4, 3], 1), ([5, 3, 2, 3], 0), ([5, 3, 2, 3], 1)):
        length = [n if d == dim else 1 for d, n in enumerate(shape)]
        w.case("weight_norm", lambda g, v, dim=dim: P._WeightNorm(dim)(g, v),
               {"g": torch.rand(length, dtype=D) + .5, "v": torch.randn(shape, dtype=D)}, dict(dim=dim))
    for shape, dim, iterations in (([4, 3], 0, 1), ([4, 6], 1, 2), ([5, 3, 2, 3], 0, 1), ([5, 3, 2, 3], 1, 3)):
        def run(weight, u, v, dim=dim, iterations=iterations):
            norm = P._SpectralNorm(weight.detach(), n_power_iterations=iterations, dim=dim)
            norm._u.copy_(u)
            norm._v.copy_(v)
            for _ in range(2):
                norm(weight)
            return norm(weight), norm._u, norm._v
        vectors = [torch.nn.functional.normalize(torch.randn(n, dtype=D), dim=0) for n in (shape[dim], torch.Size(shape).numel() // shape[dim])]
        w.case("spectral_norm", run, {"weight": torch.randn(shape, dtype=D), "u": vectors[0], "v": vectors[1]},
               dict(dim=dim, n_power_iterations=iterations), nograd=("u", "v"))


def schedules(w):
    S = torch.optim.lr_scheduler
    for op, mk, at in (("cosine_annealing_warm_restarts", lambda o: S.CosineAnnealingWarmRestarts(o, 3, 2, .001), dict(t_0=3, t_mult=2, eta_min=.001)),
                       ("cosine_annealing_warm_restarts", lambda o: S.CosineAnnealingWarmRestarts(o, 4), dict(t_0=4, t_mult=1, eta_min=0.)),
                       ("polynomial_lr", lambda o: S.PolynomialLR(o, 8, 2.), dict(total_iters=8, power=2.)),
                       ("polynomial_lr", lambda o: S.PolynomialLR(o, 20, .5), dict(total_iters=20, power=.5)),
                       ("lambda_lr", lambda o: S.LambdaLR(o, lambda i: 1 / (1 + i)), dict(factor="1 / (1 + step)")),
                       ("chained", lambda o: S.ChainedScheduler([S.ExponentialLR(o, .9), S.LinearLR(o, .5, 1., 4), S.StepLR(o, 5, .1)]),
                        dict(of="exponential 0.9, linear 0.5 to 1 in 4, step 5 by 0.1"))):
        o = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=.2, momentum=.9)
        s, lr = mk(o), []
        for _ in range(15):
            lr.append(o.param_groups[0]["lr"])
            o.step()
            s.step()
        w.case("lr_" + op, lambda base, v=lr: torch.tensor(v, dtype=D), {"base": torch.tensor([.2])}, {**at, "steps": 15}, grad=False)
