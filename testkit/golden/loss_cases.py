"""Cases of losses that came after those of generate.py, so that the cases there stay the same."""
import torch
import torch.nn.functional as F

D = torch.float64


def rn(*s):
    return torch.randn(s, dtype=D)


def signs(*s):
    return torch.where(torch.rand(s) > .5, 1., -1.).to(D)


def dice(p, t, smooth):
    p, t = p.flatten(1), t.flatten(1)
    return 1 - (2 * (p * t).sum(1) + smooth) / (p.sum(1) + t.sum(1) + smooth)


def focal(x, t, alpha, gamma):
    """torchvision.ops.sigmoid_focal_loss, whose definition this is."""
    p = torch.sigmoid(x)
    ce = F.binary_cross_entropy_with_logits(x, t, reduction="none")
    pt = p * t + (1 - p) * (1 - t)
    loss = ce * (1 - pt) ** gamma
    return loss if alpha < 0 else (alpha * t + (1 - alpha) * (1 - t)) * loss


def reduced(x, r):
    return x if r == "none" else getattr(x, r)()


def losses(w, n, R):
    for i in range(2 * n):
        r = ["mean", "sum", "none"][i % 3]
        b, c = R.choice([2, 5]), R.choice([3, 7])
        at = {"reduction": r}
        two = lambda op, f, x, t, **a: w.case(op, lambda x, target: f(x, target), {"x": x, "target": t}, {**at, **a}, nograd=("target",))
        two("hinge_loss", lambda x, t: reduced(F.relu(1 - t * x), r), rn(b, c), signs(b, c))
        m = R.choice([.5, 1., 2.])
        two("hinge_embedding_loss", lambda x, t: F.hinge_embedding_loss(x, t, m, reduction=r), rn(b, c).abs(), signs(b, c), margin=m)
        two("soft_margin_loss", lambda x, t: F.soft_margin_loss(x, t, reduction=r), rn(b, c) * 3, signs(b, c))
        labels = torch.full((b, c), -1)
        for row in labels:
            k = R.randint(0, c)
            row[:k] = torch.randperm(c)[:k]
        two("multilabel_margin_loss", lambda x, t: F.multilabel_margin_loss(x, t, reduction=r), rn(b, c), labels)
        two("multilabel_soft_margin_loss", lambda x, t: F.multilabel_soft_margin_loss(x, t, reduction=r), rn(b, c) * 3, (torch.rand(b, c) > .5).to(D))
        full = R.random() < .5
        two("poisson_nll_loss", lambda x, t: F.poisson_nll_loss(x, t, True, full, reduction=r), rn(b, c), torch.randint(0, 6, (b, c)).to(D), full=full)
        al, ga = R.choice([(.25, 2.), (-1., 2.), (.6, 0.), (.25, 1.5)])
        two("focal_loss", lambda x, t: reduced(focal(x, t, al, ga), r), rn(b, c) * 3, (torch.rand(b, c) > .5).to(D), alpha=al, gamma=ga)
        two("dice_loss", lambda x, t: reduced(dice(x, t, 1.), r), torch.rand(b, 1, c, 3, dtype=D), (torch.rand(b, 1, c, 3) > .5).to(D), smooth=1.)
        w.case("bpr_loss", lambda x, target: reduced(-F.logsigmoid(x - target), r), {"x": rn(b), "target": rn(b)}, at)
        p, swap = R.choice([1., 2., 3.]), R.random() < .5
        w.case("triplet_margin_loss", lambda a, p_, n_, m=m, p=p, swap=swap: F.triplet_margin_loss(a, p_, n_, m, p, swap=swap, reduction=r),
               {"a": rn(b, c), "p_": rn(b, c), "n_": rn(b, c)}, {**at, "margin": m, "p": p, "swap": swap})
        w.case("cosine_embedding_loss", lambda x, y, target: F.cosine_embedding_loss(x, y, target, m / 4, reduction=r),
               {"x": rn(b, c), "y": rn(b, c), "target": signs(b)}, {**at, "margin": m / 4}, nograd=("target",))
        w.case("margin_ranking_loss", lambda x, y, target: F.margin_ranking_loss(x, y, target, m, reduction=r),
               {"x": rn(b), "y": rn(b), "target": signs(b)}, {**at, "margin": m}, nograd=("target",))
        w.case("gaussian_nll_loss", lambda x, target, var: F.gaussian_nll_loss(x, target, var, full=full, reduction=r),
               {"x": rn(b, c), "target": rn(b, c), "var": torch.rand(b, c, dtype=D) + .1}, {**at, "full": full})
        def contrastive(x, y, target):
            d = F.pairwise_distance(x, y)
            return reduced((target * d ** 2 + (1 - target) * F.relu(m - d) ** 2) / 2, r)
        w.case("contrastive_loss", contrastive, {"x": rn(b, c), "y": rn(b, c), "target": (torch.rand(b) > .5).to(D)}, {**at, "margin": m}, nograd=("target",))
        t, s, k = R.choice([6, 9]), R.choice([1, 3]), R.choice([3, 5])
        blank = R.choice([0, k - 1])
        labels = torch.randint(0, k - 1, (b, s)) + (1 if blank == 0 else 0)
        lengths = torch.tensor([R.randint(0, s) for _ in range(b)])
        steps = torch.tensor([R.randint(t - 1, t) for _ in range(b)])
        w.case("ctc_loss", lambda x, labels, steps, lengths: F.ctc_loss(F.log_softmax(x, 2), labels, steps, lengths, blank, r),
               {"x": rn(t, b, k), "labels": labels, "steps": steps, "lengths": lengths}, {**at, "blank": blank, "applied_to": "log_softmax(x, 2)"})
    # behind all others, whose numbers stay the same
    probabilities(w)
    variances(w)
    for full in (True, False):
        w.case("poisson_nll_loss", lambda x, target, full=full: F.poisson_nll_loss(x, target, False, full, eps=1e-3),
               {"x": torch.rand(3, 4, dtype=D) * 5, "target": torch.randint(0, 6, (3, 4)).to(D)},
               {"reduction": "mean", "full": full, "log_input": False, "eps": 1e-3}, nograd=("target",))
    log_targets(w)


def log_targets(w):
    """Kullback-Leibler divergence from log-probabilities, with gradients for both sides."""
    for r in ("batchmean", "mean", "sum", "none"):
        for shape in ((4, 3), (2, 3, 5)):
            w.case("kl_div", lambda x, target, r=r: F.kl_div(F.log_softmax(x, 1), target, reduction=r, log_target=True),
                   {"x": rn(*shape), "target": torch.log_softmax(rn(*shape), 1)},
                   {"reduction": r, "applied_to": "log_softmax(x, 1)", "log_target": True})


def probabilities(w):
    """Cross-entropy with targets that are probabilities of classes."""
    for shape in ((4,), (3, 5), (2, 3, 4), (2, 3, 2, 2)):
        c = shape[0] if len(shape) == 1 else shape[1]
        for r, smooth, weighted in (("mean", 0., False), ("sum", .1, True), ("none", .3, True), ("mean", .2, True)):
            inputs = {"x": rn(*shape), "target": torch.softmax(rn(*shape), 0 if len(shape) == 1 else 1)}
            if weighted:
                inputs["weight"] = torch.rand(c, dtype=D) + .1
            w.case("cross_entropy", lambda x, target, weight=None, r=r, s=smooth: F.cross_entropy(x, target, weight, reduction=r, label_smoothing=s),
                   inputs, {"reduction": r, "ignore_index": -100, "label_smoothing": smooth}, nograd=("weight",))


def variances(w):
    """One variance for each row, also where there are as many rows as columns."""
    for b, c, shape in ((3, 3, (3,)), (2, 4, (2,)), (2, 4, (2, 1)), (3, 3, (3, 3))):
        for r in ("mean", "none"):
            w.case("gaussian_nll_loss", lambda x, target, var, r=r: F.gaussian_nll_loss(x, target, var, reduction=r),
                   {"x": rn(b, c), "target": rn(b, c), "var": torch.rand(shape, dtype=D) + .1}, {"reduction": r, "full": False})
